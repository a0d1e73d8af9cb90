package baseline

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Why a candidate was not taken.
const (
	whyFew      = "seen in too few sessions"
	whyChance   = "may be chance"
	whyLate     = "had to be widened in the held-out part"
	whyRare     = "some values were seen in one session only"
	whyBroken   = "violated"
	whyMany     = "too many different values"
	whyImplied  = "implied by another rule"
	whyUsers    = "depends on who calls"
	whyFewTexts = "too few different texts"
	whyUnread   = "a statement was not understood"
	whyUnsteady = "what it compares with is another value each time"
	whyNovelty  = "rules about what was never seen are left out"
)

// Guards against rules that hold by chance.
const (
	leastSessions = 8    // in which an equality must have held
	leastOften    = 20   // sessions for what may have been widened: sets, ranges, formats
	mostChance    = 1e-6 // probability that it holds by chance
	perValue      = 4    // sessions a value of a set
	fewValues     = 4    // a set of more needs
	manyPerValue  = 10   // sessions a value
	leastEqual    = 15   // sessions for equalities of what identifies nothing
	fewBreakers   = 2    // sessions that break a rule that is learned all the same
	leastMembers  = 20   // sessions for what may be optional
	leastQuery    = 50   // sessions for the parameters of a query, to which anybody may add
	leastDoings   = 100  // sessions for what is always done, and how many rows there are
	oftenEnough   = 40   // sessions in which no measure was zero
	leastMeasures = 8    // different numbers, for what is at most another one: it is no choice of a few
	leastReached  = 3    // calls in which it is nearly as much
	leastThings   = 5    // different things, to say that there are no others
	leastForms    = 8    // sessions for a type or a format that is no matter of degree
	mostShare     = 0.5  // of calls whose caller has a role that is asked for
	leastAPIs     = 2    // of a service, to say that there are no others
	leastNotPast  = 30   // sessions for dates that are not past
	leastDates    = 60   // sessions for dates that are the same: people plan for the same days
	leastStates   = 50   // sessions for the states that a thing may be in
	leastClosed   = 12   // sessions for what there is no more of
	leastOptional = 16   // the same, where not all that there is is there each time
	leastVaried   = 36   // sessions for statements that are not all sent each time
	leastListed   = 100  // sessions for the APIs of a service
	mostInSet     = 24   // values of a column
	mostInDomain  = 100  // values of all columns that are of the same set
	leastOrder    = 200  // sessions in which one API was called before the other
	leastTexts    = 10   // different texts, to say of which characters they are
	leastFilled   = 50   // sessions in which people have written something
	leastProse    = 100  // the same, of what people write
	mostRejected  = 200  // that are told one by one
)

// builder makes rules of what is known of all APIs.
type builder struct {
	settings Settings
	learner  *Learner
	result   *Result
	ids      map[string]bool
	api      *API
	scope    rulefile.API
	domains  *domains
	same     classesOfPlaces          // of the API at hand
	used     map[*Collection][]string // by rules
	usedNear map[*Collection][]string // by these and by those that held but for a few calls
	joins    map[about]bool           // that rules were made of, of the API at hand
	overlaps map[*API]bool
	owned    map[int32]bool // arguments of which a rule says whose they are
}

// candidate is what may become a rule.
type candidate struct {
	kind     string
	what     string // part of the id
	check    string
	when     string
	message  string // what a call does that violates it
	sentence string // what holds
	evidence Evidence
	refs     []Ref
	found    []string
	least    int // sessions
	why      string
	service  string // where the rule is about a whole service
	uses     []use
	family   bool // it is about other routes as well
	quiet    bool // nobody is to look at the calls that differ: there are other reasons for that
	exact    bool // what it says is so or is not: who breaks it is no other way of doing the same
}

