package groundtruth

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

func join(lists ...[]Call) (all []Call) {
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// The attacks of these tests.
var (
	theft = burst("theft-1", "theft", thief, 60, 0, 10, "traffic")      // six a minute
	again = burst("theft-2", "theft", thief, 60, 0.5, 10.5, "low_rate") // the same address
	flood = burst("flood-1", "flood", flooder, 400, 2, 4, "dos")        // 200 a minute
	small = burst("flood-2", "flood", thief, 60, 3, 4, "dos")           // in the second minute of the flood
	fraud = burst("fraud-1", "fraud", customer, 3, 20, 23, "invariant") // one a minute
	brief = burst("brief-1", "brief", thief, 2, 0, 1.2)                 // the last one 24 s before the second minute
	some  = join(theft, flood, fraud)
)

// rule is a finding about those attacks, and what it belongs to.
type rule struct {
	name  string
	calls []Call
	event anomaly.Event
	want  string
}

func check(t *testing.T, rules []rule) {
	t.Helper()
	for _, test := range rules {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, []string{test.want}, told(judged(t, test.calls, Options{}, test.event)))
		})
	}
}

func with(e anomaly.Event, change func(*anomaly.Event)) anomaly.Event {
	change(&e)
	return e
}

func examples(e anomaly.Event, traces ...pcommon.TraceID) anomaly.Event {
	e.Links = links(traces)
	return e
}

// collapse is an alarm about a service that gets no calls any more.
func collapse(n float64, service string, clients ...anomaly.Share) anomaly.Event {
	return with(surge(n, service, 0, clients...), func(e *anomaly.Event) { e.Detector = "dos_factor" })
}

func by(client string, calls int64) anomaly.Share { return anomaly.Share{Name: client, Calls: calls} }

func TestRuleTrace(t *testing.T) {
	stranger := pcommon.TraceID{1, 2, 3}
	alarming := func(e *anomaly.Event) { e.State, e.Begun = anomaly.Begun, e.WindowStart }
	check(t, []rule{
		{"the condemned call is labelled", some, broken("theft-1", 5, 0.8), "cel: [theft-1] (trace)"},
		{"the condemned call is nobody's", some, broken("unknown", 5, 0.8), "cel: false"},
		{"nobody's, with a labelled example", some, examples(broken("unknown", 5, 0.8), traceOf("theft-1", 5)), "cel: false"},
		{"nobody's, as an alarm about the attacker", theft, with(broken("unknown", 1, 1.5), alarming), "cel: false"},
		{"condemned before the attack", fraud, broken("fraud-1", 0, 19.9), "cel: false"},
		{"a client by another name, labelled example", some, slow(1, "user 17", traceOf("theft-1", 7)), "low_rate: [theft-1] (trace)"},
		{"a client by another name, other example", some, slow(1, "user 17", stranger), "low_rate: false"},
		{"one of two examples", some, slow(1, customer, stranger, traceOf("theft-1", 7)), "low_rate: [theft-1] (trace)"},
		{"a flood of others", theft, examples(surge(3, "account", 900), traceOf("theft-1", 20)), "total_calls: false"},
		{"a flood partly by the thief", theft, examples(surge(3, "account", 40), traceOf("theft-1", 20)), "total_calls: [theft-1] (trace)"},
		{"a flood whose calls are not counted", theft, examples(collapse(3, "account"), traceOf("theft-1", 20)), "dos_factor: [theft-1] (trace)"},
	})
}

func TestRuleClient(t *testing.T) {
	innocent := func(e *anomaly.Event) { e.Client = customer }
	forest := func(e *anomaly.Event) { e.Kind, e.Detector = anomaly.Traffic, "forest" }
	check(t, []rule{
		{"the client in its window", some, slow(3, thief), "low_rate: [theft-1] (client)"},
		{"found by a detector of another kind", some, with(slow(3, thief), forest), "forest: [theft-1] (client)"},
		{"in another spelling", burst("a-1", "a", "2001:DB8:0::9", 9, 0, 1), slow(0, "2001:db8::9"), "low_rate: [a-1] (client)"},
		{"the right client too late", some, slow(12, thief), "low_rate: false"},
		{"the right client too early", fraud, slow(18, customer), "low_rate: false"},
		{"one window before", fraud, slow(19, customer), "low_rate: false"},
		{"in its first window", fraud, slow(20, customer), "low_rate: [fraud-1] (client)"},
		{"a call shortly before the window", brief, slow(1, thief), "low_rate: [brief-1] (client)"},
		{"a call long before the window", brief, slow(2, thief), "low_rate: false"},
		{"the first call at the window's very end", theft, slow(-1, thief), "low_rate: false"},
		{"the wrong client at the right time", some, slow(3, customer), "low_rate: false"},
		{"two attacks of one client", join(theft, again), slow(3, thief), "low_rate: [theft-1 theft-2] (client)"},
		{"two, with an example of one", join(theft, again), slow(3, thief, traceOf("theft-2", 20)), "low_rate: [theft-1 theft-2] (trace)"},
		{"about another client than it names", flood, with(surge(2, "gateway", 10, by(flooder, 9)), innocent), "total_calls: false"},

		{"the busiest of the named", some, surge(2, "gateway", 210, by(flooder, 200), by(customer, 9)), "total_calls: [flood-1] (client)"},
		{"named for few of the calls", theft, surge(3, "gateway", 40, by(customer, 90), by(thief, 6)), "total_calls: false"},
		{"named for few calls of a wide flood", theft, surge(3, "gateway", 900, by(customer, 8), by(thief, 6)), "total_calls: false"},
		{"named for few calls of few", theft, surge(3, "gateway", 20, by(customer, 8), by(thief, 6)), "total_calls: [theft-1] (client)"},
		{"two floods", join(flood, small), surge(3, "gateway", 270, by(flooder, 200), by(thief, 60)), "total_calls: [flood-1 flood-2] (client)"},
		{"a collapse that names the flooder", some, collapse(3, "gateway", by(flooder, 200)), "dos_factor: [flood-1] (client)"},
		{"two windows after the flood", some, collapse(6, "gateway", by(flooder, 200)), "dos_factor: false"},
	})
}

