package endtoend

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A call that breaks an invariant gets a span in its own trace, below the span that it accuses, and a log record that
// points to it. The statement that gives it away came before the call, in another batch.
func TestAViolatedInvariantIsASpanOfTheTraceThatItCondemns(t *testing.T) {
	t.Parallel()
	c := startJudging(t)
	honest, condemned := callOrders(t, c, newGenerator(1, 0))
	c.awaitViolations(t, 1)
	c.stop(t)

	traces := shownTraces(readTraces(t, c.file("spans.jsonl")))
	violation := requireCondemned(t, condemned, traces[condemned.traceID.String()])
	for _, call := range honest {
		requireHonest(t, call, traces[call.traceID.String()])
	}
	assert.Len(t, traces, len(honest)+1)
	requireRecord(t, anomalyRecords(t, c), violation)
}

// sampled keeps what has an anomaly and little else. It decides on a trace well after that has settled.
var sampled = overlay(`
processors:
  tail_sampling:
    decision_wait: 6s
    policies:
      - {name: anomalies, type: string_attribute, string_attribute: {key: anomaly.kind, values: [.+], enabled_regex_matching: true}}
      - {name: some, type: probabilistic, probabilistic: {sampling_percentage: 10}}
connectors: {forward: }
exporters:
  file/sampled: {path: "${env:SPANWARDEN_STATE}/sampled.jsonl", flush_interval: 100ms}
service:
  pipelines:
    traces: {exporters: [api_anomaly, forward]}
    traces/store: {receivers: [forward], processors: [tail_sampling], exporters: [file/sampled]}
`)

// Behind forward, a sampler that keeps what has anomaly.kind keeps traces with a violation, and keeps them whole, however
// few others it keeps.
func TestSamplingKeepsTheTracesThatAreCondemned(t *testing.T) {
	t.Parallel()
	c := startJudging(t, sampled)
	const honestCalls, condemnedCalls = 100, 5 // by the rate alone, 10 and none or one of them would stay
	generate := newGenerator(1, 0)             // the same trace ids each time, hence the same choice among them
	var honest, condemned []*orderCall
	for range honestCalls {
		honest = append(honest, generate.readOrder(itsOwner))
	}
	for range condemnedCalls {
		condemned = append(condemned, generate.readOrder(anybodys))
	}
	for _, call := range slices.Concat(honest[:50], condemned, honest[50:]) {
		require.NoError(t, c.sendTraces(call.statement))
		require.NoError(t, c.sendTraces(batch(call.orders, call.gateway)))
	}
	c.awaitViolations(t, condemnedCalls)
	eventually(t, 60*time.Second, func() error {
		traces := shownTraces(readTraces(t, c.file("sampled.jsonl")))
		for _, call := range condemned {
			if len(traces[call.traceID.String()]) == 0 {
				return fmt.Errorf("the trace %v has not come out of the sampler", call.traceID)
			}
		}
		return nil
	})
	c.stop(t)

	traces := shownTraces(readTraces(t, c.file("sampled.jsonl")))
	for _, call := range condemned {
		requireCondemned(t, call, traces[call.traceID.String()])
	}
	kept := 0
	for _, call := range honest {
		if trace := traces[call.traceID.String()]; trace != nil {
			requireHonest(t, call, trace)
			kept++
		}
	}
	assert.Len(t, traces, condemnedCalls+kept)
	assert.Less(t, kept, honestCalls/4, "the sampler keeps honest traces as well")
}

// awaitViolations returns once the connector has seen that many, which it does at the same time as other exporters.
func (c *collector) awaitViolations(t *testing.T, want int) {
	t.Helper()
	eventually(t, 20*time.Second, func() error {
		if got := len(anomalyRecords(t, c)); got < want {
			return fmt.Errorf("%d of %d violations are told", got, want)
		}
		return nil
	})
}
