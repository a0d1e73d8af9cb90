package baseline

// Pair is the claim that all values at one place of a call are those at another one, of which a call has one.
type Pair struct {
	A, B  int32
	Claim Claim
	// Decoys is how often the values at A were compared with what another session had at B, Alike how often they were
	// the same as well.
	Decoys, Alike int
	Last          uint64 // hash of what the last call had at B
	By            uint64 // its session
}

// youth is in how many calls a place may have had a value, and new pairs are looked for. More than one, so that a tampered
// call that comes first does not hide what holds of all others.
const youth = 3

// pairs takes in which places of the call have the same values.
func (r *reading) pairs() {
	a := r.API
	alive := a.Pairs[:0]
	for _, p := range a.Pairs {
		r.compare(p)
		if p.Claim.alive() {
			alive = append(alive, p)
		} else {
			delete(a.paired, [2]int32{p.A, p.B})
		}
	}
	clear(a.Pairs[len(alive):])
	a.Pairs = alive
	r.differences()
	r.newPairs()
}

func (r *reading) compare(p *Pair) {
	x, y := r.Places[p.A], r.Places[p.B]
	if x.mark != r.call || y.mark != r.call || len(x.cells) == 0 || len(y.cells) != 1 {
		return
	}
	b := &y.cells[0]
	if b.kind == boolean {
		p.Claim.observe(r.m, false, b.text)
	}
	if !b.comparable() {
		return
	}
	p.decoy(x, b, r.m)
	for i := range x.cells {
		if c := &x.cells[i]; c.kind != null && c.hash != b.hash { // such rules pass nulls by
			found := c.text
			if x.Secret || y.Secret {
				found = ""
			}
			p.Claim.observe(r.m, false, found)
			return
		}
	}
	p.Claim.observe(r.m, true, "")
}

// decoy compares with a value that has nothing to do with the call.
func (p *Pair) decoy(x *Place, b *scalar, m *moment) {
	if p.By != 0 && p.By != m.session {
		p.Decoys++
		for i := range x.cells {
			if c := &x.cells[i]; c.kind != null && c.hash == p.Last {
				p.Alike++
				break
			}
		}
	}
	p.Last, p.By = b.hash, m.session
}

// agreement estimates how often the values would be the same by chance.
func (p *Pair) agreement() float64 { return float64(p.Alike+1) / float64(p.Decoys+2) }

// newPairs looks for pairs of places that are young.
func (r *reading) newPairs() {
	r.Read++
	var young, old []*Place
	for _, p := range r.used {
		if !valued(p) {
			continue
		}
		p.Valued++
		p.first(r.m)
		if p.Valued <= youth {
			young = append(young, p)
		} else {
			old = append(old, p)
		}
	}
	for i, p := range young {
		for _, q := range young[i+1:] {
			r.pair(p, q)
			r.difference(p, q)
		}
		for _, q := range old {
			r.pair(p, q)
			r.difference(p, q)
		}
	}
}

// first keeps the first calls that have a place, for people to look at.
func (p *Place) first(m *moment) {
	if len(p.Firsts) < youth {
		p.Firsts = append(p.Firsts, m.ref)
	}
}

func valued(p *Place) bool {
	for i := range p.cells {
		if p.cells[i].comparable() {
			return true
		}
	}
	return false
}

// pair makes a pair of two places that have the same value now, unless there is one.
func (r *reading) pair(p, q *Place) {
	if len(r.Pairs) == mostPairs || !pairable(p, q) {
		if p, q = q, p; !pairable(p, q) {
			return
		}
	}
	if len(q.cells) != 1 || !agree(p, &q.cells[0]) {
		return
	}
	key := [2]int32{p.ID, q.ID}
	if r.paired[key] {
		return
	}
	if len(r.Pairs) == mostPairs {
		r.Full = true
		return
	}
	if r.paired == nil {
		r.paired = make(map[[2]int32]bool)
	}
	r.paired[key] = true
	pair := &Pair{A: p.ID, B: q.ID}
	younger := p
	if q.Valued < p.Valued {
		younger = q
	}
	broke := r.both(p.Valued, q.Valued) // where they were not the same
	var refs []Ref
	if broke == younger.Valued-1 {
		refs = younger.Firsts
	}
	pair.Claim.before(broke, refs)
	pair.Claim.observe(r.m, true, "")
	r.Pairs = append(r.Pairs, pair)
}

// both is in how many calls before this one two things were at least, that have been in so many with it.
func (r *reading) both(n, m int) int { return max(0, n-1+m-1-(r.Read-1)) }

func agree(p *Place, with *scalar) bool {
	for i := range p.cells {
		if c := &p.cells[i]; c.kind != null && (c.hash != with.hash || !c.comparable()) {
			return false
		}
	}
	return valued(p) && with.comparable()
}

// pairable is true if a rule may say that all values at p are the one at q.
func pairable(p, q *Place) bool {
	if q.Multi || q.Group >= 0 || !q.Part.caller() && !q.Part.request() && !q.Part.response() ||
		q.Part == requestHeaderPart {
		return false
	}
	if p.Group >= 0 {
		return p.Part.request() && !q.Part.caller() || p.Part.response() && !q.Part.response() || p.Part == wherePart || p.Part == setPart
	}
	switch {
	case !p.Part.request() && !p.Part.response() || p.Part == requestHeaderPart:
		return false
	case p.Part.response() && q.Part.response():
		return false
	case p.Multi:
		return true
	}
	return rank(p) > rank(q) || rank(p) == rank(q) && p.ID > q.ID
}

// rank orders places by how well they say where a value is from: what the telemetry says of the user, the path, the rest
// of the request, the answer.
func rank(p *Place) int {
	switch p.Part {
	case userPart, sessionPart:
		return 0
	case pathPart:
		return 1
	case queryPart:
		return 2
	case requestPart:
		return 3
	}
	return 4
}
