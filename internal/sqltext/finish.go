package sqltext

import (
	"bytes"
	"strings"
)

// made is a statement in one piece with its tables and pairs.
type made[T, P any] struct {
	Statement
	tables T
	pairs  P
}

// newStatement returns an empty statement with room for so many tables and pairs: in one piece, if they are few.
func newStatement(tables, pairs int) (*Statement, []Pair) {
	switch {
	case tables > 2:
	case pairs == 0:
		m := new(made[[2]string, struct{}])
		m.Tables = m.tables[:0]
		return &m.Statement, nil
	case pairs == 1:
		m := new(made[[2]string, [1]Pair])
		m.Tables = m.tables[:0]
		return &m.Statement, m.pairs[:]
	case pairs == 2:
		m := new(made[[2]string, [2]Pair])
		m.Tables = m.tables[:0]
		return &m.Statement, m.pairs[:]
	case pairs == 3:
		m := new(made[[2]string, [3]Pair])
		m.Tables = m.tables[:0]
		return &m.Statement, m.pairs[:]
	case pairs == 4:
		m := new(made[[2]string, [4]Pair])
		m.Tables = m.tables[:0]
		return &m.Statement, m.pairs[:]
	}
	return &Statement{Tables: make([]string, 0, tables)}, make([]Pair, pairs)
}

// finish makes the statement of what was found.
func (p *parser) finish() *Statement {
	skeleton := len(p.out)
	var names [MaxTables]span
	tables := p.nameTables(&names)
	for i := range p.pairs {
		p.resolve(&p.pairs[i])
	}
	carried := p.carry()
	p.agree()
	if carried {
		p.dropHidden()
	}
	for i := range p.pairs {
		q := &p.pairs[i]
		q.name = p.keepName(q.column)
		p.keepValue(&q.value)
	}
	for i := range p.values {
		p.keepValue(&p.values[i])
	}

	st, pairs := newStatement(tables, len(p.pairs))
	kept := string(p.out)
	st.Skeleton = kept[:skeleton]
	st.Operation = p.allOperations()
	for _, n := range names[:tables] {
		st.Tables = append(st.Tables, n.of(kept))
	}
	p.makePairs(st, pairs, kept)
	p.judge(st)
	return st
}

// allOperations are those of all statements of the text.
func (p *parser) allOperations() string {
	switch p.done {
	case 0:
		return ""
	case 1:
		return operations[p.operations[0]]
	}
	all := make([]string, 0, maxOperations)
	for _, w := range p.operations[:p.done] {
		all = append(all, operations[w])
	}
	return strings.Join(all, "; ")
}

// judge tells how much of the text the statement is.
func (p *parser) judge(st *Statement) {
	st.Truncated, st.Sanitised, st.Limited = p.truncated, p.lexer.sanitised, p.limited
	st.opaque = p.opaque || !p.understood
	st.setOpaque = p.setOpaque
	st.nested = p.isNested()
	st.marks = p.lexer.marks
	if st.marks.places > 0 && st.marks.highest > 0 { // of $1 and ?, only one is a placeholder
		st.marks.loose = true
		st.Sanitised = st.Sanitised || p.lexer.dialect != SQLite
	}
}

// operations are the keywords in upper case.
var operations = func() (names [len(keywords)]string) {
	for i, k := range keywords {
		upper := []byte(k.name)
		for j, c := range upper {
			if c != '_' {
				upper[j] = c - 'a' + 'A'
			}
		}
		names[i] = string(upper)
	}
	return names
}()

// nameTables finds or writes the name of each table once and gives the references their tables.
func (p *parser) nameTables(names *[MaxTables]span) int {
	n := 0
	p.shared = false
	for i := range p.refs {
		r := &p.refs[i]
		if r.table = -1; r.first < 0 || r.dead {
			continue
		}
		if r.last-r.first > 2*maxParts {
			p.limited = true
			r.first = r.last
		}
		size := len(p.out)
		name := p.tableName(r)
		if known := p.tableNamed(names[:n], name); known >= 0 {
			p.out = p.out[:size]
			r.table = int32(known)
			p.shared = true
			continue
		}
		if n == MaxTables {
			p.limited = true
			p.out = p.out[:size]
			continue
		}
		r.table = int32(n)
		names[n] = name
		n++
	}
	return n
}

