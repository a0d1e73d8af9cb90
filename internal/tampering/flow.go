package tampering

import (
	"slices"
)

// edge leads from a value to another one that is made from it.
type edge struct{ from, to string } // each "POST /orders req.body.price"

// flow is how often the two were the same.
type flow struct {
	equal  int
	first  string
	varied bool // there were several values
}

func (f *flow) add(key string) {
	f.equal++
	if f.equal == 1 {
		f.first = key
	}
	f.varied = f.varied || f.first != key
}

// carries is true if, of all times that both were there, they were the same: several values, or one that is telling
// and has such a name in both places.
func (f *flow) carries(e edge, from, to int) bool {
	both := min(from, to)
	return f.equal >= 3 && f.equal*50 >= both*49 && (f.varied || len(f.first) > 2 && alike(lastName(e.from), lastName(e.to)))
}

// alike is true for names that end in the same word: foodPrice and price.
func alike(a, b string) bool {
	one, other := words(a), words(b)
	return len(one) > 0 && len(other) > 0 && one[len(one)-1] == other[len(other)-1]
}

func (l *leaf) in(api string) string { return api + " " + l.path }

// telling is true for a value that is not the same as others by being nothing, true or false.
func telling(v *value) bool {
	return v.kind == number || v.kind == text && v.text != ""
}

// hand notes which values of requests and answers come again in the requests of child calls.
func (s *Survey) hand(sc *scene) {
	api := sc.front.api
	flows, seen := s.flows[api], s.seen[api]
	if flows == nil {
		flows, seen = make(map[edge]*flow), make(map[string]int)
		s.flows[api], s.seen[api] = flows, seen
	}
	targets := make(map[string]map[string]bool) // by value
	sources := make(map[string]map[string]bool) // values by source
	note := func(name string, v *value) {
		if sources[name] == nil {
			sources[name] = make(map[string]bool)
		}
		sources[name][v.key()] = true
	}
	for _, c := range sc.calls {
		for _, l := range c.fields() {
			if !telling(l.value) {
				continue
			}
			name := l.in(c.api)
			note(name, l.value)
			if c == sc.front {
				continue
			}
			if targets[l.value.key()] == nil {
				targets[l.value.key()] = make(map[string]bool)
			}
			targets[l.value.key()][name] = true
		}
		for _, l := range c.answer() {
			if telling(l.value) && l.lists == 0 {
				note(l.in(c.api), l.value)
			}
		}
	}
	for _, st := range sc.statements {
		for _, p := range st.parameters {
			if !telling(p.value) {
				continue
			}
			name := st.place(p.name)
			note(name, p.value)
			if targets[p.value.key()] == nil {
				targets[p.value.key()] = make(map[string]bool)
			}
			targets[p.value.key()][name] = true
		}
	}
	for name := range sources {
		seen[name]++
	}
	join(flows, sources, targets)
}

func join(flows map[edge]*flow, sources, targets map[string]map[string]bool) {
	for from, values := range sources {
		same := make(map[string]string)
		for key := range values {
			for to := range targets[key] {
				if to != from {
					same[to] = key
				}
			}
		}
		for to, key := range same {
			e := edge{from, to}
			if flows[e] == nil {
				flows[e] = new(flow)
			}
			flows[e].add(key)
		}
	}
}

// echo notes which values of a request come again in its own answer.
func (s *Survey) echo(api string, fields, answer []leaf) {
	at := make(map[string][]string) // paths by value
	for i := range answer {
		l := &answer[i]
		if telling(l.value) && l.lists == 0 {
			at[l.value.key()] = append(at[l.value.key()], l.in(api))
			s.held[l.in(api)]++
		}
	}
	for i := range fields {
		l := &fields[i]
		if !telling(l.value) {
			continue
		}
		s.held[l.in(api)]++
		for _, to := range at[l.value.key()] {
			e := edge{l.in(api), to}
			if s.echoes[e] == nil {
				s.echoes[e] = new(flow)
			}
			s.echoes[e].add(l.value.key())
		}
	}
}

// conclude finds the flows that held, and which fields have ids that others know.
func (s *Survey) conclude() {
	s.onward = make(map[string]map[string][]string)
	for front, flows := range s.flows {
		onward := make(map[string][]string)
		for e, f := range flows {
			if f.carries(e, s.seen[front][e.from], s.seen[front][e.to]) {
				onward[e.from] = append(onward[e.from], e.to)
			}
		}
		for from := range onward {
			slices.Sort(onward[from])
		}
		s.onward[front] = onward
	}
	s.flows = nil
	for _, f := range s.fields {
		f.judge(s.sights)
	}
	s.findPrices()
}

// echoed is true if the answer repeats a value of the request there.
func (s *Survey) echoed(from, to string) bool {
	e := edge{from, to}
	f := s.echoes[e]
	return f != nil && f.carries(e, s.held[from], s.held[to])
}
