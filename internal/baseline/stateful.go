package baseline

import (
	"cmp"
	"slices"
	"strings"
)

// earlierCalls makes rules about what earlier calls have shown.
func (b *builder) earlierCalls() {
	var links []*Link
	user := b.user()
	for _, l := range b.api.Links {
		switch {
		case b.collection(l).Into > 0:
		case l.Own:
			b.once(l, b.collection(l), b.api.Places[l.Place])
		case b.same.find(l.Place) != user && b.api.Places[l.Place].identifies(): // who calls is known without
			links = append(links, l)
		}
	}
	b.joined(links)
	for _, l := range links {
		for _, j := range l.Bounds {
			b.bound(j, l)
		}
	}
	if b.api.changes() { // what is read may be in any state
		for _, l := range links {
			b.states(l, b.collection(l), b.api.Places[l.Place])
		}
	}
	b.shownOnes(links)
	b.existing(links)
}

// existing makes for each argument that identifies something the rule that there is such a thing.
func (b *builder) existing(links []*Link) {
	links = slices.Clone(links)
	slices.SortStableFunc(links, func(x, y *Link) int { return y.Found.Held.Sessions - x.Found.Held.Sessions })
	told := make(map[int32]bool)
	for _, l := range links {
		p, c := b.api.Places[l.Place], b.collection(l)
		if told[p.ID] || !l.Found.alive() || l.LastUnknown*10 > l.Found.Held.Sessions || l.Keys.distinct() < leastThings || newcomer(p.Name) {
			continue
		}
		cand := &candidate{
			kind: "related-API", what: idOf(p.longPath()) + "-exists",
			check: "has(" + member(b.lookup("row", c, p), c.written(c.Key)) + ")", when: p.given(),
			message:  p.name() + " stands for nothing that there is",
			sentence: p.name() + " stands for something that an earlier call has shown",
			evidence: evidenceOf(&l.Found, l.Keys.distinct()), refs: l.Found.Refs, found: l.Found.Found, least: leastOften,
			uses: []use{{c, c.Key}},
		}
		told[p.ID] = b.consider(cand)
	}
}

// newcomer is true for what people are called by when they log in: every day there are new ones.
func newcomer(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"user", "login", "mail"}, func(word string) bool { return strings.Contains(name, word) })
}

// identifies is true for an argument that looks like the name of a thing: a small number is found among the ids of most
// collections.
func (p *Place) identifies() bool {
	n := keyRank(p.Name)
	return p.Part == pathPart || n >= 0 && n <= 2 || p.Column.holds(text) && !p.Column.Forms[numberForm].alive()
}

// user is the class of places that are the caller; -1 if the caller is not known.
func (b *builder) user() int32 {
	if id := b.api.roots[userPart]; id > 0 {
		return b.same.find(id - 1)
	}
	return -1
}

func (b *builder) collection(l *Link) *Collection { return b.learner.scene.Collections[l.Collection] }

// about is an argument that identifies something, and what a rule says of it.
type about struct {
	key, place int32
	caller     bool // of an earlier call, not a field of its answer
}

// linkedJoin is a join with its link.
type linkedJoin struct {
	*Join
	link *Link
}

// joined makes the rules that a field of the row is what the call says, of several that say the same the one that was seen
// to hold most often.
func (b *builder) joined(links []*Link) {
	var all []linkedJoin
	user := b.user()
	for _, l := range links {
		for _, j := range l.Joins {
			all = append(all, linkedJoin{j, l})
		}
	}
	slices.SortStableFunc(all, func(x, y linkedJoin) int {
		return cmp.Or(y.Claim.Held.Sessions-x.Claim.Held.Sessions, rank(b.api.Places[x.Place])-rank(b.api.Places[y.Place]))
	})
	told := b.joins
	for _, j := range all {
		a := about{b.same.find(j.link.Place), b.same.find(j.Place), isCaller(b.collection(j.link).Names[j.Field])}
		if a.caller && (a.place != user || b.blurred(b.collection(j.link).Names[j.Field])) {
			continue
		}
		if a.key == a.place || told[a] {
			b.result.Counts.Candidates++
			b.result.Counts.RejectedBy[whyImplied]++
			continue
		}
		told[a] = b.join(j.Join, j.link)
	}
}

// blurred is true if the field has whom several APIs have shown a row last, since rules cannot tell their routes apart.
func (b *builder) blurred(field string) bool {
	for a := range b.overlaps {
		if a.callerField() == field {
			return true
		}
	}
	return false
}

