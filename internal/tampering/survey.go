package tampering

import (
	"time"
)

// Survey is what a whole recording shows of its application, so that tampering is wrong by construction: what values
// fields have, who saw which ids, what prices go with what, which values are handed on to which child calls, and what
// answers there are. It is the tamperer's knowledge, which nothing that is judged ever sees.
type Survey struct {
	fields  map[fieldKey]*fieldFacts
	apis    map[string]*apiFacts
	sights  map[string]*sight              // by id
	victims map[string][]use               // calls at the front door by field and value
	objects prices                         // that answers showed
	bills   map[fieldKey][]bill            // money in requests
	costs   map[fieldKey][]tariff          // what determines it
	flows   map[string]map[edge]*flow      // by the API at the front door
	seen    map[string]map[string]int      // traces with a source or target, by the API at the front door
	echoes  map[edge]*flow                 // between request and answer of one API
	held    map[string]int                 // calls with a value, by API and path
	empty   map[string]*answer             // the shortest answers without ids, by API
	onward  map[string]map[string][]string // targets of flows by the API at the front door and the source
	pairs   map[string]*pair               // of members of bodies at the front door
	traces  []Trace
	next    int // number of the trace that is looked at
}

type fieldKey struct{ api, path string }

// apiFacts are about an API at the front door.
type apiFacts struct {
	calls   int
	bodies  int             // that are objects
	members map[string]bool // of these
}

// sight is where an id was seen.
type sight struct {
	traces int              // with it
	last   int              // trace
	users  map[string]int   // traces by user, "" for nobody
	first  map[string]int64 // when, by user
}

// use is a call at the front door with some value in a field.
type use struct {
	user  string
	start int64
	trace int
	shape string // of the trace
}

// answer is what a call was answered.
type answer struct {
	status int64
	body   *value
	size   int
}

// NewSurvey looks at all traces of a recording.
func NewSurvey(traces []Trace) *Survey {
	s := &Survey{
		fields: make(map[fieldKey]*fieldFacts), apis: make(map[string]*apiFacts), sights: make(map[string]*sight),
		victims: make(map[string][]use), objects: make(prices), bills: make(map[fieldKey][]bill), costs: make(map[fieldKey][]tariff),
		flows: make(map[string]map[edge]*flow), seen: make(map[string]map[string]int), echoes: make(map[edge]*flow),
		held: make(map[string]int), empty: make(map[string]*answer), pairs: make(map[string]*pair), traces: traces,
	}
	for i := range traces {
		s.next = i + 1
		s.look(newScene(&traces[i]), i)
	}
	s.conclude()
	return s
}

func (s *Survey) look(sc *scene, trace int) {
	for _, c := range sc.calls {
		user := c.user
		if user == "" && sc.front != nil {
			user = sc.front.user
		}
		fields, answer := c.fields(), c.answer()
		s.see(user, user, c.start)
		for _, l := range fields {
			s.seeLeaf(&l, user, c.start)
		}
		for _, l := range answer {
			s.seeLeaf(&l, user, c.start)
			if l.value.kind == object {
				s.objects.add(l.value)
			}
		}
		s.echo(c.api, fields, answer)
		s.remember(c, answer)
	}
	if sc.front == nil {
		return
	}
	s.frontDoor(sc.front, trace, shapeOf(sc))
	s.hand(sc)
}

func (s *Survey) seeLeaf(l *leaf, user string, at int64) {
	if l.value.scalar() && distinctive(l.value) {
		s.see(l.value.key(), user, at)
	}
}

// see notes that a user saw an id.
func (s *Survey) see(id, user string, at int64) {
	if id == "" {
		return
	}
	x := s.sights[id]
	if x == nil {
		x = &sight{first: make(map[string]int64), users: make(map[string]int)}
		s.sights[id] = x
	}
	if x.last != s.next {
		x.last = s.next
		x.traces++
		x.users[user]++
	}
	if first, known := x.first[user]; !known || at < first {
		x.first[user] = at
	}
}

// frontDoor notes what fields of a call at the front door have.
func (s *Survey) frontDoor(c *call, trace int, shape string) {
	a := s.apis[c.api]
	if a == nil {
		a = &apiFacts{members: make(map[string]bool)}
		s.apis[c.api] = a
	}
	a.calls++
	if c.request != nil && c.request.kind == object {
		a.bodies++
		for _, name := range c.request.names {
			a.members[name] = true
		}
		s.pair(c)
	}
	day := time.Unix(0, c.start).UTC().Format(time.DateOnly)
	for _, l := range c.fields() {
		key := fieldKey{c.api, l.path}
		f := s.fields[key]
		if f == nil {
			f = newFieldFacts()
			s.fields[key] = f
		}
		f.add(l.value, c.user, day)
		if l.value.scalar() && l.value.kind != null && l.value.text != "" && c.user != "" {
			k := useKey(key, l.value)
			s.victims[k] = append(s.victims[k], use{c.user, c.start, trace, shape})
		}
		if l.value.isNumber() && isMoney(l.name()) {
			s.bills[key] = append(s.bills[key], newBill(c, l.value))
		}
	}
}

// pair is how often two members were there together, and the same.
type pair struct{ both, equal int }

func pairKey(api, one, other string) string {
	return api + "\x00" + min(one, other) + "\x00" + max(one, other)
}

func (s *Survey) pair(c *call) {
	for i, one := range c.request.items {
		for j, other := range c.request.items[:i] {
			if one.kind != text || other.kind != text || one.text == "" || other.text == "" {
				continue
			}
			key := pairKey(c.api, c.request.names[i], c.request.names[j])
			if s.pairs[key] == nil {
				s.pairs[key] = new(pair)
			}
			s.pairs[key].both++
			if one.text == other.text {
				s.pairs[key].equal++
			}
		}
	}
}

func useKey(f fieldKey, v *value) string { return f.api + "\x00" + f.path + "\x00" + v.key() }

// remember keeps the shortest answer of an API that has no ids in it: what it answers where nothing is found.
func (s *Survey) remember(c *call, answered []leaf) {
	if c.response == nil {
		return
	}
	for i := range answered {
		if answered[i].value.scalar() && distinctive(answered[i].value) {
			return
		}
	}
	a := answerOf(c)
	if old := s.empty[c.api]; old == nil || a.size < old.size {
		s.empty[c.api] = a
	}
}

func answerOf(c *call) *answer {
	a := &answer{body: c.response, size: len(c.response.append(nil))}
	if v, ok := c.span.Attributes().Get(statusCode); ok {
		a.status = v.Int()
	}
	return a
}
