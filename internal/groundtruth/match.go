package groundtruth

import (
	"slices"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// Rule is why a finding belongs to an attack.
type Rule string

// The rules, the strongest first; the documentation of the package has them in full.
const (
	ByTrace   Rule = "trace"   // it names the trace of a labelled call
	ByClient  Rule = "client"  // its client made labelled calls in its window
	ByService Rule = "service" // the attack loaded the service in its window
	ByNone    Rule = ""        // it belongs to no attack
)

// majority of the calls of a window outweighs the clients that a finding names.
const majority = 0.5

// matcher finds the attacks that one finding belongs to.
type matcher struct {
	*truth
	options Options
	finding *Finding
	window  span // in which the calls that it is about were sent
	found   map[int]Rule
}

// match returns the attacks that a finding belongs to, in order, and the strongest rule by which it does.
func (t *truth) match(f *Finding, o Options) (attacks []int, by Rule) {
	m := matcher{truth: t, options: o, finding: f, found: make(map[int]Rule)}
	m.window = span{f.WindowStart.Add(-o.Lateness), f.WindowEnd}
	m.trace()
	if f.Kind != string(anomaly.Invariant) {
		m.examples()
		m.clients()
		m.service()
	}
	for n, rule := range m.found {
		attacks = append(attacks, n)
		if by == ByNone || rule == ByTrace {
			by = rule
		}
	}
	slices.Sort(attacks)
	return attacks, by
}

// credit gives the finding to an attack, unless the attack was still to come.
func (m *matcher) credit(n int, rule Rule) {
	if end := m.finding.WindowEnd; !end.IsZero() && end.Before(m.attacks[n].first) {
		return
	}
	if _, known := m.found[n]; !known {
		m.found[n] = rule
	}
}

func (m *matcher) trace() {
	for _, n := range m.byTrace[m.finding.Trace] {
		m.credit(n, ByTrace)
	}
}

func (m *matcher) examples() {
	for _, trace := range m.finding.Traces {
		for _, n := range m.byTrace[trace] {
			if m.loads(n, m.options.Share) {
				m.credit(n, ByTrace)
			}
		}
	}
}

func (m *matcher) clients() {
	for _, client := range m.accused() {
		for n, calls := range m.byClient[client] {
			if calls.in(m.window) > 0 && m.loads(n, m.options.Share) {
				m.credit(n, ByClient)
			}
		}
	}
}

// service gives a flood that nobody is named for to the attack that is loudest.
func (m *matcher) service() {
	if len(m.found) > 0 || !m.wholeService() || m.finding.Service == "" {
		return
	}
	share := m.options.Share
	if slices.ContainsFunc(m.finding.Clients, func(s anomaly.Share) bool { return outside(s.Name) }) {
		if m.finding.Calls == 0 {
			return
		}
		share = max(share, majority)
	}
	loudest, most := 0, 0
	for n, a := range m.attacks {
		if calls := a.calls.in(m.window); calls > most && a.expects(string(anomaly.DoS)) && m.loads(n, share) {
			loudest, most = n, calls
		}
	}
	if most > 0 {
		m.credit(loudest, ByService)
	}
}

// accused are the clients that the finding is about.
func (m *matcher) accused() []string {
	if m.finding.Client != "" {
		return []string{address(m.finding.Client)}
	}
	named := int64(0)
	for _, s := range m.finding.Clients {
		named += s.Calls
	}
	var clients []string
	for _, s := range m.finding.Clients {
		if s.Calls > 0 && float64(s.Calls) >= m.options.Share*float64(named) {
			clients = append(clients, address(s.Name))
		}
	}
	return clients
}

// wholeService reports whether the finding is about the calls of a service, whoever made them.
func (m *matcher) wholeService() bool {
	return m.finding.Kind == string(anomaly.DoS) && m.finding.Client == ""
}

// loads reports whether the attack made a share of the calls that a verdict on a whole service counts, as far as it
// counts any.
func (m *matcher) loads(n int, share float64) bool {
	if !m.wholeService() || m.finding.Calls == 0 {
		return true
	}
	return float64(m.attacks[n].calls.in(m.window)) >= share*float64(m.finding.Calls)
}
