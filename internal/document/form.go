package document

import (
	"strings"
	"unicode/utf8"
)

// Form reads a form body (application/x-www-form-urlencoded) or a query string
// without its question mark, by the rules of the URL standard
// (https://url.spec.whatwg.org/#urlencoded-parsing): an Object of Texts, in which
// a repeated name is a List of Texts. A plus is a space, %XX is a byte, a broken
// %XX stays as it was written, a semicolon is no separator, and broken UTF-8
// becomes U+FFFD. The document keeps the text until it is read anew or reset.
//
// The errors are [ErrTooLong] and [ErrTooMany]; after one the document is empty.
// Limits.Depth does not count here: a form has two levels.
func (d *Document) Form(text string, l Limits) error {
	d.clear()
	l = l.effective()
	if len(text) > l.Bytes {
		return ErrTooLong
	}
	d.source = text
	d.pending = append(d.pending, entry{kind: Object})
	for at := 0; at < len(text); {
		end := at + until(text[at:], '&')
		if end > at {
			if len(d.pending) >= l.Nodes {
				d.clear()
				return ErrTooMany
			}
			d.parameter(at, end)
		}
		at = end + 1
	}
	if d.group(l.Nodes) {
		d.clear()
		return ErrTooMany
	}
	d.finish()
	return nil
}

// parameter reads the name and value in source[at:end].
func (d *Document) parameter(at, end int) {
	equals := at + until(d.source[at:end], '=')
	e := entry{kind: Text, name: d.decode(at, equals)}
	if equals < end {
		e.text = d.decode(equals+1, end)
	}
	d.pending = append(d.pending, e)
}

// group makes the pending parameters members of the pending root. It says whether
// the lists that this takes are too many.
func (d *Document) group(limit int) (tooMany bool) {
	root, parameters := &d.pending[0], d.pending[1:]
	m := d.newMembers(len(parameters))
	for i := range parameters {
		p := &parameters[i]
		if earlier := d.put(&m, *p); earlier != nil {
			earlier.bits++ // how often it is repeated
		}
	}
	end := uint32(len(d.nodes))
	root.text = place{at: m.first, size: end - m.first}
	root.bits = uint64(m.table)
	if int(root.text.size) < len(parameters) {
		lists := d.makeLists(m.first, end)
		if 1+len(parameters)+lists > limit {
			return true
		}
		d.fillLists(root, parameters)
	}
	d.pending = d.pending[:1]
	return false
}

// makeLists turns the members that are repeated into empty lists, each with room
// for its values behind the members.
func (d *Document) makeLists(first, end uint32) (lists int) {
	for i := first; i < end; i++ {
		e := &d.nodes[i]
		if e.bits == 0 {
			continue
		}
		lists++
		values := e.bits + 1
		e.kind, e.bits, e.text = List, 0, place{at: uint32(len(d.nodes))}
		for range values {
			d.nodes = append(d.nodes, entry{})
		}
	}
	return lists
}

// fillLists puts the values of repeated names into their lists.
func (d *Document) fillLists(root *entry, parameters []entry) {
	for _, p := range parameters {
		at, _ := d.member(root, d.text(p.name))
		list := &d.nodes[at]
		if list.kind != List {
			continue
		}
		d.nodes[list.text.at+list.text.size] = p
		list.text.size++
	}
}

// decode is where the decoded source[at:end] lies: in the source if nothing in it
// stands for anything else.
func (d *Document) decode(at, end int) place {
	raw := d.source[at:end]
	if literal(raw) {
		return place{at: uint32(at), size: uint32(len(raw))}
	}
	begin := len(d.buffer)
	d.buffer = appendDecoded(d.buffer, raw)
	if decoded := d.buffer[begin:]; !utf8.Valid(decoded) {
		d.buffer = appendWhole(d.buffer, len(decoded))
		begin += len(decoded)
	}
	return place{at: uint32(begin) | inBuffer, size: uint32(len(d.buffer) - begin)}
}

func literal(raw string) bool {
	ascii := true
	for i := range len(raw) {
		c := raw[i]
		if c == '+' || c == '%' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.ValidString(raw)
}

func appendDecoded(dst []byte, raw string) []byte {
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case c == '+':
			dst = append(dst, ' ')
		case c == '%' && i+2 < len(raw) && unhex(raw[i+1])|unhex(raw[i+2]) < 16:
			dst = append(dst, unhex(raw[i+1])<<4|unhex(raw[i+2]))
			i += 2
		default:
			dst = append(dst, c)
		}
	}
	return dst
}

// appendWhole appends the buffer's last bytes once more, with U+FFFD for each
// broken one: it takes more room than that byte.
func appendWhole(buffer []byte, last int) []byte {
	for at, end := len(buffer)-last, len(buffer); at < end; {
		char, size := utf8.DecodeRune(buffer[at:end])
		buffer = utf8.AppendRune(buffer, char)
		at += size
	}
	return buffer
}

// until is how many bytes come before the first c: all if there is none.
func until(text string, c byte) int {
	if i := strings.IndexByte(text, c); i >= 0 {
		return i
	}
	return len(text)
}
