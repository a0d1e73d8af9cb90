package apiinvariantprocessor

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/collectorbench/cputime"
	"github.com/spanwarden/spanwarden/internal/outbox"
	"github.com/spanwarden/spanwarden/internal/sampletraffic"
	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadatatest"
)

const (
	benchAPIs     = 50
	benchServices = 5
	benchBatches  = 128
	benchTraces   = 64     // in a batch
	benchRate     = 20_000 // spans a second, in event time
)

// benchRules are about the APIs in turn. One in five reads statements, one in five child calls; with immediate, none do.
func benchRules(n int, immediate bool) *Config {
	checks := []string{
		`req.body.accountId == env.user.id`,
		`db.all(s, !s.table.startsWith("orders") || same(s.where.user_id, env.user.id))`,
		`call.status >= 400 || resp.body.total >= 0 && resp.body.currency in ["EUR", "USD"]`,
		`calls.all(c, c.status < 500)`,
		`req.body.items.all(i, i.quantity > 0 && i.sku.startsWith("A-"))`,
	}
	cfg := createDefaultConfig().(*Config)
	for i := range n {
		check := checks[(i+i/benchAPIs)%len(checks)]
		if immediate && (strings.HasPrefix(check, "db") || strings.HasPrefix(check, "calls")) {
			check = `req.path.id.matches("^[0-9]+$") && size(call.path) < 200`
		}
		api := i % benchAPIs
		cfg.Invariants = append(cfg.Invariants, rule(fmt.Sprintf("rule-%d | POST %s | %s", i, benchRoute(api), check)))
	}
	return cfg
}

// benchStateful are benchRules of which one in five looks at what earlier calls of a tenth of the APIs showed.
func benchStateful(b *testing.B, n int) *Config {
	b.Helper()
	checks := []string{
		`row("accounts", req.body.accountId).currency == resp.body.currency`,
		`shown("accounts", req.body.accountId)`,
		`row("accounts", env.user.id).total >= 0 && row("accounts", env.user.id).seen <= call.start`,
	}
	var apis strings.Builder
	for api := 0; api < benchAPIs; api += 10 {
		fmt.Fprintf(&apis, "%q, ", "POST "+benchRoute(api))
	}
	var file strings.Builder
	file.WriteString("version: 1\nreferences:\n  - name: accounts\n    from:\n      - api: [" + apis.String() + "]\n        key: req.body.accountId\n" +
		"        fields: {currency: resp.body.currency, total: resp.body.total, seen: call.start}\ninvariants:\n")
	cfg := benchRules(n, false)
	var others []map[string]any
	for i, rule := range cfg.Invariants {
		if i%5 != 2 {
			others = append(others, rule)
			continue
		}
		fmt.Fprintf(&file, "  - {id: %v, api: %q, check: '%s'}\n", rule["id"], rule["api"], checks[i/5%len(checks)])
	}
	path := filepath.Join(b.TempDir(), "rules.yaml")
	require.NoError(b, os.WriteFile(path, []byte(file.String()), 0o600))
	cfg.Invariants, cfg.Rules = others, []string{path}
	return cfg
}

func benchRoute(api int) string { return fmt.Sprintf("/v1/resource%d/{id}/items", api) }

// benchStream is whole traces of two services each, in batches, no two calls alike: 9 spans a trace.
type benchStream struct {
	batches []*sampletraffic.Batch
	clock   *sampletraffic.Clock
	next    int
}

func newBenchStream() *benchStream {
	random := rand.New(rand.NewPCG(1, 2))
	s := &benchStream{clock: sampletraffic.NewClock(time.Now())}
	for range benchBatches {
		td := ptrace.NewTraces()
		var services [benchServices]ptrace.SpanSlice
		for i := range services {
			rs := td.ResourceSpans().AppendEmpty()
			rs.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", i))
			services[i] = rs.ScopeSpans().AppendEmpty().Spans()
		}
		for range benchTraces {
			benchTrace(random, &services)
		}
		spans := td.SpanCount()
		length := time.Duration(spans) * time.Second / benchRate
		s.batches = append(s.batches, &sampletraffic.Batch{Traces: received(td), Spans: spans, Length: length})
	}
	return s
}

// received is the traces as they lie in memory behind a receiver: every string apart.
func received(td ptrace.Traces) ptrace.Traces {
	wire, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		panic(err)
	}
	td, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(wire)
	if err != nil {
		panic(err)
	}
	return td
}