// consider takes a candidate, or tells why not.
func (b *builder) consider(c *candidate) bool {
	r := b.result
	r.Counts.Candidates++
	if c.kind == "novelty" && !b.settings.Novelty {
		return b.reject(c, whyNovelty)
	}
	e := &c.evidence
	switch {
	case b.settings.Unguarded && e.Violations == 0:
	case c.why != "":
		return b.reject(c, c.why)
	case e.Sessions < b.enough(c.least):
		return b.reject(c, whyFew)
	case e.LastChange > 1-b.settings.HoldOut && b.settings.HoldOut > 0:
		return b.reject(c, whyLate)
	case e.Violations > 0 && (float64(e.Violations) > b.settings.Tolerance*float64(e.Calls) || !c.exact && e.Breakers > fewBreakers):
		if !c.quiet && (e.Violations <= fewBreaks || e.Violations*breakShare <= e.Calls) {
			b.near(c)
		}
		return b.reject(c, whyBroken)
	}
	rule, ok := b.rule(c)
	if !ok {
		return b.reject(c, whyMany)
	}
	r.Rules = append(r.Rules, Learned{Rule: rule, Sentence: c.sentence, Evidence: *e})
	if e.Violations > 0 { // so that somebody looks at them
		r.Near = append(r.Near, Near{
			Rule: rule, Sentence: c.sentence, Evidence: *e, Exceptions: b.learner.exceptions(c.refs, c.found), Taken: true,
		})
	}
	c.use(b.used)
	c.use(b.usedNear)
	return true
}

// enough is how many sessions or texts are enough where so many are for a learner that has grown.
func (b *builder) enough(least int) int {
	n := max(1, b.result.Counts.Sessions)
	if grown := b.settings.Grown; n < grown && !b.settings.Unguarded {
		return (least*grown + n - 1) / n
	}
	return least
}

func (b *builder) reject(c *candidate, why string) bool {
	r := b.result
	r.Counts.RejectedBy[why]++
	if len(r.Rejected) < mostRejected {
		r.Rejected = append(r.Rejected, Rejected{Sentence: b.subject() + c.sentence, Why: why})
	}
	return false
}

func (b *builder) near(c *candidate) {
	if rule, ok := b.rule(c); ok {
		b.result.Near = append(b.result.Near, Near{
			Rule: rule, Sentence: c.sentence, Evidence: c.evidence, Exceptions: b.learner.exceptions(c.refs, c.found),
		})
		c.use(b.usedNear)
	}
}

// use notes which fields the candidate reads.
func (c *candidate) use(by map[*Collection][]string) {
	for _, u := range c.uses {
		by[u.collection] = append(by[u.collection], u.field)
	}
}

func (b *builder) subject() string {
	if b.api == nil {
		return ""
	}
	return b.api.Method + " " + b.api.Route + ": "
}

// rule writes a candidate as a rule; false if no file could have it.
func (b *builder) rule(c *candidate) (rulefile.Rule, bool) {
	if len(c.check) > rulefile.MaxExpressionBytes || len(c.when) > rulefile.MaxExpressionBytes {
		return rulefile.Rule{}, false
	}
	e := &c.evidence
	rule := rulefile.Rule{
		ID: b.id(c.what), Kind: c.kind, APIs: []rulefile.API{b.scope},
		Check: rulefile.Expression{Text: c.check}, When: rulefile.Expression{Text: c.when},
		Message: clipMessage(c.message),
		Support: map[string]any{"calls": e.Calls, "sessions": e.Sessions, "distinct": e.Distinct},
	}
	if e.Violations > 0 {
		rule.Support["violations"] = e.Violations
	}
	if service := b.service(c); service != "" {
		rule.Services = []string{service}
	}
	if b.api != nil && b.overlaps[b.api] && !c.family {
		rule.When.Text = b.api.only()
		if c.when != "" {
			rule.When.Text += " && (" + c.when + ")"
		}
	}
	return rule, true
}

func (b *builder) service(c *candidate) string {
	if b.api != nil {
		return b.api.Service
	}
	return c.service
}

// clipMessage makes a message fit a rule file: one line of text.
func clipMessage(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(s, "?"))
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > rulefile.MaxMessageBytes {
		s = strings.ToValidUTF8(s[:rulefile.MaxMessageBytes-3], "") + "…"
	}
	return s
}

