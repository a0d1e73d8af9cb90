package calltree

import "math"

// settleLocked does what is due in the shard, up to a good batch; true if there
// may be more.
func (sh *shard[C, S]) settleLocked(wall int64, b *batch[C, S]) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	now := sh.clock.at(wall)
	for {
		ring := &sh.wheel.slot[sh.wheel.cursor%slots]
		for k := ring.next; k != ring; {
			t := k.of
			k = k.next
			if t.due(sh.settings) <= now {
				sh.visit(t, now, b)
			} else {
				sh.wheel.later(t, t.due(sh.settings))
			}
			if b.looked >= spansAtOnce {
				return true
			}
		}
		if !sh.wheel.advance(now) {
			sh.trim()
			return false
		}
	}
}

// visit hands over the calls of a trace that are due, and forgets it if it is time.
func (sh *shard[C, S]) visit(t *trace[C, S], now int64, b *batch[C, S]) {
	if t.unjudged > 0 {
		sh.handOver(t, now-int64(sh.settings.Settle), b)
	}
	if t.unjudged == 0 && t.due(sh.settings) <= now {
		b.looked++
		sh.forget(t, now)
		return
	}
	if t.spans.len >= t.cleanFrom {
		sh.clean(t, now)
		sh.account(t)
	}
	sh.wheel.later(t, t.due(sh.settings))
}

// flush hands over whatever is there and forgets it, up to a good batch; true if
// there is more.
func (sh *shard[C, S]) flush(b *batch[C, S]) bool {
	sh.mu.Lock()
	defer sh.mu.Unlock()
	for b.looked < spansAtOnce {
		t := sh.arrivals.next.of
		if t == nil {
			sh.releaseAll()
			return false
		}
		sh.handOver(t, math.MaxInt64, b)
		b.looked++
		sh.forget(t, sh.clock.latest)
	}
	return true
}

// handOver adds the calls that arrived by then to the batch.
func (sh *shard[C, S]) handOver(t *trace[C, S], by int64, b *batch[C, S]) {
	t.resolve(&sh.path)
	b.looked += t.spans.len
	first := len(b.calls)
	t.unjudged, t.oldest = 0, math.MaxInt64
	for i := range t.calls.len {
		switch row := t.calls.at(i); {
		case row.state != unjudged:
		case row.arrived > by:
			t.unjudged++
			t.oldest = min(t.oldest, row.arrived)
		default:
			row.state = judged
			b.calls = append(b.calls, sh.settledCall(t, row))
			row.turn = int32(len(b.calls))
		}
	}
	if len(b.calls) == first {
		return
	}
	t.findStatements(b)
	t.findChildren(b)
	t.findUnanswered(b)
	for i := range t.calls.len {
		t.calls.at(i).turn = 0
	}
}

// settledCall is a call that is handed over, still without what is beneath it.
func (sh *shard[C, S]) settledCall(t *trace[C, S], row *callRow[C]) handedOver[C] {
	span := t.spans.at(int(row.span))
	sh.judged.Add(mix(t.hash, span.id))
	own := t.missing(span)
	wait := int64(sh.settings.MaxWait)
	return handedOver[C]{
		span:           Span{TraceID: t.id, SpanID: spanID(span.id), Parent: spanID(span.parent), Start: row.start},
		call:           row.call,
		statementsLost: t.statementGaps.beneath(own) || t.statementLoss.touches(own, row.arrived, wait),
		callsLost:      t.callGaps.beneath(own) || t.callLoss.touches(own, row.arrived, wait),
	}
}

// findStatements adds the statements of the calls that have a turn.
func (t *trace[C, S]) findStatements(b *batch[C, S]) {
	b.items = b.items[:0]
	for i := range t.statements.len {
		row := t.statements.at(i)
		b.item(t.turn(row.span), i, row.start, t.spans.at(int(row.span)).id)
	}
	b.sort()
	for _, item := range b.items {
		b.statements = append(b.statements, t.statements.at(int(item.row)).statement)
		b.calls[item.turn-1].statements++
	}
}

// findChildren adds their child calls.
func (t *trace[C, S]) findChildren(b *batch[C, S]) {
	b.items = b.items[:0]
	for i := range t.calls.len {
		row := t.calls.at(i)
		b.item(t.turn(row.span), i, row.start, t.spans.at(int(row.span)).id)
	}
	b.sort()
	for _, item := range b.items {
		b.children = append(b.children, t.calls.at(int(item.row)).call)
		b.calls[item.turn-1].children++
	}
}

// findUnanswered marks those that have made a call of which nothing was seen.
func (t *trace[C, S]) findUnanswered(b *batch[C, S]) {
	if t.unanswered == 0 {
		return
	}
	for i := range t.spans.len {
		if span := t.spans.at(i); span.kind == client && !span.answered {
			if turn := t.turn(int32(i)); turn > 0 {
				b.calls[turn-1].unanswered = true
			}
		}
	}
}

// turn is that of the call to which a span belongs, or 0.
func (t *trace[C, S]) turn(span int32) int32 {
	owner := t.spans.at(int(span)).owner
	if owner == none {
		return 0
	}
	return t.calls.at(int(t.spans.at(int(owner)).row)).turn
}