func TestRuleService(t *testing.T) {
	crowd := burst("crowd-1", "crowd", "", 200, 2, 3, "dos")
	for i := range crowd {
		crowd[i].Client = fmt.Sprintf("203.0.113.%d", 100+i%100)
	}
	overflow := by("(clients beyond max_clients), about 99 addresses", 250)
	novelty := func(e *anomaly.Event) { e.Kind = "novelty" }
	check(t, []rule{
		{"behind the gateway, a sibling named", some, surge(2, "account", 250, by(sibling, 250)), "total_calls: [flood-1] (service)"},
		{"behind the gateway, nobody named", some, surge(2, "account", 250), "total_calls: [flood-1] (service)"},
		{"too many clients to name", some, surge(2, "gateway", 250, overflow), "total_calls: [flood-1] (service)"},
		{"a collapse during the flood", some, collapse(3, "account"), "dos_factor: [flood-1] (service)"},
		{"a collapse right after the flood", some, collapse(4, "account"), "dos_factor: [flood-1] (service)"},
		{"a collapse that names nothing, later", some, collapse(5, "account"), "dos_factor: false"},
		{"the window before the flood", flood, surge(1, "account", 90), "total_calls: false"},
		{"a quiet window", some, surge(15, "account", 90), "total_calls: false"},
		{"an attack that dos need not find", theft, surge(3, "account", 40), "total_calls: false"},
		{"a flood that is a small part of it", flood, surge(2, "account", 3000), "total_calls: false"},
		{"the louder of two floods", join(small, flood), surge(3, "account", 270), "total_calls: [flood-1] (service)"},
		{"an innocent is named", flood, surge(2, "gateway", 500, by(customer, 300)), "total_calls: false"},
		{"innocents are named among a crowd", crowd, surge(2, "gateway", 240, by(customer, 9)), "total_calls: [crowd-1] (service)"},
		{"innocents are named, calls are not counted", crowd, collapse(2, "gateway", by(customer, 9)), "dos_factor: false"},
		{"another kind of finding", flood, with(surge(2, "account", 250), novelty), "total_calls: false"},
		{"about no service", flood, surge(2, "", 250), "total_calls: false"},
		{"there was no attack", nil, surge(2, "account", 250), "total_calls: false"},
	})
}

func TestSettings(t *testing.T) {
	late := burst("a-1", "a", thief, 1, 0, 1)
	for name, test := range map[string]struct {
		options Options
		window  float64
		found   bool
	}{
		"30 s":                    {Options{}, 0.5, true},
		"half a minute and more":  {Options{}, 0.6, false},
		"longer":                  {Options{Lateness: 2 * time.Minute}, 1.9, true},
		"longer, and longer late": {Options{Lateness: 2 * time.Minute}, 2.1, false},
		"none":                    {Options{Lateness: -1}, 0, true},
		"none, and late":          {Options{Lateness: -1}, 0.1, false},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.found, judged(t, late, test.options, slow(test.window, thief)).Attacks[0].Found)
		})
	}

	named := surge(0, "gateway", 10, anomaly.Share{Name: customer, Calls: 9}, anomaly.Share{Name: thief, Calls: 1})
	assert.True(t, judged(t, late, Options{}, named).Attacks[0].Found)
	assert.False(t, judged(t, late, Options{Share: 0.2}, named).Attacks[0].Found)
}

// Without a window a finding is placed by its record's time, and without that by its trace alone.
func TestAFindingWithoutAWindow(t *testing.T) {
	calls := burst("theft-1", "theft", thief, 60, 0, 10, "invariant")
	e := broken("theft-1", 3, 0.5)
	e.WindowStart, e.WindowEnd = time.Time{}, time.Time{}
	v := judged(t, calls, Options{}, e)
	assert.Equal(t, []string{"cel: [theft-1] (trace)"}, told(v))
	assert.Zero(t, v.Attacks[0].After)

	s := slow(3, thief)
	s.WindowStart, s.WindowEnd = time.Time{}, time.Time{}
	assert.Equal(t, []string{"low_rate: false"}, told(judged(t, calls, Options{}, s)))
}