func (s *benchStream) Next() *sampletraffic.Batch {
	b := s.batches[s.next]
	s.next = (s.next + 1) % len(s.batches)
	b.Renew(s.clock.Advance(b.Length))
	return b
}

func benchTrace(r *rand.Rand, services *[benchServices]ptrace.SpanSlice) {
	var trace pcommon.TraceID
	binary.BigEndian.PutUint64(trace[:], r.Uint64())
	binary.BigEndian.PutUint64(trace[8:], r.Uint64())
	user := fmt.Sprintf("user-%d", r.IntN(5000))
	span := func(api int, kind ptrace.SpanKind, parent pcommon.SpanID) ptrace.Span {
		sp := services[api%benchServices].AppendEmpty()
		var id pcommon.SpanID
		binary.BigEndian.PutUint64(id[:], r.Uint64())
		sp.SetTraceID(trace)
		sp.SetSpanID(id)
		sp.SetParentSpanID(parent)
		sp.SetKind(kind)
		sp.SetName("span")
		start := time.Duration(r.IntN(30)) * time.Millisecond
		sp.SetStartTimestamp(pcommon.Timestamp(start))
		sp.SetEndTimestamp(pcommon.Timestamp(start + 20*time.Millisecond))
		return sp
	}
	call := func(api int, parent pcommon.SpanID) pcommon.SpanID {
		sp := span(api, ptrace.SpanKindServer, parent)
		benchCall(r, sp.Attributes(), api, user)
		inner := span(api, ptrace.SpanKindInternal, sp.SpanID()).SpanID()
		for range 2 {
			benchStatement(r, span(api, ptrace.SpanKindClient, inner).Attributes(), user)
		}
		return inner
	}
	inner := call(r.IntN(benchAPIs), pcommon.SpanID{})
	client := span(0, ptrace.SpanKindClient, inner)
	client.Attributes().PutStr("http.request.method", "POST")
	client.Attributes().PutStr("url.full", "http://service/v1/resource")
	call(r.IntN(benchAPIs), client.SpanID())
}

func benchCall(r *rand.Rand, m pcommon.Map, api int, user string) {
	id := r.IntN(1_000_000)
	m.PutStr("http.request.method", "POST")
	m.PutStr("url.scheme", "https")
	m.PutStr("server.address", "api.example.com")
	m.PutStr("url.path", fmt.Sprintf("/v1/resource%d/%d/items", api, id))
	m.PutStr("http.route", benchRoute(api))
	m.PutInt("http.response.status_code", int64(200+r.IntN(2)))
	m.PutStr("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64)")
	m.PutStr("client.address", fmt.Sprintf("198.51.%d.%d", r.IntN(256), r.IntN(256)))
	m.PutStr("network.protocol.version", "1.1")
	m.PutStr("user.id", user)
	m.PutStr("session.id", fmt.Sprintf("s-%d", r.Uint64()))
	var items strings.Builder
	for i := range 1 + r.IntN(4) {
		if i > 0 {
			items.WriteByte(',')
		}
		fmt.Fprintf(&items, `{"sku":"A-%05d","quantity":%d,"price":%d.5}`, r.IntN(99999), 1+r.IntN(9), r.IntN(500))
	}
	m.PutStr("http.request.body.content", fmt.Sprintf(`{"accountId":%q,"order":%d,"items":[%s],"note":"leave at the door %d"}`, user, id, items.String(), id))
	m.PutStr("http.response.body.content", fmt.Sprintf(`{"id":%d,"total":%d.25,"currency":"EUR","state":"accepted"}`, id, r.IntN(9000)))
}

func benchStatement(r *rand.Rand, m pcommon.Map, user string) {
	m.PutStr("db.system.name", "postgresql")
	m.PutStr("db.namespace", "shop")
	m.PutStr("server.address", "db-1")
	m.PutStr("db.query.text", fmt.Sprintf(`SELECT id, total, state FROM orders%d WHERE user_id = $1 AND id = $2 ORDER BY id LIMIT 50`, r.IntN(40)))
	m.PutStr("db.query.parameter.0", user)
	m.PutStr("db.query.parameter.1", fmt.Sprint(r.IntN(1_000_000)))
	m.PutInt("db.response.returned_rows", int64(r.IntN(50)))
}

