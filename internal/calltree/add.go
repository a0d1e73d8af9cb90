package calltree

func (sh *shard[C, S]) addCall(span *Span, hash uint64, c C, judge bool, bytes int32, now int64) Outcome {
	if sh.nameless(span) {
		if judge {
			sh.stats.EvictedCalls++
		}
		return Refused
	}
	now = sh.clock.at(now)
	id := number(span.SpanID)
	t := sh.look(span.TraceID)
	if t != nil {
		if at := t.find(id); at != none && t.spans.at(at).kind == call {
			return sh.again(t.calls.at(int(t.spans.at(at).row)).state)
		}
	}
	as := boundary
	if judge {
		as = unjudged
		if sh.judged.Has(mix(hash, id)) {
			as = judged
		}
	}
	if as == judged && (t == nil || !sh.fits(t, true, int64(bytes))) {
		return sh.again(judged)
	}
	if t == nil {
		t = sh.open(span.TraceID, hash, now)
	}
	at, outcome := sh.place(t, span, call, as == unjudged, int64(bytes), now)
	switch {
	case outcome == Added:
		sh.putCall(t, at, callRow[C]{call: c, start: span.Start, arrived: now, bytes: bytes, span: at, state: as})
	case as == unjudged:
		sh.stats.EvictedCalls++
	}
	outcome = sh.done(t, outcome, now)
	if as == judged {
		return sh.again(judged) // kept for those above and below it
	}
	return outcome
}

// again counts a call that is known.
func (sh *shard[C, S]) again(s state) Outcome {
	if s == judged {
		sh.stats.Late++
		return Late
	}
	sh.stats.Duplicates++
	return Duplicate
}

func (sh *shard[C, S]) putCall(t *trace[C, S], at int32, row callRow[C]) {
	t.spans.at(int(at)).row = int32(t.calls.len)
	*t.calls.add(&sh.spareCalls) = row
	t.payload += int64(row.bytes)
	t.hadCalls = true
	if row.state == unjudged {
		if t.unjudged == 0 {
			t.oldest = row.arrived
		}
		t.unjudged++
	}
}

func (sh *shard[C, S]) addStatement(span *Span, hash uint64, st S, bytes int32, now int64) Outcome {
	if sh.nameless(span) {
		return Refused
	}
	now = sh.clock.at(now)
	t := sh.open(span.TraceID, hash, now)
	at, outcome := sh.place(t, span, statement, false, int64(bytes), now)
	if outcome == Added {
		t.spans.at(int(at)).row = int32(t.statements.len)
		*t.statements.add(&sh.spareStatements) = statementRow[S]{statement: st, start: span.Start, bytes: bytes, span: at}
		t.payload += int64(bytes)
	}
	return sh.done(t, outcome, now)
}

// addLink adds a span of the kinds other and client.
func (sh *shard[C, S]) addLink(span *Span, hash uint64, k kind, now int64) Outcome {
	if sh.nameless(span) {
		return Refused
	}
	now = sh.clock.at(now)
	t := sh.open(span.TraceID, hash, now)
	_, outcome := sh.place(t, span, k, false, 0, now)
	return sh.done(t, outcome, now)
}

// nameless tells whether a span has an id of zero, which is against the
// specification, and counts it.
func (sh *shard[C, S]) nameless(span *Span) bool {
	if !span.TraceID.IsEmpty() && !span.SpanID.IsEmpty() {
		return false
	}
	sh.stats.RefusedSpans++
	return true
}
