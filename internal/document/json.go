package document

import (
	"strings"
)

const byteOrderMark = "\uFEFF"

// JSON reads a text that is one JSON value (RFC 8259), with white space around it
// and possibly a byte order mark before it. It accepts what encoding/json accepts:
// of members with one name the last counts, broken UTF-8 and lone surrogates
// become U+FFFD, control characters in strings are errors. The document keeps the
// text until it is read anew or reset.
//
// The errors are [ErrTooLong], [ErrTooDeep], [ErrTooMany], [ErrEmpty],
// [ErrTruncated] and [ErrSyntax]; after one the document is empty.
func (d *Document) JSON(text string, l Limits) error {
	d.clear()
	l = l.effective()
	if len(text) > l.Bytes {
		return ErrTooLong
	}
	d.source = text
	r := reader{d: d, text: text, open: none, depth: l.Depth, nodes: l.Nodes}
	if strings.HasPrefix(text, byteOrderMark) {
		r.at = len(byteOrderMark)
	}
	if err := r.document(); err != nil {
		d.clear()
		return err
	}
	d.finish()
	return nil
}

// reader walks over a JSON text without recursion: the lists and objects it is
// inside of are the open entries among the pending ones.
type reader struct {
	d     *Document
	text  string
	at    int
	name  place // of the latest member: its value comes next
	open  int   // the innermost open list or object in d.pending
	depth int   // how many more may be opened
	nodes int   // how many more may be read
}

// none is the open list or object around the root.
const none = -1

func (r *reader) document() error {
	if r.peek() == 0 && r.at == len(r.text) {
		return ErrEmpty
	}
	for {
		more, err := r.value()
		if err == nil && !more {
			more, err = r.after()
		}
		if err != nil || !more {
			return err
		}
	}
}

// value reads one value up to its end, or a list or object up to its first value:
// then more says that this is next.
func (r *reader) value() (more bool, err error) {
	switch c := r.peek(); c {
	case '"':
		text, err := r.string()
		if err != nil {
			return false, err
		}
		return false, r.push(entry{kind: Text, text: text})
	case '{':
		return r.enter(Object, '}')
	case '[':
		return r.enter(List, ']')
	case 't':
		return false, r.word("true", entry{kind: Bool, bits: 1})
	case 'f':
		return false, r.word("false", entry{kind: Bool})
	case 'n':
		return false, r.word("null", entry{kind: Null})
	default:
		if c == '-' || digit(c) {
			return false, r.number()
		}
		return false, r.wrong()
	}
}

// after reads what may follow a value: the ends of the lists and objects that it
// completes, then a comma, or the end of the text.
func (r *reader) after() (more bool, err error) {
	for {
		c := r.peek()
		switch {
		case r.open == none:
			if r.at < len(r.text) {
				return false, ErrSyntax
			}
			return false, nil
		case r.d.pending[r.open].kind == Object:
			if c == ',' {
				r.at++
				return true, r.member()
			}
			if c != '}' {
				return false, r.wrong()
			}
		default:
			if c == ',' {
				r.at++
				return true, nil
			}
			if c != ']' {
				return false, r.wrong()
			}
		}
		r.at++
		r.leave()
	}
}

// enter opens a list or object and goes to its first value, if there is one.
func (r *reader) enter(kind Kind, end byte) (more bool, err error) {
	if r.depth == 0 {
		return false, ErrTooDeep
	}
	if err := r.push(entry{kind: kind, bits: uint64(r.open)}); err != nil {
		return false, err
	}
	r.depth--
	r.open = len(r.d.pending) - 1
	r.at++
	if r.peek() == end {
		return false, nil
	}
	if kind == Object {
		return true, r.member()
	}
	return true, nil
}

// member reads a name and its colon.
func (r *reader) member() (err error) {
	if r.peek() != '"' {
		return r.wrong()
	}
	if r.name, err = r.string(); err != nil {
		return err
	}
	if r.peek() != ':' {
		return r.wrong()
	}
	r.at++
	return nil
}

// leave closes the innermost list or object: its children move side by side into
// the nodes.
func (r *reader) leave() {
	d := r.d
	children := d.pending[r.open+1:]
	e := &d.pending[r.open]
	outer := int(int64(e.bits))
	first := uint32(len(d.nodes))
	e.bits = 0
	if e.kind == Object {
		e.bits = uint64(d.last(children))
	} else {
		d.nodes = append(d.nodes, children...)
	}
	e.text = place{at: first, size: uint32(len(d.nodes)) - first}
	d.pending = d.pending[:r.open+1]
	r.open = outer
	r.depth++
}

// last appends the members of an object to the nodes; of those with one name, the
// last takes the place of the first.
func (d *Document) last(children []entry) table {
	m := d.newMembers(len(children))
	for i := range children {
		if earlier := d.put(&m, children[i]); earlier != nil {
			*earlier = children[i]
		}
	}
	return m.table
}

func (r *reader) push(e entry) error {
	if r.nodes == 0 {
		return ErrTooMany
	}
	r.nodes--
	e.name = r.name
	r.d.pending = append(r.d.pending, e)
	return nil
}

func (r *reader) word(word string, e entry) error {
	rest := r.text[r.at:]
	if !strings.HasPrefix(rest, word) {
		if strings.HasPrefix(word, rest) {
			return ErrTruncated
		}
		return ErrSyntax
	}
	r.at += len(word)
	return r.push(e)
}

// peek skips white space and returns the byte after it, 0 at the end.
func (r *reader) peek() byte {
	for ; r.at < len(r.text); r.at++ {
		c := r.text[r.at]
		if c > ' ' || c != ' ' && c != '\n' && c != '\t' && c != '\r' {
			return c
		}
	}
	return 0
}

// wrong is the error for what is, or is missing, at this place.
func (r *reader) wrong() error {
	if r.at >= len(r.text) {
		return ErrTruncated
	}
	return ErrSyntax
}

func digit(c byte) bool { return c-'0' < 10 }
