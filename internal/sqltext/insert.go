package sqltext

// insert reads from behind INSERT or REPLACE.
func (p *parser) insert(i, end int, sc int32) int {
	p.understood = true
	p.scopes[sc].writes = true
	i = p.modifiers(i, end)
	if p.key(i) == kwInto {
		i++
	}
	if p.key(i) == kwTable {
		i++
	}
	first := i
	last, next, ok := p.name(i)
	if !ok {
		p.setOpaque = true
		p.truncated = p.truncated || i >= end
		return p.clauses(i, end, sc)
	}
	target := p.addRef(ref{first: int32(first), last: int32(last), alias: -1, scope: sc, written: true})
	p.scopes[sc].target = target
	if p.key(next) == kwAs {
		next++
	}
	if next < end && p.tokens[next].isName() && !p.does(next, endsWhere|isOperation) && p.key(next) != kwOverriding {
		next++
	}
	i = next
	columns := p.insertColumns(&i)
	return p.insertSource(i, end, sc, columns)
}

// insertColumns reads the list of columns, and returns its place in p.columns, from which it goes on.
func (p *parser) insertColumns(i *int) int {
	from := len(p.columns)
	if p.kind(*i) != tokenOpen || *i >= len(p.tokens) || p.isQuery(*i) {
		return from
	}
	end := min(p.inside(*i), len(p.tokens))
	for j := *i + 1; j < end; j++ {
		last, next, ok := p.name(j)
		switch {
		case ok && len(p.columns)-from < MaxPairs:
			p.columns = append(p.columns, int32(last))
			j = next - 1
		case ok:
			p.limited = true
		case p.kind(j) != tokenComma:
			p.setOpaque = true // no list of names
		}
	}
	*i = p.behind(*i)
	return from
}

// insertSource reads where the rows come from, and what follows.
func (p *parser) insertSource(i, end int, sc int32, from int) int {
	columns := p.columns[from:]
	begin := len(p.pairs)
	for i < end {
		if p.kind(i) == tokenSemicolon {
			p.truncated = true // neither rows nor a query
			return i
		}
		switch p.key(i) {
		case kwValues:
			p.setOpaque = p.setOpaque || len(columns) == 0
			i = p.rows(i+1, end, sc, columns)
			return p.insertRest(i, end, sc, begin)
		case kwDefault: // DEFAULT VALUES
			return p.insertRest(min(i+2, end), end, sc, begin)
		case kwSet:
			i = p.assignments(i+1, end, sc)
			return p.insertRest(i, end, sc, begin)
		case kwSelect, kwWith, kwTable:
			p.hiddenColumns(columns, sc)
			return p.insertRest(p.insertQuery(i, end, sc), end, sc, begin)
		}
		if p.kind(i) == tokenOpen {
			if p.isQuery(i) {
				p.hiddenColumns(columns, sc)
				return p.insertRest(p.insertQuery(i, end, sc), end, sc, begin)
			}
			i = p.group(i, sc)
			continue
		}
		i++
	}
	p.truncated = true
	return i
}

// insertQuery reads the query that makes the rows. What it reads is what the statement reads.
func (p *parser) insertQuery(i, end int, sc int32) int {
	s := p.scopes[sc]
	reader := p.newScope(s.parent, s.group, s.main)
	if p.depth == maxDepth {
		p.limited = true
		return end
	}
	p.depth++
	next := p.statement(i, end, reader)
	p.depth--
	return next
}

// hiddenColumns adds columns whose values are not known.
func (p *parser) hiddenColumns(columns []int32, sc int32) {
	p.setOpaque = p.setOpaque || len(columns) == 0
	for _, c := range columns {
		p.set(columnName{qualifier: -1, column: c}, rawValue{}, sc)
	}
}

// insertRest reads what follows the rows: conflicts and RETURNING.
func (p *parser) insertRest(i, end int, sc int32, begin int) int {
	for i < end {
		switch {
		case p.kind(i) == tokenSemicolon:
			return i
		case p.kind(i) == tokenOpen:
			i = p.group(i, sc)
			continue
		case p.key(i) == kwWhere:
			i = p.condition(i+1, end, condition{scope: sc, only: noRef, hide: true})
			continue
		case p.key(i) == kwUpdate && (p.key(i-1) == kwDo || p.key(i-1) == kwKey):
			i++
			if p.key(i) == kwSet {
				i++
			}
			own := len(p.pairs)
			i = p.assignments(i, end, sc)
			p.dropRepeated(begin, own)
			continue
		case p.key(i) == kwSelect || p.key(i) == kwInsert || p.key(i) == kwUpdate || p.key(i) == kwDelete:
			return i
		}
		i++
	}
	return i
}

