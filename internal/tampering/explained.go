package tampering

import (
	"regexp"
	"strings"

	"github.com/spanwarden/spanwarden/internal/check"
)

// index is a number in a path: of an element, a child call or a statement.
var index = regexp.MustCompile(`\[\d+\]`)

// child is what the path of a child call or a statement begins with.
var child = regexp.MustCompile(`^(calls|db)\[\d+\]\.`)

// explains is true if the rule that is violated read a field that was tampered with.
//
// A value that it read is such a field
//   - if it is the field, or a part of it: req.body.price, in the call itself or in a call below it; a column of a statement
//     that the change was carried into;
//   - if it is an object or a list around the field and its text names the field or shows its new value: an object that
//     was read whole shows its members' names;
//   - if it is the path or the address of the call and a parameter of it was changed.
//
// What an answer says is not the field, also if the answer is another one because of the field; see [Copy.shows].
func (c *Copy) explains(v *check.Violation) bool { return c.reads(v, c.Fields) }

// shows is true if the rule read an answer that is another one because of the field, such as the row of somebody else.
func (c *Copy) shows(v *check.Violation) bool { return c.reads(v, c.Answers) }

func (c *Copy) reads(v *check.Violation, fields []Tampered) bool {
	for path, text := range v.Values {
		for i := range fields {
			if c.read(v, path, text, &fields[i]) {
				return true
			}
		}
	}
	return false
}

func (c *Copy) read(v *check.Violation, path, text string, f *Tampered) bool {
	inner := child.MatchString(path)
	if own := f.SpanID == v.SpanID; inner == own { // a child call's field is read as one, and no other is
		return false
	}
	if strings.HasPrefix(path, "db[") {
		return strings.HasPrefix(f.Path, "db.") && (c.New == "" || strings.Contains(text, clipped(c.New)))
	}
	path = index.ReplaceAllString(child.ReplaceAllString(path, ""), "[]")
	switch {
	case path == f.Path || strings.HasPrefix(path, f.Path+".") || strings.HasPrefix(path, f.Path+"["):
		return true
	case strings.HasPrefix(f.Path, path+".") || strings.HasPrefix(f.Path, path+"["):
		return strings.Contains(text+" "+v.Expression, lastName(f.Path)) || c.New != "" && strings.Contains(text, clipped(c.New))
	case path == "call.path" || path == "path":
		return strings.HasPrefix(f.Path, "req.path.")
	}
	return false
}

func clipped(s string) string { return strings.TrimSuffix(s, "…") }
