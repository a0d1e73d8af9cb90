package calltree

const cleanAtLeast = 64 // smaller traces are not worth it

// settled tells whether a call was handed over, or is one that never will be and
// has been there for as long.
func (sh *shard[C, S]) settled(c *callRow[C], now int64) bool {
	return c.state == judged || c.state == boundary && now-c.arrived >= int64(sh.settings.Settle)
}

// clean lets go of the spans that no call can need any more. What must stay are
// calls that are not settled with all above them, what belongs to these calls, and
// what has no server span above it yet, unless it is as old as the longest wait.
func (sh *shard[C, S]) clean(t *trace[C, S], now int64) {
	t.resolve(&sh.path)
	keep := sh.keepNone(t)
	wait := int64(sh.settings.MaxWait)
	old := 0
	if now-t.grownAt >= wait {
		old = t.grown
		t.grown, t.grownAt = t.spans.len, now
	}
	for i := range t.calls.len {
		if c := t.calls.at(i); !sh.settled(c, now) {
			t.keepUpwards(keep, int(c.span))
		}
	}
	for i := range t.spans.len {
		if !keep[i] && !sh.needed(t, t.spans.at(i), i < old, now) {
			t.letGo(t.spans.at(i), now, wait)
			sh.countOrphan(t.spans.at(i))
			continue
		}
		keep[i] = true
	}
	t.cleaned = now
	sh.compact(t, keep)
	t.cleanFrom = max(cleanAtLeast, 2*t.spans.len)
}

// needed tells whether a span may have to do with a call that is not settled.
func (sh *shard[C, S]) needed(t *trace[C, S], span *record, old bool, now int64) bool {
	if span.owner == none {
		return span.kind != call && !old
	}
	above := t.spans.at(int(span.owner))
	return !sh.settled(t.calls.at(int(above.row)), now)
}

func (sh *shard[C, S]) countOrphan(span *record) {
	if span.kind == statement && span.owner == none {
		sh.stats.Orphans++
	}
}

// keepUpwards marks a span and all above it.
func (t *trace[C, S]) keepUpwards(keep []bool, at int) {
	for at != none && !keep[at] {
		keep[at] = true
		span := t.spans.at(at)
		if span.parentless() {
			return
		}
		at = t.find(span.parent)
	}
}

// letGo notes what a call still to come may miss for the want of a span: that
// which has no server span above it, but the end of a chain that has a gap.
func (t *trace[C, S]) letGo(span *record, now, wait int64) {
	if span.owner != none {
		return
	}
	missing := t.missing(span)
	if missing == 0 && span.top != cyclic {
		return
	}
	t.callLoss.add(missing, now, wait)
	if span.kind != call {
		t.statementLoss.add(missing, now, wait)
	}
}

func (sh *shard[C, S]) keepNone(t *trace[C, S]) []bool {
	if cap(sh.keep) < t.spans.len {
		sh.keep = make([]bool, 2*t.spans.len)
	}
	keep := sh.keep[:t.spans.len]
	clear(keep)
	return keep
}

// compact closes the ranks after spans have gone.
func (sh *shard[C, S]) compact(t *trace[C, S], keep []bool) {
	kept, grown := 0, 0
	for i, stays := range keep {
		span := t.spans.at(i)
		place := int32(none)
		if stays {
			place = int32(kept)
			kept++
			if i < t.grown {
				grown++
			}
		}
		switch span.kind {
		case call:
			t.calls.at(int(span.row)).span = place
		case statement:
			t.statements.at(int(span.row)).span = place
		case other, client:
		}
		if stays {
			*t.spans.at(int(place)) = *span
		}
	}
	if kept == t.spans.len {
		return
	}
	t.resolved = false
	t.grown = grown
	t.spans.cut(kept, &sh.spareSpans)
	t.compactCalls(&sh.spareCalls)
	t.compactStatements(&sh.spareStatements)
	t.reindex(&sh.spareIndexes)
}

func (t *trace[C, S]) compactCalls(s *stock[[pieceRows]callRow[C]]) {
	kept := 0
	for i := range t.calls.len {
		row := t.calls.at(i)
		if row.span == none {
			t.payload -= int64(row.bytes)
			continue
		}
		*t.calls.at(kept) = *row
		t.spans.at(int(row.span)).row = int32(kept)
		kept++
	}
	t.calls.cut(kept, s)
}

func (t *trace[C, S]) compactStatements(s *stock[[pieceRows]statementRow[S]]) {
	kept := 0
	for i := range t.statements.len {
		row := t.statements.at(i)
		if row.span == none {
			t.payload -= int64(row.bytes)
			continue
		}
		*t.statements.at(kept) = *row
		t.spans.at(int(row.span)).row = int32(kept)
		kept++
	}
	t.statements.cut(kept, s)
}
