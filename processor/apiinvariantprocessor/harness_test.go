package apiinvariantprocessor

import (
	"context"
	"encoding/binary"
	"maps"
	"sort"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadata"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// rule is an inline rule out of "id | api | check" or "id | api | when | check".
func rule(text string) map[string]any {
	parts := strings.Split(text, " | ")
	r := map[string]any{"id": parts[0], "api": parts[1], "check": parts[len(parts)-1], "message": parts[0] + " is broken"}
	if len(parts) == 4 {
		r["when"] = parts[2]
	}
	return r
}

// The rules of most tests.
const (
	ownID     = `own-id | GET /orders/{id} | req.query.user == env.user.id`
	ownOrder  = `own-order | GET /orders/{id} | db.all(s, s.table != "orders" || same(s.where.user_id, env.user.id))`
	audited   = `audited | GET /orders/{id} | db.exists(s, s.table == "audit")`
	paidChild = `paid | POST /checkout | calls.exists(c, c.service == "payment" && c.status == 200)`
)

func withRules(rules ...string) *Config {
	cfg := createDefaultConfig().(*Config)
	for _, r := range rules {
		cfg.Invariants = append(cfg.Invariants, rule(r))
	}
	return cfg
}

func settingsOf(telemetry component.TelemetrySettings) processor.Settings {
	set := processortest.NewNopSettings(metadata.Type)
	set.TelemetrySettings = telemetry
	return set
}

// bench is a running traces processor whose wall clock is the test's.
type bench struct {
	*tracesProcessor
	t     *testing.T
	sink  *consumertest.TracesSink
	clock atomic.Int64 // ns since noon
}

func startBench(t *testing.T, cfg *Config, set processor.Settings) *bench {
	t.Helper()
	sink := new(consumertest.TracesSink)
	p, err := NewFactory().CreateTraces(t.Context(), set, cfg, sink)
	require.NoError(t, err)
	b := &bench{tracesProcessor: p.(*tracesProcessor), t: t, sink: sink}
	b.now = func() time.Time { return noon.Add(time.Duration(b.clock.Load())) }
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	return b
}

func newBench(t *testing.T, cfg *Config) *bench {
	t.Helper()
	return startBench(t, cfg, processortest.NewNopSettings(metadata.Type))
}

// pass lets time pass.
func (b *bench) pass(d time.Duration) { b.clock.Add(int64(d)) }

// send passes batches through the processor.
func (b *bench) send(batches ...ptrace.Traces) {
	b.t.Helper()
	for _, td := range batches {
		td.MarkReadOnly()
		require.NoError(b.t, b.ConsumeTraces(context.Background(), td))
	}
}

func (b *bench) stop() {
	b.t.Helper()
	require.NoError(b.t, b.Shutdown(context.Background()))
}

// arrived are the batches that the sink got: those of ours, or those that were passed on.
func (b *bench) arrived(ours bool) (batches []ptrace.Traces) {
	for _, td := range b.sink.AllTraces() {
		scope := td.ResourceSpans().At(0).ScopeSpans().At(0).Scope()
		if anomaly.Ours(scope.Name()) == ours {
			batches = append(batches, td)
		}
	}
	return batches
}

// violations are the spans of ours that have arrived.
func (b *bench) violations() (spans []ptrace.Span) {
	for _, td := range b.arrived(true) {
		for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
			spans = append(spans, span)
		}
	}
	return spans
}

// told are the violations as "rule of parent span", in order of the text.
func (b *bench) told() []string {
	told := []string{}
	for _, span := range b.violations() {
		parent := span.ParentSpanID()
		told = append(told, attr(span, "security_rule.name")+" of "+string(rune('0'+parent[7])))
	}
	sort.Strings(told)
	return told
}

func attr(span ptrace.Span, key string) string {
	if v, ok := span.Attributes().Get(key); ok {
		return v.AsString()
	}
	return "(none)"
}

// trace makes the spans of one trace, one resource for each.
type trace struct {
	id byte
	td ptrace.Traces
}

func newTrace(id byte) *trace { return &trace{id: id, td: ptrace.NewTraces()} }

func spanID(n int) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

func (tr *trace) span(service string, kind ptrace.SpanKind, id, parent int, attributes map[string]any) ptrace.Span {
	rs := tr.td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", service)
	span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(pcommon.TraceID{15: tr.id})
	span.SetSpanID(spanID(id))
	span.SetParentSpanID(spanID(parent))
	span.SetKind(kind)
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(noon.Add(time.Duration(id) * time.Millisecond)))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(noon.Add(time.Second)))
	if err := span.Attributes().FromRaw(attributes); err != nil {
		panic(err)
	}
	return span
}

// call adds a server span; the API is as "GET /orders/{id}".
func (tr *trace) call(service string, id, parent int, api, path string, more map[string]any) *trace {
	method, route, _ := strings.Cut(api, " ")
	path, query, _ := strings.Cut(path, "?")
	attributes := map[string]any{
		"http.request.method": method, "http.route": route, "url.path": path, "url.query": query,
		"http.response.status_code": 200, "client.address": "203.0.113.9", "user.id": "7",
	}
	maps.Copy(attributes, more)
	tr.span(service, ptrace.SpanKindServer, id, parent, attributes)
	return tr
}

func (tr *trace) statement(service string, id, parent int, sql string) *trace {
	tr.span(service, ptrace.SpanKindClient, id, parent, map[string]any{"db.system.name": "postgresql", "db.query.text": sql})
	return tr
}

func (tr *trace) internal(service string, id, parent int) *trace {
	tr.span(service, ptrace.SpanKindInternal, id, parent, nil)
	return tr
}

const (
	ownedSQL = `SELECT id, total FROM orders WHERE id = 42 AND user_id = 7`
	anysSQL  = `SELECT id, total FROM orders WHERE id = 42`
	auditSQL = `INSERT INTO audit (who, what) VALUES (7, 'order 42')`
)

// order is a call of GET /orders/42 by user 7, with statements.
func order(id byte, query string, statements ...string) ptrace.Traces {
	tr := newTrace(id).call("orders", 1, 0, "GET /orders/{id}", "/orders/42"+query, nil).internal("orders", 2, 1)
	for i, sql := range statements {
		tr.statement("orders", 3+i, 2, sql)
	}
	return tr.td
}

func copyOf(td ptrace.Traces) ptrace.Traces {
	out := ptrace.NewTraces()
	td.CopyTo(out)
	return out
}

// apart is the spans one by one, in another order.
func apart(td ptrace.Traces, order []int) (batches []ptrace.Traces) {
	for _, i := range order {
		one := ptrace.NewTraces()
		td.ResourceSpans().At(i).CopyTo(one.ResourceSpans().AppendEmpty())
		batches = append(batches, one)
	}
	return batches
}