// shownOnes makes for each argument that identifies something the rule that the caller was shown that, unless a rule says
// whose it is.
func (b *builder) shownOnes(links []*Link) {
	links = slices.Clone(links)
	slices.SortStableFunc(links, func(x, y *Link) int { return y.Shown.Held.Sessions - x.Shown.Held.Sessions })
	told := make(map[int32]bool)
	for _, l := range links {
		p, c := b.api.Places[l.Place], b.collection(l)
		if told[p.ID] || keyRank(c.Key) > 1 || keyRank(p.Name) > 1 || keyRank(p.Name) < 0 || b.owned[p.ID] || p.Column.Forms[numberForm].alive() || p.Column.Shortest < unguessable {
			continue
		}
		told[p.ID] = b.shown(l, c, p)
	}
}

// lookup is a rule's way to a collection, by the value at a place.
func (b *builder) lookup(function string, c *Collection, p *Place) string {
	return function + "(" + quoted(c.Name) + ", " + p.path("") + ")"
}

// given writes when a place says something.
func (p *Place) given() string {
	x := p.path("")
	switch {
	case p.Nulls && p.Empty:
		return x + " != null && " + x + ` != ""`
	case p.Nulls:
		return x + " != null"
	case p.Empty:
		return x + ` != ""`
	}
	return ""
}

// join makes the rule that a field of the row is what the call says.
func (b *builder) join(j *Join, l *Link) bool {
	c, p, q := b.collection(l), b.api.Places[l.Place], b.api.Places[j.Place]
	field := c.Names[j.Field]
	if strings.EqualFold(field, c.Key) {
		return false // the key itself
	}
	cand := &candidate{
		kind: "related-API", what: idOf(q.longPath()) + "-is-" + idOf(c.Name+"-"+field),
		check:    "same(" + member(b.lookup("row", c, p), c.written(field)) + ", " + q.path("") + ")",
		when:     and(p.given(), q.given()),
		message:  q.name() + " is not the " + field + " of what " + p.name() + " stands for",
		sentence: q.name() + " is the " + field + " that earlier calls showed for " + p.name(),
		evidence: evidenceOf(&j.Claim, l.Keys.distinct()), refs: j.Claim.Refs, found: j.Claim.Found, least: leastSessions,
		uses: []use{{c, field}}, exact: true,
	}
	if q.Part == userPart {
		cand.kind = "environment"
	}
	if isCaller(field) {
		api := strings.TrimPrefix(field, callerPrefix)
		cand.message = "what " + p.name() + " stands for was last shown to somebody else by " + api
		cand.sentence = q.name() + " is whom " + api + " has last shown what " + p.name() + " stands for"
		cand.what = idOf(p.longPath()) + "-last-shown-to-caller-by-" + idOf(api)
		cand.quiet = true
	}
	if !c.steady(j.Field) {
		cand.why = whyUnsteady
	} else if chanceHolds(float64(j.Alike+1)/float64(j.Decoys+2), j.Claim.Held.Sessions) {
		cand.why = whyChance
	}
	if !b.consider(cand) {
		return false
	}
	if b.same.find(q.ID) == b.user() {
		b.owned[p.ID] = true
	}
	return true
}

// bound makes the rule that a number of the call is at most what the row says.
func (b *builder) bound(j *Join, l *Link) {
	c, p, q := b.collection(l), b.api.Places[l.Place], b.api.Places[j.Place]
	field := c.Names[j.Field]
	if !j.Claim.alive() || b.joins[about{key: b.same.find(p.ID), place: b.same.find(q.ID)}] {
		return // it is the very same
	}
	cand := &candidate{
		kind: "related-API", what: idOf(q.longPath()) + "-within-" + idOf(c.Name+"-"+field),
		check:    q.path("") + " <= " + member(b.lookup("row", c, p), c.written(field)),
		when:     and(p.given(), q.given()),
		message:  q.name() + " is more than the " + field + " of what " + p.name() + " stands for",
		sentence: q.name() + " is at most the " + field + " that earlier calls showed for " + p.name(),
		evidence: evidenceOf(&j.Claim, l.Keys.distinct()), refs: j.Claim.Refs, found: j.Claim.Found, least: leastOften,
		uses: []use{{c, field}},
	}
	if j.Reached < leastReached || q.Column.Values.distinct() < leastMeasures || keyRank(field) >= 0 && keyRank(field) <= 1 || keyRank(q.Name) >= 0 && keyRank(q.Name) <= 1 ||
		chanceHolds(float64(j.Alike+1)/float64(j.Decoys+2), j.Claim.Held.Sessions) {
		cand.why = whyChance
	} else if !c.steady(j.Field) {
		cand.why = whyUnsteady
	}
	b.consider(cand)
}

