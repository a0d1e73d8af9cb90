package groundtruth

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// scene is some attacks, by clients who may share an address, and findings that may or may not be about them.
type scene struct {
	calls    []Call
	findings []Finding
}

var people = []string{thief, flooder, customer, sibling, "203.0.113.200", "user 17"}

func drawScene(t *rapid.T) scene {
	var s scene
	for i := range rapid.IntRange(0, 4).Draw(t, "attacks") {
		kind := rapid.SampledFrom([]string{"theft", "flood", "fraud"}).Draw(t, "kind")
		expect := map[string]string{"theft": "traffic", "flood": "dos", "fraud": "invariant"}[kind]
		from := rapid.Float64Range(0, 10).Draw(t, "from")
		s.calls = append(s.calls, burst(fmt.Sprintf("attack-%d", i), kind, rapid.SampledFrom(people[:3]).Draw(t, "attacker"),
			rapid.IntRange(1, 40).Draw(t, "calls"), from, from+rapid.Float64Range(0, 5).Draw(t, "length"), expect)...)
	}
	for range rapid.IntRange(0, 12).Draw(t, "findings") {
		via := viaSpan
		if rapid.Bool().Draw(t, "logs") {
			via = viaRecord
		}
		s.findings = append(s.findings, findings(t, via, drawEvent(t))...)
	}
	return s
}

func drawEvent(t *rapid.T) anomaly.Event {
	at := float64(rapid.IntRange(-3, 18).Draw(t, "at"))
	someAttack := rapid.SampledFrom([]string{"attack-0", "attack-1", "unknown"})
	var e anomaly.Event
	switch rapid.SampledFrom([]string{"client", "service", "call"}).Draw(t, "about") {
	case "client":
		e = slow(at, rapid.SampledFrom(people).Draw(t, "client"))
	case "service":
		e = surge(at, rapid.SampledFrom([]string{"gateway", "account"}).Draw(t, "service"), rapid.IntRange(0, 200).Draw(t, "counted"))
		for range rapid.IntRange(0, 3).Draw(t, "named") {
			e.Clients = append(e.Clients, anomaly.Share{
				Name: rapid.SampledFrom(people).Draw(t, "name"), Calls: int64(rapid.IntRange(0, 90).Draw(t, "share")),
			})
		}
	case "call":
		return broken(someAttack.Draw(t, "attack"), rapid.IntRange(0, 40).Draw(t, "call"), at)
	}
	e.State = rapid.SampledFrom([]anomaly.State{anomaly.Begun, anomaly.Begun, anomaly.Ongoing, anomaly.Ended}).Draw(t, "state")
	e.Begun = minute(at - float64(rapid.IntRange(0, 3).Draw(t, "age")))
	if rapid.Bool().Draw(t, "example") {
		e.Links = append(e.Links, anomaly.Link{TraceID: traceOf(someAttack.Draw(t, "of"), rapid.IntRange(0, 40).Draw(t, "example"))})
	}
	return e
}

func TestTheOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		want := Judge(s.calls, s.findings, Options{})
		calls, findings := rapid.Permutation(s.calls).Draw(t, "calls"), rapid.Permutation(s.findings).Draw(t, "findings")
		assert.Equal(t, want, Judge(calls, findings, Options{}))
	})
}

func TestAnInnocentsAlarmIsOneFalseAlarm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		before := Judge(s.calls, s.findings, Options{})
		at := float64(rapid.IntRange(-3, 18).Draw(t, "minute"))
		after := Judge(s.calls, append(s.findings, findings(t, viaSpan, slow(at, "192.0.2.1"))...), Options{})

		assert.Equal(t, before.Attacks, after.Attacks)
		assert.Equal(t, before.Kinds, after.Kinds)
		was, _ := before.FalseAlarms()
		is, _ := after.FalseAlarms()
		assert.Len(t, is, len(was)+1)
		assert.Len(t, after.Alarms, len(before.Alarms)+1)
	})
}

func TestAVerdictAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		v := Judge(s.calls, s.findings, Options{})
		instances, found, calls := 0, 0, 0
		for _, k := range v.Kinds {
			assert.LessOrEqual(t, k.AsExpected, k.Found)
			assert.LessOrEqual(t, k.Found, k.Instances)
			assert.LessOrEqual(t, k.CallsFound, k.Calls)
			assert.LessOrEqual(t, k.Shortest, k.Longest)
			for by, n := range k.FoundBy {
				assert.LessOrEqual(t, n, k.Found, by)
			}
			instances, found, calls = instances+k.Instances, found+k.Found, calls+k.Calls
		}
		assert.Equal(t, len(v.Attacks), instances)
		assert.Equal(t, len(s.calls), calls)

		right, reports := 0, 0
		credited := make(map[string]bool)
		for _, a := range v.Alarms {
			reports += a.Reports
			assert.Equal(t, a.False(), a.Rule == ByNone)
			if !a.False() {
				right++
			}
			for _, id := range a.Attacks {
				credited[id] = true
			}
		}
		assert.LessOrEqual(t, reports, len(s.findings), "fewer where one came twice")
		assert.Len(t, credited, found)
		for _, a := range v.Attacks {
			assert.Equal(t, credited[a.ID], a.Found)
			if a.Found {
				assert.False(t, a.End.Before(a.First), "found before it began")
			}
		}

		f := v.Figures()
		assert.Equal(t, right, f.All.Right)
		assert.Equal(t, len(v.Alarms), f.All.Right+f.FalseAlarms)
		assert.LessOrEqual(t, f.FalseQuiet, f.FalseAlarms)
		assert.Empty(t, Compare(f, f))
	})
}

// More findings never find less.
func TestAFurtherFindingHidesNone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		ids := make(map[string]bool)
		s.findings = slices.DeleteFunc(s.findings, func(f Finding) bool { // of two with one id only one counts
			again := ids[f.ID]
			ids[f.ID] = true
			return again
		})
		if len(s.findings) == 0 {
			return
		}
		var fewer []Finding
		for _, f := range s.findings[1:] {
			// A report that continues an alarm is judged by itself where the first one is missing.
			if f.State.IsNew() {
				fewer = append(fewer, f)
			}
		}
		before, after := Judge(s.calls, fewer, Options{}), Judge(s.calls, s.findings, Options{})
		for i := range before.Attacks {
			if before.Attacks[i].Found {
				assert.True(t, after.Attacks[i].Found)
				assert.LessOrEqual(t, after.Attacks[i].After, before.Attacks[i].After)
			}
		}
	})
}