// driven is a processor whose goroutine for calls that have settled is the benchmark's own.
type driven struct {
	*tracesProcessor
	in      *intake
	settled time.Time
}

func (j *driven) consume(ctx context.Context, td ptrace.Traces) error {
	err := j.ConsumeTraces(ctx, td)
	if now := j.now(); now.Sub(j.settled) >= j.config.Settle/ticks {
		j.settled = now
		j.watch.settled(j.in, now.UnixNano())
	}
	return err
}

func startJudged(b *testing.B, cfg *Config, clock *sampletraffic.Clock) *driven {
	b.Helper()
	telemetry := componenttest.NewTelemetry()
	p, err := NewFactory().CreateTraces(b.Context(), metadatatest.NewSettings(telemetry), cfg, consumertest.NewNop())
	require.NoError(b, err)
	own := p.(*tracesProcessor)
	own.now = clock.Now
	own.rules.begin()
	require.NoError(b, own.remember(b.Context()))
	own.outbox = outbox.New(cfg.QueueSize, own.send, own.lost)
	b.Cleanup(func() {
		own.outbox.Close(context.Background())
		requireAllJudged(b, own)
		require.NoError(b, telemetry.Shutdown(context.Background()))
	})
	return &driven{tracesProcessor: own, in: newIntake(own.watch), settled: clock.Now()}
}

// requireAllJudged makes sure that the benchmark measured what it meant to: every rule was applicable and held.
func requireAllJudged(b *testing.B, p *tracesProcessor) {
	b.Helper()
	p.rules.each(func(rule string, t *tally) {
		require.Positive(b, t.held.Load(), rule)
		require.Zero(b, t.violated.Load(), rule)
	})
	stats := p.tree.Stats()
	require.Zero(b, stats.EvictedCalls+stats.RefusedSpans+stats.Late+stats.Duplicates)
	if p.chronicle != nil {
		require.Zero(b, p.chronicle.figures.hurried+p.chronicle.line.Stats().Late)
	}
}

// BenchmarkSpans gives the same batches to processors with more and more rules, and to none. ns/span is CPU time with
// all that is judged later; the spans' new ids and times are not included.
func BenchmarkSpans(b *testing.B) {
	stream := newBenchStream()
	b.Run("noop", func(b *testing.B) {
		var next consumer.Traces = consumertest.NewNop()
		measure(b, stream, next.ConsumeTraces)
	})
	for _, n := range []int{10, 100, 1000} {
		for _, immediate := range []bool{true, false} {
			name := fmt.Sprintf("%d_rules", n)
			if immediate {
				name += "_of_the_call_alone"
			}
			b.Run(name, func(b *testing.B) { benchSpans(b, stream, benchRules(n, immediate)) })
		}
	}
	b.Run("100_rules_20_of_them_stateful", func(b *testing.B) { benchSpans(b, stream, benchStateful(b, 100)) })
}

func benchSpans(b *testing.B, stream *benchStream, cfg *Config) {
	b.Helper()
	p := startJudged(b, cfg, stream.clock)
	for began := stream.clock.Now(); stream.clock.Now().Before(began.Add(25 * time.Second)); {
		require.NoError(b, p.consume(b.Context(), stream.Next().Traces))
	}
	measure(b, stream, p.consume)
	waiting := p.tree.Stats().Bytes
	if p.chronicle != nil {
		waiting += p.chronicle.line.Stats().Bytes
		b.ReportMetric(float64(p.chronicle.store.Stats().Bytes)/(1<<20), "MiB-known")
	}
	b.ReportMetric(float64(waiting)/(1<<20), "MiB-waiting")
}

// measure reports the cost of a span.
func measure(b *testing.B, stream *benchStream, consume func(context.Context, ptrace.Traces) error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var spent time.Duration
	spans := 0
	before := allocations()
	for b.Loop() {
		batch := stream.Next()
		began := cputime.Thread()
		if err := consume(b.Context(), batch.Traces); err != nil {
			b.Fatal(err)
		}
		spent += cputime.Thread() - began
		spans += batch.Spans
	}
	b.ReportMetric(float64(spent.Nanoseconds())/float64(spans), "ns/span")
	b.ReportMetric(float64(allocations()-before)/float64(spans), "allocs/span")
	b.ReportMetric(0, "ns/op") // of a batch and its preparation: nobody's figure
}

func allocations() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}