// states makes the rules that a field of the row is in a state.
func (b *builder) states(l *Link, c *Collection, p *Place) {
	for _, s := range l.States {
		v := &s.Values
		field := c.Names[s.Field]
		if v.More || len(v.List) > mostStates || strings.EqualFold(field, c.Key) || !stateful(field, v) {
			continue
		}
		all := &c.Values[s.Field]
		share := 0.0
		for i := range all.List {
			if slices.ContainsFunc(v.List, func(x Value) bool { return x.Hash == all.List[i].Hash }) {
				share += all.share(i)
			}
		}
		x := member(b.lookup("row", c, p), c.written(field))
		cand := &candidate{
			kind: "related-API", what: idOf(p.longPath()) + "-has-" + idOf(field) + "-of-" + idOf(c.Name),
			check: oneOf(x, v), when: p.given(),
			message:  "the " + field + " of what " + p.name() + " stands for is none that it has in such calls",
			sentence: "the " + field + " of what " + p.name() + " stands for is " + spoken(v),
			evidence: setEvidence(v), least: leastStates, why: setWhy(v, v), uses: []use{{c, field}},
		}
		if all.More || len(all.List) > mostInSet || chanceHolds(share, v.Seen.Sessions) {
			cand.why = whyChance
		}
		b.consider(cand)
	}
}

// stateful is true for a field that tells what has been done with a thing, rather than what it is.
func stateful(name string, v *Values) bool {
	if v.List[0].Kind == boolean {
		return true
	}
	name = strings.ToLower(name)
	return !identifying(v) && slices.ContainsFunc(stateWords, func(word string) bool { return strings.Contains(name, word) })
}

// stateWords are in names of fields that tell a state.
var stateWords = []string{"status", "state", "phase", "stage", "paid", "open", "closed", "locked", "cancel", "active", "step", "progress"}

// identifying is true for values that are no states: dates and identifiers.
func identifying(v *Values) bool {
	return slices.ContainsFunc(v.List, func(x Value) bool { return uuidForm.has(x.Text) || dateForm.has(x.Text) })
}

// mostStates is how many values of a field of the row a rule names.
const mostStates = 6

// shown makes the rule that the caller has been shown what it asks for.
func (b *builder) shown(l *Link, c *Collection, p *Place) bool {
	if l.Shown.Held.Calls == 0 || !l.Shown.alive() {
		return false
	}
	cand := &candidate{
		kind: "related-API", what: idOf(p.longPath()) + "-was-shown-" + idOf(c.Name),
		check: b.lookup("shown", c, p), when: p.given(),
		message:  p.name() + " is nothing that the caller has been shown",
		sentence: "the caller has been shown what " + p.name() + " stands for",
		evidence: evidenceOf(&l.Shown, l.Keys.distinct()), refs: l.Shown.Refs, found: l.Shown.Found, least: leastOften,
		uses: []use{{c, ""}},
	}
	agreement := float64(l.DecoyShown.Calls+1) / float64(l.Decoys.Calls+2)
	if chanceHolds(agreement, l.Shown.Held.Sessions) {
		cand.why = whyChance
	}
	return b.consider(cand)
}

// once makes the rule that a thing is done once.
func (b *builder) once(l *Link, c *Collection, p *Place) {
	if b.overlaps[b.api] || !once[b.api.Method] || p.Column.Values.Seen.Calls == 0 || b.same.find(p.ID) == b.user() {
		return
	}
	claim := Claim{Held: p.Column.Values.Seen, Broke: l.Found.Held}
	claim.Refs, claim.Found = l.Again.Refs, l.Again.Found
	cand := &candidate{
		kind: "related-API", what: idOf(p.longPath()) + "-once",
		check: "!has(" + member(b.lookup("row", c, p), c.written("call.start")) + ")", when: p.given(),
		message:  "the same call for " + p.name() + " was made before",
		sentence: "for each " + p.name() + " there is one such call",
		evidence: evidenceOf(&claim, p.Column.Values.distinct()), refs: claim.Refs, found: claim.Found, least: leastOnce,
		uses: []use{{c, "call.start"}},
	}
	if p.Column.Values.distinct() < leastOnce {
		cand.why = whyChance
	}
	b.consider(cand)
}

// once are the methods of what is not just said again: to put something twice is no other than once (RFC 9110, section 9.2.2).
var once = map[string]bool{"POST": true, "DELETE": true}

// leastOnce is how many different things must have been done once each.
const leastOnce = 30

// unguessable is how long an id is at least that nobody tries out: who knows it has been shown it.
const unguessable = 8
