package tampering

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// Copy is a copy of a whole trace, in which a field of the call at the front door was tampered with, or nothing was.
type Copy struct {
	Trace Trace
	Of    int    // number of the original among the traces that were given
	Call  string // span id of the call at the front door in the copy, hexadecimal
	API   string // "POST /orders/{id}"
	Field string // req.body.price
	Kind  string // of [Kinds]
	Hard  bool
	Sham  bool // nothing was changed
	// Fields are those that were changed, in this call and in all that follow from it.
	Fields []Tampered
	// Answers are the values of answers that are others because of that.
	Answers []Tampered
	// Old and New are the values in the field, as people write them, cut to some length.
	Old, New string
}

// Settings are how many copies are made and where.
type Settings struct {
	Seed uint64
	// Copies are how many tampered copies are made, as far as there are places for them. There are as many shams.
	Copies int
	// PerField is the largest number of copies of one kind for one field.
	PerField int
	// Shift is how much later a copy is than its original, in ns. It is so small that both happen at once: the one does
	// not know of what the other did. Replays are made later than that.
	Shift int64
	// KeepAnswers leaves all answers but those of the owners of ids as they were recorded, which is simpler to find: an
	// answer often repeats what was asked for.
	KeepAnswers bool
	// Without are names of kinds that are left out.
	Without []string
}

// DefaultSettings make a thousand copies.
func DefaultSettings() Settings {
	return Settings{Seed: 1, Copies: 1000, PerField: 12, Shift: 1000}
}

// candidate is a field that may be tampered with so.
type candidate struct {
	trace int
	path  string
	kind  int
}

// Tamper makes tampered copies of whole traces, and after each one a sham. It takes kinds in turn, of each kind the API,
// and of that the field, that has the fewest copies so far. The same traces and settings make the same copies.
func (s *Survey) Tamper(traces []Trace, settings Settings) []Copy {
	kinds := Kinds()
	rng := rand.New(rand.NewPCG(settings.Seed, 0x7a3b)) //nolint:gosec // a sample, no secret
	lots := s.candidates(traces, kinds, settings, rng)
	var copies []Copy
	for len(copies) < 2*settings.Copies {
		lot := lots.next(settings.PerField)
		if lot == nil {
			break
		}
		c := lot.take()
		tampered, ok := s.tampered(traces, c, &kinds[c.kind], settings, rng)
		if !ok {
			continue
		}
		lots.count(lot)
		copies = append(copies, tampered, s.sham(traces, &tampered, settings, rng))
	}
	return copies
}

// lot are the candidates of one kind, API and field.
type lot struct {
	kind, api, field string
	order            uint64 // by chance
	left             []candidate
	made             int
}

func (l *lot) take() candidate {
	last := len(l.left) - 1
	c := l.left[last]
	l.left = l.left[:last]
	return c
}

// lots are all of them, with how many copies there are.
type lots struct {
	all   []*lot
	kinds map[string]int
	apis  map[string]int // by kind and API
}

func (ls *lots) next(perField int) *lot {
	var best *lot
	for _, l := range ls.all {
		if len(l.left) > 0 && l.made < perField && (best == nil || ls.compare(l, best) < 0) {
			best = l
		}
	}
	return best
}

func (ls *lots) compare(a, b *lot) int {
	return cmp.Or(cmp.Compare(ls.kinds[a.kind], ls.kinds[b.kind]),
		cmp.Compare(ls.apis[a.kind+a.api], ls.apis[b.kind+b.api]), cmp.Compare(a.made, b.made), cmp.Compare(a.order, b.order))
}

func (ls *lots) count(l *lot) {
	l.made++
	ls.kinds[l.kind]++
	ls.apis[l.kind+l.api]++
}

