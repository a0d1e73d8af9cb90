package apispec

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// mode is in which form a part of a call has its values.
type mode uint8

const (
	typed  mode = iota // JSON
	text               // one text: of the path, of a header
	texts              // a text, or a list of them: of a query, of a form
	either             // JSON or a form
)

// part is a part of a call.
type part struct {
	name  string // "req.body", as in columns
	id    string // as in ids: "resp201.body"
	words string // "in the request's body"
	when  string // precondition; "" for none
	mode  mode

	statuses []string // of a response
}

// value is a place in a part, with how rules come to it.
type value struct {
	part  *part
	path  string // "items[].id", as in columns; "" is the part itself
	expr  string // "x.id"
	loops []loop // from outside to inside
	// guards are what makes a check hold of an element of the innermost loop where the value is not there, such as
	// !has(x.id). Outside of loops a rule is not applicable then.
	guards   []string
	required bool
	nullable bool
	above    []*openapi3.Schema
}

// loop goes through a list.
type loop struct {
	list, variable string
	guards         []string // of the list itself
	oneOrMany      bool     // what is no list is a single element
}

const maxLoops = 2 // inside each other

var loopVariables = [maxLoops]string{"x", "y"}

// member is a member of an object.
func (v *value) member(name string, required bool) value {
	m := *v
	m.path, m.expr, m.required, m.nullable = joined(v.path, name), selected(v.expr, name), required, false
	if len(v.loops) > 0 && !required {
		m.guards = append(slices.Clip(v.guards), "!"+presence(v.expr, name))
	}
	return m
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// orNull is the value where it may be null: what is inside of it is checked where it is not.
func (v *value) orNull(nullable bool) value {
	n := *v
	if n.nullable = nullable && v.part.mode != text && v.part.mode != texts; n.nullable && len(v.loops) > 0 {
		n.guards = append(slices.Clip(v.guards), v.expr+" == null")
	}
	return n
}

// has asks for a member. Null has none, and need not have one; outside of loops, where a value that is not there makes a
// rule not applicable, that has to be said.
func (v *value) has(name string) string {
	return v.each(func(e string) string {
		if v.nullable && len(v.loops) == 0 {
			return e + " == null || " + presence(e, name)
		}
		return presence(e, name)
	})
}

func (v *value) hasNot(name string) string {
	return v.each(func(e string) string { return "!" + presence(e, name) })
}

// element stands for every element of a list; false where lists are too deep inside each other.
func (v *value) element() (value, bool) {
	if len(v.loops) == maxLoops {
		return value{}, false
	}
	e := *v
	e.path, e.expr, e.required, e.nullable, e.guards = v.path+"[]", loopVariables[len(v.loops)], false, false, nil
	e.loops = append(slices.Clip(v.loops), loop{
		list: v.expr, variable: e.expr, guards: v.guards, oneOrMany: v.part.mode == texts || v.part.mode == either,
	})
	return e, true
}

// each is a check of the value, for all elements of the lists around it.
func (v *value) each(check func(expr string) string) string {
	condition := guarded(v.guards, check(v.expr))
	for _, l := range slices.Backward(v.loops) {
		all := l.list + ".all(" + l.variable + ", " + condition + ")"
		if l.oneOrMany { // the innermost: lists of texts hold no lists
			all = "type(" + l.list + ") == list ? " + all + " : " + check(l.list)
		}
		condition = guarded(l.guards, all)
	}
	return condition
}

func guarded(guards []string, condition string) string {
	return strings.Join(append(slices.Clip(guards), condition), " || ")
}

// name is what people call the value: "items[].price in the request's body".
func (v *value) name() string {
	if v.path == "" {
		return v.part.whole()
	}
	return shown(v.path) + " " + v.part.words
}

func (p *part) whole() string {
	switch p.name {
	case "req.body":
		return "the request's body"
	case "resp.body":
		return "the response's body"
	}
	return p.name
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// reserved words of CEL are no names of fields.
var reserved = []string{
	"as", "break", "const", "continue", "else", "false", "for", "function", "if", "import", "in", "let", "loop", "package", "namespace",
	"null", "return", "true", "var", "void", "while",
}

func isIdentifier(name string) bool {
	return identifier.MatchString(name) && !slices.Contains(reserved, name)
}

// selected is a member of what an expression stands for.
func selected(expr, name string) string {
	if isIdentifier(name) {
		return expr + "." + name
	}
	return expr + "[" + strconv.Quote(name) + "]"
}

// presence is whether it has the member, in a form that "!" can stand before.
func presence(expr, name string) string {
	if isIdentifier(name) {
		return "has(" + expr + "." + name + ")"
	}
	return "(" + strconv.Quote(name) + " in " + expr + ")"
}
