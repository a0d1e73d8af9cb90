package calltree

const (
	dropAtOnce = 16 // to make room, one span of so many goes
	fairShare  = 16 // spans of each kind that belong to a call and do not make room
)

// worth is what a span is good for. In a full trace those of the least worth make
// room for others, oldest first, but never what is of need: whoever makes many
// calls under one trace id must not push out what those before are judged by, nor
// a call with many statements its own first ones and those of others.
type worth uint8

const (
	spent     worth = iota // it belongs to a call that is handed over or never will be
	bare                   // any other span with nothing of worth beneath it, beyond the share of a call
	bystander              // a call that is not to be judged, and no child of one that is
	surplus                // statements and child calls beyond the share, with what links them to the call
	need                   // a call that is to be judged, and its share with the links
)

// fits tells whether the trace has room for a span.
func (sh *shard[C, S]) fits(t *trace[C, S], isNew bool, bytes int64) bool {
	if isNew && t.spans.len >= sh.settings.MaxSpansPerTrace {
		return false
	}
	return t.size+bytes+sh.step <= sh.most.traceBytes
}

// makeRoom lets go of what nobody needs, and then of what is of less worth than the
// newcomer: a span of that kind with that parent, which is to be judged or not.
func (sh *shard[C, S]) makeRoom(t *trace[C, S], isNew bool, r record, judge bool, bytes, now int64) bool {
	if now-t.cleaned >= sh.wheel.tick { // a full trace is not cleaned for every span
		sh.clean(t, now)
		sh.account(t)
	}
	for !sh.fits(t, isNew, bytes) {
		if bytes+sh.step > sh.most.traceBytes || !sh.shed(t, r, judge, now) {
			return false
		}
		sh.account(t)
	}
	return true
}

// shed drops a part of the spans that are the least loss, oldest first. If there
// were but few it does nothing for a tick, lest every span cost a search.
func (sh *shard[C, S]) shed(t *trace[C, S], r record, judge bool, now int64) bool {
	t.resolve(&sh.path)
	if now < t.shedAgain[sh.below(t, r, judge)] {
		return false
	}
	sh.appraise(t, now)
	limit := sh.below(t, r, judge) // now that shares are known
	keep := sh.keepNone(t)
	left := max(1, t.spans.len/dropAtOnce)
	dropped := 0
	for w := spent; w <= need; w++ {
		for i, is := range sh.worths {
			switch {
			case is != w:
			case w < limit && left > 0:
				left--
				dropped++
			default:
				keep[i] = true
			}
		}
	}
	if left > 0 {
		t.shedAgain[limit] = now + sh.wheel.tick
	}
	if dropped == 0 {
		return false
	}
	sh.stats.RefusedSpans += int64(dropped)
	t.loses(now, sh.settings)
	sh.compact(t, keep)
	return true
}

// below is the worth from which on nothing makes room for a newcomer: for one that is
// needed, its own. One beyond the share of a call pushes out no evidence, the first of
// which is as good as the last; others push out their like, too. A span that may
// belong to a call to come is taken for needed.
func (sh *shard[C, S]) below(t *trace[C, S], r record, judge bool) worth {
	if judge {
		return need
	}
	var owner *callRow[C]
	if at := t.find(r.parent); r.parent != 0 && at != none {
		above := t.spans.at(at)
		if above.kind != call && above.owner != none {
			above = t.spans.at(int(above.owner))
		}
		if above.kind == call {
			owner = t.calls.at(int(above.row))
		}
	}
	switch {
	case owner != nil && owner.state == unjudged && owner.full&(1<<r.kind) == 0:
		return need
	case r.kind == call:
		return bystander + 1
	case owner == nil:
		return need
	case owner.state != unjudged:
		return spent + 1
	case r.kind == statement:
		return surplus
	}
	return bare + 1
}

// appraise finds the worth of every span.
func (sh *shard[C, S]) appraise(t *trace[C, S], now int64) {
	n := t.spans.len
	if cap(sh.worths) < n {
		sh.worths, sh.shares = make([]worth, 2*n), make([]shares, 2*n+1)
	}
	sh.worths = sh.worths[:n]
	used := sh.shares[:n+1] // by one more than the owner's place
	clear(sh.worths)
	clear(used)
	for i := range n {
		span := t.spans.at(i)
		w := sh.worthOf(t, span, &used[span.owner+1], now)
		sh.worths[i] = max(sh.worths[i], w)
		if w >= surplus {
			t.raiseLinks(sh.worths, span, w)
		}
	}
	for i := range t.calls.len {
		row := t.calls.at(i)
		row.full = used[row.span+1].full()
	}
}

// shares are how many spans of each kind a call has so far.
type shares [call + 1]int32

// worthOf is the worth of a span without regard to what is beneath it. A span
// without an owner may be that of a call to come; all of these have one share.
func (sh *shard[C, S]) worthOf(t *trace[C, S], span *record, used *shares, now int64) worth {
	owned := span.owner != none
	wanted := owned && t.calls.at(int(t.spans.at(int(span.owner)).row)).state == unjudged
	switch span.kind {
	case call:
		switch c := t.calls.at(int(span.row)); {
		case c.state == unjudged:
			return need
		case wanted:
			return used.take(call, surplus)
		case sh.settled(c, now):
			return spent
		}
		return bystander
	case statement:
		if wanted || !owned {
			return used.take(statement, surplus)
		}
	case other, client:
		if wanted {
			return used.take(span.kind, bare)
		}
		if !owned {
			return bare
		}
	}
	return spent
}

// take is need for the first few, and something else for those beyond.
func (s *shares) take(k kind, beyond worth) worth {
	if s[k]++; s[k] <= fairShare {
		return need
	}
	return beyond
}

// full is a bit for each kind of which the share is used up.
func (s *shares) full() (kinds uint8) {
	for k, n := range s {
		if n >= fairShare {
			kinds |= 1 << k
		}
	}
	return kinds
}

// raiseLinks gives the worth of a span to what links it to the call above.
func (t *trace[C, S]) raiseLinks(worths []worth, span *record, w worth) {
	for !span.parentless() {
		at := t.find(span.parent)
		if at == none {
			return
		}
		span = t.spans.at(at)
		if span.kind == call || worths[at] >= w {
			return
		}
		worths[at] = w
	}
}
