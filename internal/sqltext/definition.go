package sqltext

// definition finds the tables of CREATE, ALTER, DROP, TRUNCATE and the like.
func (p *parser) definition(i, end int, sc int32) int {
	verb := p.key(i)
	several := verb == kwDrop || verb == kwTruncate
	expect, found := verb == kwTruncate || verb == kwCopy, false
	for i++; i < end; i++ {
		switch p.kind(i) {
		case tokenSemicolon:
			return i
		case tokenOpen:
			i = p.group(i, sc) - 1
			expect = false
			continue
		}
		switch p.key(i) {
		case kwTable, kwView:
			expect = !found
			continue
		case kwOn:
			expect = verb == kwCreate && !found // an index or a trigger
			continue
		case kwIf, kwNot, kwExists, kwOnly:
			continue
		case kwSelect, kwWith:
			if p.key(i-1) == kwAs {
				return p.statement(i, end, sc)
			}
		}
		if !expect {
			continue
		}
		if last, next, ok := p.name(i); ok {
			p.addRef(ref{first: int32(i), last: int32(last), alias: -1, scope: sc})
			found, expect = true, several && p.kind(next) == tokenComma
			i = next - 1
			if expect {
				i++
			}
		}
	}
	return i
}