func (s *Survey) candidates(traces []Trace, kinds []Kind, settings Settings, rng *rand.Rand) *lots {
	ls := &lots{kinds: make(map[string]int), apis: make(map[string]int)}
	known := make(map[string]*lot)
	for i := range traces {
		sc := newScene(&traces[i])
		if sc.front == nil {
			continue
		}
		for _, l := range sc.front.fields() {
			if l.value.kind == text && masked.MatchString(l.value.text) {
				continue // and so would anything else be
			}
			at := s.spot(sc, &l, rng)
			for k := range kinds {
				if slices.Contains(settings.Without, kinds[k].Name) {
					continue
				}
				if _, ok := kinds[k].change(at); !ok {
					continue
				}
				key := kinds[k].Name + "\x00" + sc.front.api + "\x00" + l.path
				if known[key] == nil {
					known[key] = &lot{kind: kinds[k].Name, api: sc.front.api, field: l.path, order: rng.Uint64()}
					ls.all = append(ls.all, known[key])
				}
				known[key].left = append(known[key].left, candidate{i, l.path, k})
			}
		}
	}
	for _, l := range ls.all {
		rng.Shuffle(len(l.left), func(i, j int) { l.left[i], l.left[j] = l.left[j], l.left[i] })
	}
	return ls
}

func (s *Survey) spot(sc *scene, l *leaf, rng *rand.Rand) *spot {
	front := sc.front
	api := s.apis[front.api]
	if api == nil {
		api = new(apiFacts)
	}
	return &spot{leaf: l, survey: s, scene: sc, call: front, field: s.fields[fieldKey{front.api, l.path}], api: api, rng: rng}
}

// tampered makes one copy.
func (s *Survey) tampered(traces []Trace, c candidate, kind *Kind, settings Settings, rng *rand.Rand) (out Copy, ok bool) {
	out.Trace = copied(&traces[c.trace], settings.Shift, rng)
	sc := newScene(&out.Trace)
	for _, l := range sc.front.fields() {
		if l.path != c.path {
			continue
		}
		at := s.spot(sc, &l, rng)
		ch, ok := kind.change(at)
		if !ok {
			continue
		}
		out.Of, out.API, out.Kind, out.Hard = c.trace, sc.front.api, kind.Name, kind.Hard
		out.Call = sc.front.span.SpanID().String()
		out.Old = clip(l.value.String())
		t := &tampering{survey: s, scene: sc, nothing: ch.nothing, keep: settings.KeepAnswers}
		if ch.owner >= 0 {
			t.owner = newScene(&s.traces[ch.owner])
		}
		out.Field = t.apply(&l, ch)
		out.New = "(none)"
		if ch.value != nil {
			out.New = clip(ch.value.String())
		}
		out.Fields, out.Answers = t.fields, t.answers
		sc.front.changed = true
		sc.write()
		if ch.after {
			out.Trace.shift(traces[c.trace].End - traces[c.trace].Start + 1e9)
		}
		return out, true
	}
	return out, false
}

// apply changes the field and returns the path of what was tampered with.
func (t *tampering) apply(l *leaf, ch change) string {
	old := l.value.clone()
	switch {
	case ch.add != "":
		l.value.names = append(l.value.names, ch.add)
		l.value.items = append(l.value.items, ch.value)
		t.note(t.scene.front, l.path+"."+ch.add)
		return l.path + "." + ch.add
	case ch.after: // the same once more
		t.note(t.scene.front, l.path)
		return l.path
	case ch.value == nil:
		t.scene.front.remove(l)
		t.begin(l.path, old, new(value))
	default:
		*l.value = *ch.value.clone()
		t.begin(l.path, old, ch.value)
	}
	return l.path
}

// remove takes a field away.
func (c *call) remove(l *leaf) {
	if l.held != nil {
		l.held.names = slices.Delete(l.held.names, l.at, l.at+1)
		l.held.items = slices.Delete(l.held.items, l.at, l.at+1)
		return
	}
	c.query = slices.DeleteFunc(c.query, func(p parameter) bool { return p.value == l.value })
}

// sham copies the original of a tampered copy and writes what was there.
func (s *Survey) sham(traces []Trace, of *Copy, settings Settings, rng *rand.Rand) Copy {
	sham := *of
	sham.Sham, sham.Fields, sham.Answers, sham.New = true, nil, nil, of.Old
	sham.Trace = copied(&traces[of.Of], settings.Shift, rng)
	sc := newScene(&sham.Trace)
	sham.Call = sc.front.span.SpanID().String()
	for _, c := range sc.calls {
		c.changed = true
	}
	sc.write()
	return sham
}

func clip(s string) string {
	if len(s) > 60 {
		return s[:60] + "…"
	}
	return s
}
