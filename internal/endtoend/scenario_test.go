package endtoend

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// scenario makes the traffic of a service, minute by minute, in the past: windows go by event time, so half an hour
// of traffic takes a second.
type scenario struct {
	*generator
	service string
	minute  time.Time
}

func newScenario(seed uint64, service string) *scenario {
	begin := time.Now().UTC().Truncate(time.Minute).Add(-2 * time.Hour)
	return &scenario{generator: newGenerator(seed, firstOf(int(seed))), service: service, minute: begin}
}

// spans are n calls in the current minute, evenly spread.
func (s *scenario) spans(n int, clients ...string) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", s.service)
	spans := rs.ScopeSpans().AppendEmpty().Spans()
	for i := range n {
		span := spans.AppendEmpty()
		span.SetTraceID(s.traceID())
		span.SetSpanID(s.spanID())
		span.SetName("GET /orders")
		span.SetKind(ptrace.SpanKindServer)
		at := s.minute.Add(time.Duration(i) * time.Minute / time.Duration(n))
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(5 * time.Millisecond)))
		a := span.Attributes()
		a.PutInt(sequenceKey, s.sequence())
		a.PutStr("http.request.method", "GET")
		a.PutStr("http.route", "/orders")
		a.PutStr("client.address", clients[i%len(clients)])
		a.PutInt("http.response.status_code", 200)
		a.PutInt("http.response.body.size", 300)
	}
	return td
}

// records are the same calls as access-log records.
func (s *scenario) records(n int, clients ...string) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", s.service)
	records := rl.ScopeLogs().AppendEmpty().LogRecords()
	for i := range n {
		record := records.AppendEmpty()
		at := s.minute.Add(time.Duration(i) * time.Minute / time.Duration(n))
		record.Attributes().PutInt(sequenceKey, s.sequence())
		record.Body().SetStr(fmt.Sprintf(`%s - - [%s] "GET /orders HTTP/1.1" 200 300 "-" "curl"`,
			clients[i%len(clients)], at.Format("02/Jan/2006:15:04:05 -0700")))
	}
	return ld
}

const (
	quietCalls = 30   // a minute
	floodCalls = 3000 // a minute
	attacker   = "203.0.113.9"
)

// flood sends half an hour of quiet spans and then a minute of flood, and returns the flood's batch. The flood's
// window is still open afterwards.
func (s *scenario) flood(t *testing.T, c *collector) ptrace.Traces {
	t.Helper()
	for range 30 {
		require.NoError(t, c.sendTraces(s.spans(quietCalls, "192.0.2.1", "192.0.2.2", "192.0.2.3")))
		s.minute = s.minute.Add(time.Minute)
	}
	batch := s.spans(floodCalls, attacker)
	require.NoError(t, c.sendTraces(batch))
	s.minute = s.minute.Add(time.Minute)
	return batch
}

// floodRecords is flood for access-log records.
func (s *scenario) floodRecords(t *testing.T, c *collector) {
	t.Helper()
	for range 30 {
		require.NoError(t, c.sendLogs(s.records(quietCalls, "192.0.2.1", "192.0.2.2", "192.0.2.3")))
		s.minute = s.minute.Add(time.Minute)
	}
	require.NoError(t, c.sendLogs(s.records(floodCalls, attacker)))
	s.minute = s.minute.Add(time.Minute)
}

// calm sends quiet minutes, so that what came before is judged.
func (s *scenario) calm(t *testing.T, c *collector, minutes int) {
	t.Helper()
	for range minutes {
		require.NoError(t, c.sendTraces(s.spans(quietCalls, "192.0.2.1", "192.0.2.2", "192.0.2.3")))
		s.minute = s.minute.Add(time.Minute)
	}
}

// anomalies are the anomaly records that the connector has written so far, as "state detector service".
func (c *collector) anomalies(t *testing.T) []string {
	t.Helper()
	var told []string
	for _, record := range anomalyRecords(t, c) {
		told = append(told, attribute(record, "anomaly.state")+" "+attribute(record, "anomaly.detector")+" "+attribute(record, "service.name"))
	}
	slices.Sort(told)
	return told
}

// anomalyRecords are the records that the connector has written so far.
func anomalyRecords(t *testing.T, c *collector) (records []plog.LogRecord) {
	t.Helper()
	for _, ld := range readLogs(t, c.file("anomalies.jsonl")) {
		for _, rl := range ld.ResourceLogs().All() {
			for _, sl := range rl.ScopeLogs().All() {
				for _, record := range sl.LogRecords().All() {
					records = append(records, record)
				}
			}
		}
	}
	return records
}

func attribute(record plog.LogRecord, key string) string { return text(record.Attributes(), key) }

func (c *collector) awaitAnomalies(t *testing.T, want ...string) {
	t.Helper()
	eventually(t, 20*time.Second, func() error {
		if got := c.anomalies(t); !slices.Equal(got, want) {
			return fmt.Errorf("anomalies are %q, not %q", got, want)
		}
		return nil
	})
}

func text(m pcommon.Map, key string) string {
	if v, ok := m.Get(key); ok {
		return v.AsString()
	}
	return ""
}

// ownSpans are Spanwarden's own spans of a batch, as a batch; ok tells whether there are any.
func ownSpans(td ptrace.Traces) (own ptrace.Traces, ok bool) {
	own = ptrace.NewTraces()
	td.CopyTo(own)
	own.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		rs.ScopeSpans().RemoveIf(func(ss ptrace.ScopeSpans) bool { return !isOwn(ss.Scope()) })
		return rs.ScopeSpans().Len() == 0
	})
	return own, own.SpanCount() > 0
}
