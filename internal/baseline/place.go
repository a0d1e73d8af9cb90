package baseline

import "strings"

// part is where in a call a place is.
type part uint8

const (
	pathPart part = iota
	queryPart
	requestHeaderPart
	requestPart
	userPart
	sessionPart
	addressPart
	statusPart
	agentPart
	responseHeaderPart
	responsePart
	wherePart // of a statement
	setPart
	rowsPart
	parts
)

// partNames are the variables that rules have for them; within a child call or a statement a name stands before that.
var partNames = [parts]string{
	"req.path", "req.query", "req.header", "req.body", "env.user.id", "env.session.id", "env.client.address", "resp.status", "call.user_agent",
	"resp.header", "resp.body", "where", "set", "rows",
}

func (p part) request() bool  { return p <= requestPart }
func (p part) response() bool { return p == responsePart }

// caller is true for what says who calls.
func (p part) caller() bool { return p == userPart || p == sessionPart }

// Place is a place in the calls of an API, as a path leads there: req.body.items[].price. Places of a group are in each of
// its child calls or statements.
type Place struct {
	ID               int32
	Parent           int32 // -1 for a root
	Part             part
	Group            int32 // -1 for the call itself
	Name             string
	Item             bool  // any element of the list that the parent is
	Multi            bool  // there may be several in a call
	Nulls            bool  // some were null
	Empty            bool  // some were empty
	Secret           bool  // its name looks like that of a secret: no value is kept
	Cut              bool  // some calls had more values than are compared
	Shown            bool  // what it shows is known: it is in the sources of a collection, or in none
	Valued, Searched int   // calls with a value that could be compared, and that was looked for
	First            Ref   // call that had it first
	Firsts           []Ref // the first calls with a value that could be compared, or with an object

	Present Claim // the object that it is a member of has it
	Column  Column
	Objects Support // that were here
	Lists   Support
	// Newest is how many sessions had shown an object here when it had a member for the first time.
	Newest int

	children map[string]int32
	order    []int32 // of the children, as they came
	entity   *entity
	linked   bool
	parent   *Place
	items    int32 // place of the elements; 0: none yet

	// Of the call at hand
	mark     uint64
	cells    []scalar
	object   uint64 // serial number of the object that was seen last, with this member
	serial   uint64 // of the object seen here last
	scalarAt uint64 // of the object that had a scalar here last
	last     scalar // the last scalar here
}

// mixed is true where there are now objects, now lists or scalars, here or in what the place is in: what a rule says of one
// of them is no good for the others.
func (p *Place) mixed() bool {
	for q := p; q != nil; q = q.parent {
		shapes := 0
		for _, n := range []int{q.Objects.Calls, q.Lists.Calls, q.Column.Values.Seen.Calls} {
			if n > 0 {
				shapes++
			}
		}
		if shapes > 1 {
			return true
		}
	}
	return false
}

// path is what rules call the place within the call, or within what stands for a child call, a statement or an element.
// It ends at the innermost list: the rest is the path within an element.
func (p *Place) path(base string) string {
	switch {
	case p.Parent < 0:
		return base + partNames[p.Part]
	case p.Item:
		return ""
	}
	return member(p.parent.path(base), p.Name)
}

// member is a member of what an expression stands for.
func member(of, name string) string {
	if isName(name) {
		return of + "." + name
	}
	return of + "[" + quoted(name) + "]"
}

// isName is true for what CEL takes for a name, and for none of its own words.
func isName(s string) bool {
	if s == "" || reserved[s] {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c != '_' && c|0x20-'a' > 25 && (i == 0 || c-'0' > 9) {
			return false
		}
	}
	return true
}

// reserved are the words of the CEL specification that are no field names everywhere.
var reserved = map[string]bool{
	"in": true, "as": true, "break": true, "const": true, "continue": true, "else": true, "false": true, "for": true,
	"function": true, "if": true, "import": true, "let": true, "loop": true, "package": true, "namespace": true, "null": true,
	"return": true, "true": true, "var": true, "void": true, "while": true,
}

// quoted writes a text of CEL.
func quoted(s string) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range strings.ToValidUTF8(s, "\uFFFD") {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			b.WriteString(`\x`)
			b.WriteByte(hex[r>>4])
			b.WriteByte(hex[r&15])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
