package anomaly

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"
)

// The id must be the same in every process and in every version: stored anomalies are recognised by it.
// The expected values were computed from the definition by another program.
func TestIDIsStable(t *testing.T) {
	assert.Equal(t, "11724b38594e92e8d16150af1b06e2aa", flood().IDString())
	assert.Equal(t, "14829eeef2cdb7ca580e02bdcf735fd0", brokenRule().IDString())
}

func TestIDOfAWindow(t *testing.T) {
	same := map[string]func(*Event){
		"score":           func(e *Event) { e.Score = 9 },
		"message":         func(e *Event) { e.Message, e.Explanation = "other", "words" },
		"evidence":        func(e *Event) { e.Features, e.Clients, e.Endpoints, e.Links = nil, nil, nil, nil },
		"values":          func(e *Event) { e.Values, e.Expression = []Value{{"req.body.a", "1"}}, "req.body.a == 2" },
		"held back":       func(e *Event) { e.Suppressed = 12 },
		"worst route":     func(e *Event) { e.Route = "/other" },
		"other time zone": func(e *Event) { e.Begun = e.Begun.In(time.FixedZone("x", 3600)) },
	}
	for name, change := range same {
		t.Run(name, func(t *testing.T) {
			e := flood()
			change(e)
			assert.Equal(t, flood().ID(), e.ID())
		})
	}
	other := map[string]func(*Event){
		"kind":     func(e *Event) { e.Kind = Traffic },
		"detector": func(e *Event) { e.Detector = "total_calls" },
		"rule":     func(e *Event) { e.Rule = "total_calls" },
		"service":  func(e *Event) { e.Service = "bank" },
		"client":   func(e *Event) { e.Client = "203.0.113.10" },
		"alarm":    func(e *Event) { e.Begun = e.Begun.Add(time.Nanosecond) },
		"state":    func(e *Event) { e.State = Ongoing },
		"window":   func(e *Event) { e.WindowStart = e.WindowStart.Add(time.Minute) },
		"parent":   func(e *Event) { e.Parent = brokenRule().Parent },
	}
	for name, change := range other {
		t.Run(name, func(t *testing.T) {
			e := flood()
			change(e)
			assert.NotEqual(t, flood().ID(), e.ID())
		})
	}
}

// A span is condemned by a rule once, however its service, client and times were read at the second try.
func TestIDOfACondemnedSpan(t *testing.T) {
	retried := brokenRule()
	retried.Service, retried.Client, retried.WindowStart = "", "198.51.100.1", later
	assert.Equal(t, brokenRule().ID(), retried.ID())

	otherSpan, otherTrace, otherRule := brokenRule(), brokenRule(), brokenRule()
	otherSpan.Parent.SpanID[0]++
	otherTrace.Parent.TraceID[0]++
	otherRule.Rule = "another"
	for _, e := range []*Event{otherSpan, otherTrace, otherRule} {
		assert.NotEqual(t, brokenRule().ID(), e.ID())
	}
}

// Names that run together must not make one finding of two.
func TestIDDoesNotConfuseNeighbouringFields(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab")), 2, 12, -1).Draw(t, "text")
		i := rapid.IntRange(1, len(text)-1).Draw(t, "cut")
		split := Event{Service: text[:i], Client: text[i:]}
		whole := Event{Service: text}
		if split.ID() == whole.ID() {
			t.Fatalf("%q+%q and %q share an id", text[:i], text[i:], text)
		}
	})
}

func TestIDServesAsTraceAndSpanID(t *testing.T) {
	id := flood().ID()
	assert.False(t, pcommon.TraceID(id).IsEmpty())
	assert.False(t, spanID(id).IsEmpty())
}
