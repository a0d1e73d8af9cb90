package rulefile

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is one thing that is wrong with a file.
type Error struct {
	Path string // of the file; "rules[2]" for a rule of [FromMaps]
	// Line and Column are where, from 1, in characters. 0: not in a file, or about the file as a whole.
	Line, Column int
	Rule         string // the rule's id; "": outside of any, or it has none
	Reference    string // the reference's name; "": outside of any, or it has none
	Key          string // "check", "api[1]", "from[0].key"; "": none
	Problem      string // what is wrong, and the mend
}

// Error is one line, such as
//
//	invariants.yaml:7:5: rule order-read: api: "GET orders" has no leading slash: write it as GET /orders
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Path)
	if e.Line > 0 {
		b.WriteString(":" + strconv.Itoa(e.Line) + ":" + strconv.Itoa(e.Column))
	}
	b.WriteString(": ")
	if e.Rule != "" {
		b.WriteString("rule " + e.Rule + ": ")
	}
	if e.Reference != "" {
		b.WriteString("reference " + e.Reference + ": ")
	}
	if e.Key != "" {
		b.WriteString(e.Key)
		if !isPredicate(e.Problem) {
			b.WriteByte(':')
		}
		b.WriteByte(' ')
	}
	b.WriteString(e.Problem)
	return b.String()
}

// isPredicate is whether the problem makes a sentence with the key before it: "check is empty".
func isPredicate(problem string) bool {
	verb, _, _ := strings.Cut(problem, " ")
	return verb == "is" || verb == "has" || verb == "begins"
}

// quote returns what somebody wrote as one short line.
func quote(text string) string {
	const most = 60
	if len(text) <= most {
		return strconv.Quote(text)
	}
	n := most
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return strconv.Quote(text[:n]) + "…"
}