// id is readable and unique, and the same next time: the service, the API and what is said of it.
func (b *builder) id(what string) string {
	name := what
	if b.api != nil {
		name = strings.ToLower(b.api.Method) + "-" + b.api.Route + "." + what
		if b.api.Service != "" {
			name = b.api.Service + "." + name
		}
	}
	id := idOf(name)
	if strings.ContainsFunc(what, func(r rune) bool { return r >= utf8.RuneSelf }) { // letters were lost
		h := fnv.New32a()
		h.Write([]byte(what))
		id += fmt.Sprintf("-%08x", h.Sum32())
	}
	if len(id) > rulefile.MaxIDBytes {
		h := fnv.New32a()
		h.Write([]byte(name))
		id = strings.Trim(id[:rulefile.MaxIDBytes-9], "-.") + fmt.Sprintf("-%08x", h.Sum32())
	}
	unique := id
	for i := 2; b.ids[unique]; i++ {
		suffix := fmt.Sprintf("-%d", i)
		unique = id[:min(len(id), rulefile.MaxIDBytes-len(suffix))] + suffix
	}
	b.ids[unique] = true
	return unique
}

// idOf leaves what an id may have, and one - for all else.
func idOf(s string) string {
	var out strings.Builder
	dash := false
	for i := range len(s) {
		c := s[i]
		if c|0x20-'a' < 26 || c-'0' < 10 || c == '.' || c == '_' {
			if dash && out.Len() > 0 {
				out.WriteByte('-')
			}
			dash = false
			out.WriteByte(c)
			continue
		}
		dash = true
	}
	return strings.TrimLeft(out.String(), "._-")
}

// evidenceOf is what speaks for a claim.
func evidenceOf(c *Claim, distinct int) Evidence {
	e := Evidence{
		Calls: c.Held.Calls + c.Broke.Calls, Sessions: c.Held.Sessions, Distinct: distinct, Violations: c.Broke.Calls, Breakers: c.Broke.Sessions,
	}
	e.Risk = 1 / float64(c.Held.Sessions+2) // Laplace's rule of succession, as if nothing were known before
	return e
}

// chanceHolds is true where a claim may well hold in all those sessions by chance.
func chanceHolds(agreement float64, sessions int) bool {
	if agreement <= 0 {
		return false
	}
	return float64(sessions)*math.Log(agreement) > math.Log(mostChance)
}

// over writes that a predicate holds at a place, in all elements of the lists that it is in.
func (a *API) over(p *Place, base string, predicate func(x string) string) string {
	var chain []*Place
	for q := p; q != nil; q = q.parent {
		chain = append(chain, q)
	}
	slices.Reverse(chain)
	variables := []string{"x", "y", "z", "v", "w", "u", "t", "r"}
	var write func(i int, at string) string
	write = func(i int, at string) string {
		if i == len(chain) {
			if p.Nulls {
				return "(" + at + " == null || " + predicate(at) + ")"
			}
			return predicate(at)
		}
		if chain[i].Item {
			x := variables[0]
			variables = variables[1:]
			return at + ".all(" + x + ", " + write(i+1, x) + ")"
		}
		return write(i+1, member(at, chain[i].Name))
	}
	return write(1, base+partNames[p.Part])
}

// name is a place for people: items[].price in the request.
func (p *Place) name() string {
	n := strings.TrimPrefix(p.longPath(), partNames[p.Part])
	n = strings.TrimPrefix(n, ".")
	where := map[part]string{
		pathPart: "of the path", queryPart: "of the query", requestHeaderPart: "of the headers", requestPart: "of the request",
		responsePart: "of the response", responseHeaderPart: "of the response's headers",
	}[p.Part]
	switch {
	case p.Part == userPart:
		return "the caller"
	case p.Part == sessionPart:
		return "the caller's session"
	case n == "" && where != "":
		return "the whole " + strings.TrimPrefix(where, "of the ")
	case where == "":
		return strings.TrimSuffix(partNames[p.Part]+"."+n, ".")
	}
	return n + " " + where
}

// longPath is the path from the call to the place, [] for the elements of lists.
func (p *Place) longPath() string {
	switch {
	case p.Parent < 0:
		return partNames[p.Part]
	case p.Item:
		return p.parent.longPath() + "[]"
	}
	return member(p.parent.longPath(), p.Name)
}
