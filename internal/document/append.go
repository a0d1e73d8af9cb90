package document

import "unicode/utf8"

const cut = "…"

// AppendJSON appends the value as compact JSON text, to be shown: at most limit
// bytes, and if that is not enough as much of it as there is room for, cut between
// characters and ended with "…". A node that is not valid is null. Within the limit
// the text reads back to the same tree.
func (n Node) AppendJSON(dst []byte, limit int) []byte {
	w := writer{out: dst, end: len(dst) + max(limit, 0)}
	w.value(n)
	if len(w.out) <= w.end {
		return w.out
	}
	if limit < len(cut) {
		return w.out[:len(dst)]
	}
	at := w.end - len(cut)
	for at > len(dst) && !utf8.RuneStart(w.out[at]) {
		at--
	}
	return append(w.out[:at], cut...)
}

// writer writes until it is past its end, by a little.
type writer struct {
	out []byte
	end int
}

func (w *writer) full() bool { return len(w.out) > w.end }

// value recurses once for each level, and never deeper than the limit: each level
// writes a bracket.
func (w *writer) value(n Node) {
	switch n.Kind() {
	case Null:
		w.out = append(w.out, "null"...)
	case Bool:
		if n.Bool() {
			w.out = append(w.out, "true"...)
		} else {
			w.out = append(w.out, "false"...)
		}
	case Text:
		w.string(n.Text())
	case List:
		w.items(n, '[', ']')
	case Object:
		w.items(n, '{', '}')
	default:
		w.raw(n.Text())
	}
}

func (w *writer) items(n Node, begin, end byte) {
	w.out = append(w.out, begin)
	for i := range n.Len() {
		if w.full() {
			return
		}
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if begin == '{' {
			w.string(n.Name(i))
			w.out = append(w.out, ':')
		}
		w.value(n.Item(i))
	}
	w.out = append(w.out, end)
}

// raw appends text as it is, or its beginning and so much that it is past the end.
func (w *writer) raw(text string) {
	w.out = append(w.out, text[:min(len(text), w.room())]...)
}

// room is how many bytes it takes to be past the end.
func (w *writer) room() int { return max(0, w.end-len(w.out)+1) }

func (w *writer) string(text string) {
	const hex = "0123456789abcdef"
	w.out = append(w.out, '"')
	for len(text) > 0 && !w.full() {
		run := 0
		for most := min(len(text), w.room()); run < most && (plain[text[run]] || text[run] >= utf8.RuneSelf); {
			run++
		}
		w.out = append(w.out, text[:run]...)
		if text = text[run:]; text == "" || w.full() {
			break
		}
		switch c := text[0]; c {
		case '"', '\\':
			w.out = append(w.out, '\\', c)
		case '\n':
			w.out = append(w.out, `\n`...)
		case '\r':
			w.out = append(w.out, `\r`...)
		case '\t':
			w.out = append(w.out, `\t`...)
		default:
			w.out = append(w.out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		text = text[1:]
	}
	w.out = append(w.out, '"')
}