// dropRepeated keeps, of the pairs set upon a conflict, the columns that the insert does not have, hidden: they are set
// in some rows only.
func (p *parser) dropRepeated(begin, own int) {
	kept := p.pairs[:own]
	for _, pair := range p.pairs[own:] {
		if pair.set {
			if p.isSet(pair.column, begin, own) {
				continue
			}
			pair.value = rawValue{}
		}
		kept = append(kept, pair)
	}
	p.pairs = kept
}

// isSet: a pair of SET between those places has the column.
func (p *parser) isSet(column int32, from, to int) bool {
	for i := from; i < to; i++ {
		if q := &p.pairs[i]; q.set && p.same(q.column, column) {
			return true
		}
	}
	return false
}

// rows reads (a, b), (c, d): a pair for each column, with a list where rows differ.
func (p *parser) rows(i, end int, sc int32, columns []int32) int {
	from := len(p.pairs)
	for _, c := range columns {
		p.set(columnName{qualifier: -1, column: c}, rawValue{}, sc)
	}
	pairs := p.pairs[from:]
	n, begin, first := 0, i, len(p.values)
	readable := len(pairs) == len(columns) && len(columns) > 0
	for ; i < end; i = p.nextRow(i) {
		if p.kind(i) == tokenComma {
			continue
		}
		if p.kind(i) != tokenOpen {
			break
		}
		readable = readable && p.row(i, len(columns))
		n++
	}
	p.truncated = p.truncated || n == 0
	if readable && n > 0 && !p.columnValues(from, first, n, len(columns)) {
		p.values = p.values[:first]
	}
	for ; begin < i; begin = p.nextRow(begin) {
		if p.kind(begin) == tokenOpen {
			p.walk(begin+1, p.inside(begin), sc)
		}
	}
	return i
}

// nextRow is behind the comma or the row at i.
func (p *parser) nextRow(i int) int {
	if p.kind(i) == tokenOpen {
		return p.behind(i)
	}
	return i + 1
}

// row keeps the values of a row in p.values; false if there are not as many as columns.
func (p *parser) row(i, columns int) bool {
	end := min(p.inside(i), len(p.tokens))
	count := 0
	for j := i + 1; j < end; count++ {
		next := p.itemEnd(j, end)
		v, n, ok := p.value(j, next)
		if !ok || n != next {
			v = rawValue{}
		}
		if count == columns || !p.keep(v) {
			return false
		}
		j = next + 1
	}
	return count == columns
}

// itemEnd is the comma behind i, or the end.
func (p *parser) itemEnd(i, end int) int {
	for i < end && p.kind(i) != tokenComma {
		if p.kind(i) == tokenOpen {
			i = p.behind(i)
		} else {
			i++
		}
	}
	return min(i, end)
}

// columnValues gives the pairs from there on their values, which stand row by row; true if lists of them are kept.
func (p *parser) columnValues(from, first, rows, columns int) bool {
	lists := false
	for c := range columns {
		v := p.values[first+c]
		same := v.kind != Unknown
		for r := 1; r < rows && same; r++ {
			same = p.sameValue(v, p.values[first+r*columns+c])
		}
		switch {
		case same || rows == 1:
			p.pairs[from+c].value = v
		default:
			lists = true
			list := int32(len(p.values))
			for r := range rows {
				if !p.keep(p.values[first+r*columns+c]) {
					return true
				}
			}
			p.pairs[from+c].value = rawValue{kind: List, list: list, length: int32(rows)}
		}
	}
	return lists
}

// sameValue goes by kind and text; lists are the same only as such.
func (p *parser) sameValue(a, b rawValue) bool {
	if a.kind == List || b.kind == List {
		return a.kind == b.kind && a.list == b.list && a.length == b.length
	}
	if a.kind != b.kind || a.negative != b.negative || p.raw(a.token) != p.raw(b.token) {
		return false
	}
	return a.kind != Placeholder || p.tokens[a.token].mate == p.tokens[b.token].mate && p.tokens[a.token].flags == p.tokens[b.token].flags
}
