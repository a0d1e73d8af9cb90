package tampering

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
	"strings"
)

// value is a JSON value that can be changed, or a text of a path, query or statement. Members keep their order, numbers
// the way they are written.
type value struct {
	kind  kind
	text  string   // of a text; a number or a truth value as it is written
	names []string // of the members of an object
	items []*value // members of an object, elements of a list
}

type kind uint8

const (
	null kind = iota
	truth
	number
	text
	list
	object
)

func textValue(s string) *value { return &value{kind: text, text: s} }

func numberValue(s string) *value { return &value{kind: number, text: s} }

// parse reads JSON; it is nil for what is none, or nests deeper than 64 levels.
func parse(s string) *value {
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	v := decode(d, 64)
	if v == nil {
		return nil
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil
	}
	return v
}

func decode(d *json.Decoder, depth int) *value {
	token, err := d.Token()
	if err != nil || depth == 0 {
		return nil
	}
	switch t := token.(type) {
	case nil:
		return &value{}
	case bool:
		return &value{kind: truth, text: strconv.FormatBool(t)}
	case json.Number:
		return numberValue(t.String())
	case string:
		return textValue(t)
	case json.Delim:
		v := &value{kind: list}
		if t == '{' {
			v.kind = object
		}
		for d.More() {
			if v.kind == object {
				name, err := d.Token()
				if err != nil {
					return nil
				}
				v.names = append(v.names, name.(string))
			}
			item := decode(d, depth-1)
			if item == nil {
				return nil
			}
			v.items = append(v.items, item)
		}
		if _, err := d.Token(); err != nil {
			return nil
		}
		return v
	}
	return nil
}

func (v *value) scalar() bool { return v.kind < list }

// append writes the value as JSON.
func (v *value) append(b []byte) []byte {
	switch v.kind {
	case null:
		return append(b, "null"...)
	case text:
		return appendText(b, v.text)
	case list, object:
		return v.appendItems(b)
	default:
		return append(b, v.text...)
	}
}

func (v *value) appendItems(b []byte) []byte {
	open, end := byte('['), byte(']')
	if v.kind == object {
		open, end = '{', '}'
	}
	b = append(b, open)
	for i, item := range v.items {
		if i > 0 {
			b = append(b, ", "...)
		}
		if v.kind == object {
			b = append(appendText(b, v.names[i]), ": "...)
		}
		b = item.append(b)
	}
	return append(b, end)
}

func appendText(b []byte, s string) []byte {
	quoted, _ := json.Marshal(s) // a string always has JSON
	return append(b, quoted...)
}

// String is the value as people write it: a text without quotes.
func (v *value) String() string {
	if v == nil {
		return ""
	}
	if v.kind == text {
		return v.text
	}
	return string(v.append(nil))
}

// key is equal for values that mean the same: 100, 100.0 and "100".
func (v *value) key() string {
	if v.kind != number && v.kind != text {
		return v.String()
	}
	if f, ok := v.float(); ok && (v.kind == number || strings.Contains(v.text, ".")) && math.Abs(f) < 1<<53 {
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	return v.text
}

// float is the number that the value is, or that its text writes in digits.
func (v *value) float() (float64, bool) {
	if v.kind != number && v.kind != text || len(v.text) > 40 || v.text == "" {
		return 0, false
	}
	if c := v.text[len(v.text)-1]; c < '0' || c > '9' { // Inf, NaN
		return 0, false
	}
	f, err := strconv.ParseFloat(v.text, 64)
	return f, err == nil && !math.IsInf(f, 0)
}

// member returns the value of a name, nil if there is none.
func (v *value) member(name string) *value {
	if v == nil || v.kind != object {
		return nil
	}
	for i := range v.names {
		if v.names[i] == name {
			return v.items[i]
		}
	}
	return nil
}

// clone copies the value with all that is in it.
func (v *value) clone() *value {
	if v == nil {
		return nil
	}
	c := *v
	c.names = append([]string(nil), v.names...)
	c.items = nil
	for _, item := range v.items {
		c.items = append(c.items, item.clone())
	}
	return &c
}

// walk calls each for the value and all in it, with its path behind the given one: req.body.items[].price. in is what
// holds it, nil for the root; lists counts those around it.
func (v *value) walk(path string, in *value, at, lists int, each func(leaf)) {
	each(leaf{path, v, in, at, lists})
	for i, item := range v.items {
		if v.kind == object {
			item.walk(path+"."+v.names[i], v, i, lists, each)
		} else {
			item.walk(path+"[]", v, i, lists+1, each)
		}
	}
}

// leaf is a value where it stands.
type leaf struct {
	path  string
	value *value
	held  *value // what it is in; nil for a root, and for what is not in a body
	at    int    // in it
	lists int    // around it
}

// name is the last name of the path.
func (l *leaf) name() string { return lastName(l.path) }

func lastName(path string) string {
	path = strings.TrimRight(path, "[]")
	return path[strings.LastIndexByte(path, '.')+1:]
}
