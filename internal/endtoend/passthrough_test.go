package endtoend

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

const defaultConfig = "testdata/collector/default.yaml"

// witness puts file exporters behind the processors of the default configuration, and a logs pipeline beside its
// traces pipeline.
var witness = overlay(`
exporters:
  file/spans: {path: "${env:SPANWARDEN_STATE}/spans.jsonl", append: true, flush_interval: 100ms}
  file/records: {path: "${env:SPANWARDEN_STATE}/records.jsonl", append: true, flush_interval: 100ms}
service:
  pipelines:
    traces: {exporters: [api_anomaly, file/spans]}
    logs: {receivers: [otlp], processors: [memory_limiter, api_traffic], exporters: [api_anomaly, file/records]}
`)

// Every span that the Collector acknowledged leaves exactly once and as it came.
func TestSpansPassThroughOnceAndUnchanged(t *testing.T) {
	t.Parallel()
	c := startCollector(t, defaultConfig, witness)
	sent := newLedger()
	require.NoError(t, concurrently(4, func(sender int) error {
		generate := newGenerator(uint64(sender), firstOf(sender))
		for range 25 {
			if err := sendRecorded(c, sent, generate); err != nil {
				return err
			}
		}
		return nil
	}))
	c.stop(t)
	sent.requireEqual(t, arrivedSpans(t, c))
}

// The same holds for log records.
func TestRecordsPassThroughOnceAndUnchanged(t *testing.T) {
	t.Parallel()
	c := startCollector(t, defaultConfig, witness)
	sent := newLedger()
	require.NoError(t, concurrently(2, func(sender int) error {
		generate := newGenerator(uint64(sender), firstOf(sender))
		for range 20 {
			batch := generate.logs(30)
			if err := errors.Join(sent.addLogs(batch), c.sendLogs(batch)); err != nil {
				return err
			}
		}
		return nil
	}))
	c.stop(t)
	arrived := newLedger()
	for _, batch := range readLogs(t, c.file("records.jsonl")) {
		require.NoError(t, arrived.addLogs(batch))
	}
	sent.requireEqual(t, arrived)
}

// sendRecorded sends one batch of spans and enters it in the ledger.
func sendRecorded(c *collector, sent *ledger, generate *generator) error {
	batch := generate.traces(5)
	return errors.Join(sent.addTraces(batch), c.sendTraces(batch))
}

// arrivedSpans reads back what the witness has seen.
func arrivedSpans(t *testing.T, c *collector) *ledger {
	t.Helper()
	arrived := newLedger()
	for _, batch := range readTraces(t, c.file("spans.jsonl")) {
		require.NoError(t, arrived.addTraces(batch))
	}
	return arrived
}

// firstOf keeps the sequence numbers of concurrent senders apart.
func firstOf(sender int) int64 { return int64(sender) * 1_000_000 }

// concurrently runs the senders side by side and gives all their errors.
func concurrently(senders int, send func(sender int) error) error {
	results := make(chan error, senders)
	for sender := range senders {
		go func() { results <- send(sender) }()
	}
	var all error
	for range senders {
		all = errors.Join(all, <-results)
	}
	return all
}
