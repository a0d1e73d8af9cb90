package baseline

// Difference is the claim that two arguments of a call, which have values of the same set, are never the same.
type Difference struct {
	A, B  int32
	Claim Claim
}

const mostDifferences = 256

// differences takes in which arguments of the call differ.
func (r *reading) differences() {
	for _, d := range r.Differences {
		x, y := r.Places[d.A], r.Places[d.B]
		if x.mark == r.call && y.mark == r.call && len(x.cells) == 1 && len(y.cells) == 1 &&
			x.cells[0].comparable() && y.cells[0].comparable() && d.Claim.alive() {
			d.Claim.observe(r.m, x.cells[0].hash != y.cells[0].hash, x.cells[0].text)
		}
	}
}

// difference begins to watch two arguments.
func (r *reading) difference(p, q *Place) {
	if len(r.Differences) == mostDifferences || !argument(p) || !argument(q) || p.cells[0].kind != q.cells[0].kind {
		return
	}
	d := &Difference{A: min(p.ID, q.ID), B: max(p.ID, q.ID)}
	for _, known := range r.Differences {
		if known.A == d.A && known.B == d.B {
			return
		}
	}
	r.Differences = append(r.Differences, d)
}

// argument is true for a place that has one text, or one number that may stand for a thing.
func argument(p *Place) bool {
	return p.Group < 0 && !p.Multi && len(p.cells) == 1 &&
		(p.Part == pathPart || p.Part == queryPart || p.Part == requestPart) && (p.cells[0].kind == text || p.cells[0].kind == integer)
}

// different makes the rules about arguments that are never the same.
func (b *builder) different() {
	for _, d := range b.api.Differences {
		x, y := b.api.Places[d.A], b.api.Places[d.B]
		if !d.Claim.alive() || d.Claim.Held.Calls == 0 || x.mixed() || y.mixed() {
			continue
		}
		p := x.Column.Values.agreement(&y.Column.Values)
		c := &candidate{
			kind: "common-sense", what: idOf(x.longPath()) + "-is-not-" + idOf(y.longPath()),
			check:    "!same(" + x.path("") + ", " + y.path("") + ")",
			when:     and(x.given(), y.given()),
			message:  x.name() + " is the same as " + y.name(),
			sentence: x.name() + " is another one than " + y.name(),
			evidence: evidenceOf(&d.Claim, x.Column.Values.distinct()), refs: d.Claim.Refs, found: d.Claim.Found, least: leastSessions,
		}
		if p == 0 || x.Column.Values.More || y.Column.Values.More || chanceHolds(1-p, d.Claim.Held.Sessions) {
			if p == 0 { // of other sets
				continue
			}
			c.why = whyChance
		}
		b.consider(c)
	}
}
