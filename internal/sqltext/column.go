package sqltext

import "strings"

// Presence tells how much is known of a column.
type Presence uint8

// Absent is certain: the statement was read to its end, and does not have the column.
const (
	Absent Presence = iota
	Hidden          // it may be there, or is, with a value that is not known
	Known
)

// String is the name of the presence.
func (p Presence) String() string {
	names := [...]string{"absent", "hidden", "known"}
	if int(p) < len(names) {
		return names[p]
	}
	return names[Hidden]
}

// Section is what a column is looked for in.
type Section uint8

// What rows are pinned to, and what is written.
const (
	InWhere Section = iota
	InSet
)

func (s *Statement) pairs(in Section) []Pair {
	if in == InSet {
		return s.Set
	}
	return s.Where
}

// Column looks for a column, "col" or "table.col" in lower case, where the table is written with its schema or without.
// Placeholders become the bound text, of kind Text; p may be nil.
//
// It is Known if every pair of the column has the same value, and one of them stands for the whole statement: not in a
// sub-select or an outer join, unless the statement reads only one table there, or the table is named. What a join
// carries to a column counts for its bare name too, unless the text pins a column of that name in another table, or the
// join is an outer one or in a sub-select.
//
// "?" and "%s" are resolved only if as many parameters are bound, because in sanitised text "?" are literals too.
//
// All columns are Hidden in a text that is not whole, or was not understood. It allocates only for lists with
// placeholders in them.
func (s *Statement) Column(in Section, column string, p *Parameters) (Value, Presence) {
	if s.Truncated || s.Limited || s.opaque || in == InSet && s.setOpaque {
		return Value{}, Hidden
	}
	table, rest := "", ""
	if dot := strings.LastIndexByte(column, '.'); dot >= 0 && s.hasTable(column[:dot]) {
		table, rest = column[:dot], column[dot+1:]
	}
	pairs := s.pairs(in)
	var value Value
	found, certain := false, false
	for i := range pairs {
		pair := &pairs[i]
		var whole bool // the pair stands for the whole of what is asked for
		switch {
		case pair.Column == column:
			if s.isAside(in, i) {
				continue
			}
			whole = s.nested || !s.isSub(in, i)
		case table != "" && pair.Column == rest && (pair.Table == "" || sameTable(pair.Table, table)):
			whole = pair.Table != ""
		default:
			continue
		}
		v, ok := s.resolve(&pair.Value, p)
		if !ok || found && !v.Equal(&value) {
			return Value{}, Hidden
		}
		value, found, certain = v, true, certain || whole
	}
	switch {
	case certain:
		return value, Known
	case found:
		return Value{}, Hidden
	}
	return Value{}, Absent
}

// isAside: the pair was carried, and is not what the bare name of its column means: it does not stand for the whole
// statement, or the text has a pair of that name in another table.
func (s *Statement) isAside(in Section, i int) bool {
	if in != InWhere || s.partial == nil || !s.partial.carried.has(i) {
		return false
	}
	if s.isSub(in, i) && !s.nested {
		return true
	}
	pair := &s.Where[i]
	for j := range s.Where {
		if q := &s.Where[j]; q.Column == pair.Column && q.Table != pair.Table && !s.partial.carried.has(j) {
			return true
		}
	}
	return false
}

func (s *Statement) hasTable(name string) bool {
	for _, t := range s.Tables {
		if sameTable(t, name) {
			return true
		}
	}
	return false
}

// resolve is the value with its placeholders bound; false if one is not known.
func (s *Statement) resolve(v *Value, p *Parameters) (Value, bool) {
	switch v.Kind {
	case Unknown:
		return Value{}, false
	case Placeholder:
		text, ok := p.text(s, v)
		return Value{Kind: Text, Text: text}, ok
	case List:
		return s.resolveList(v, p)
	}
	return *v, true
}

func (s *Statement) resolveList(v *Value, p *Parameters) (Value, bool) {
	var bound []Value
	for i := range v.List {
		item := &v.List[i]
		if item.Kind != Placeholder && item.Kind != Unknown {
			continue
		}
		value, ok := s.resolve(item, p)
		if !ok {
			return Value{}, false
		}
		if bound == nil {
			bound = append(bound, v.List...)
		}
		bound[i] = value
	}
	if bound == nil {
		return *v, true
	}
	return Value{Kind: List, List: bound}, true
}

// Columns are those of the pairs of a section in order of appearance, each once: all whose bare names Column finds.
func (s *Statement) Columns(in Section) []string {
	pairs := s.pairs(in)
	var columns []string
next:
	for i := range pairs {
		if s.isAside(in, i) {
			continue
		}
		for _, c := range columns {
			if c == pairs[i].Column {
				continue next
			}
		}
		columns = append(columns, pairs[i].Column)
	}
	return columns
}