// tableName is where the name of a table is, with its schema.
func (p *parser) tableName(r *ref) span {
	if r.first == r.last {
		return p.keepName(r.first)
	}
	at := len(p.out)
	for t := r.first; t <= r.last; t++ {
		if p.tokens[t].kind == tokenDot {
			p.out = append(p.out, '.')
			continue
		}
		p.copyName(t)
	}
	return span{int32(at), int32(len(p.out) - at)}
}

func (p *parser) tableNamed(names []span, name span) int {
	for i, n := range names {
		if n.size == name.size && bytes.Equal(p.out[n.at:n.at+n.size], p.out[name.at:name.at+name.size]) {
			return i
		}
	}
	return -1
}

// keepName is where a name is, unquoted and in lower case: mostly in the skeleton.
func (p *parser) keepName(i int32) span {
	t := &p.tokens[i]
	if size := t.end - t.start; t.mate > 0 && size <= maxName && !p.skeleton.folded {
		return span{t.mate, int32(size)}
	}
	return p.copyName(i)
}

// copyName writes a name behind the skeleton.
func (p *parser) copyName(i int32) span {
	t := &p.tokens[i]
	s := p.text[t.start:t.end]
	if len(s) > maxName {
		p.limited = true
		for n := maxName; ; n-- {
			if s[n]&0xc0 != 0x80 {
				s = s[:n]
				break
			}
		}
	}
	start := len(p.out)
	p.out = appendLower(p.out, s)
	if t.has(doubled) && t.kind == tokenQuoted {
		p.out = undouble(p.out, start)
	}
	return span{int32(start), int32(len(p.out) - start)}
}

// undouble makes one of each byte that is written twice, from start on. What it doubles is the quote, which stands
// nowhere else.
func undouble(out []byte, start int) []byte {
	kept := out[:start]
	for i := start; i < len(out); i++ {
		c := out[i]
		kept = append(kept, c)
		if i+1 < len(out) && out[i+1] == c && (c == '"' || c == '`' || c == ']') {
			i++
		}
	}
	return kept
}

// makePairs gives the pairs their strings, those of WHERE first.
func (p *parser) makePairs(st *Statement, pairs []Pair, kept string) {
	if len(p.pairs) == 0 {
		return
	}
	var values []Value
	if len(p.values) > 0 {
		values = p.makeValues(kept)
	}
	n := 0
	for _, in := range [...]Section{InWhere, InSet} {
		from := n
		for i := range p.pairs {
			q := &p.pairs[i]
			if q.set != (in == InSet) {
				continue
			}
			if !p.scopes[q.scope].main || q.only != noRef {
				st.setSub(in, n-from)
			}
			if q.carried {
				st.setCarried(n - from)
			}
			p.makePair(&pairs[n], q, st, kept, values)
			n++
		}
		switch {
		case n == from:
		case in == InSet:
			st.Set = pairs[from:n:n]
		default:
			st.Where = pairs[from:n:n]
		}
		if n == len(pairs) {
			break
		}
	}
}

func (p *parser) makePair(pair *Pair, q *rawPair, st *Statement, kept string, values []Value) {
	pair.Column = q.name.of(kept)
	if t := p.tableOf(q); t >= 0 {
		pair.Table = st.Tables[t]
	}
	p.makeValue(&pair.Value, &q.value, kept)
	if q.value.kind == List {
		end := q.value.list + q.value.length
		pair.Value.List = values[q.value.list:end:end]
	}
}

func (p *parser) makeValues(kept string) []Value {
	values := make([]Value, len(p.values))
	for i := range p.values {
		p.makeValue(&values[i], &p.values[i], kept)
	}
	return values
}

func (p *parser) makeValue(value *Value, v *rawValue, kept string) {
	value.Kind = v.kind
	switch v.kind {
	case Placeholder:
		t := &p.tokens[v.token]
		value.Index = int(t.mate)
		if t.has(byName) {
			value.Name = v.text.of(kept)
		}
	case Unknown, Null, List:
	default:
		value.Text = v.text.of(kept)
	}
}
