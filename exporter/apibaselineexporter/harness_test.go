package apibaselineexporter

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exportertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/spanwarden/spanwarden/exporter/apibaselineexporter/internal/metadata"
	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// pupil is a learner that remembers what it was taught.
type pupil struct {
	mu     sync.Mutex
	traces []*replay.Trace
	Taught []string // as text, which is its state
	stumbles,
	fails bool
}

func (p *pupil) Learn(t *replay.Trace) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stumbles {
		panic("stumbled")
	}
	p.traces = append(p.traces, t)
	p.Taught = append(p.Taught, shown(t))
}

// Result has a rule for each API, and one that nearly holds.
func (p *pupil) Result() *baseline.Result {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fails {
		panic("failed")
	}
	r := &baseline.Result{File: new(rulefile.File), Counts: baseline.Counts{Calls: len(p.Taught), Traces: len(p.Taught)}}
	seen := make(map[string]bool)
	for _, t := range p.Taught {
		api := strings.Fields(t)[0]
		if seen[api] {
			continue
		}
		seen[api] = true
		of, err := rulefile.ParseAPI("GET /" + api)
		if err != nil {
			panic(err)
		}
		rule := rulefile.Rule{
			ID: fmt.Sprint("rule-", len(seen)), Kind: "format", APIs: []rulefile.API{of},
			Check: rulefile.Expression{Text: "call.status < 500"},
		}
		r.File.Rules = append(r.File.Rules, rule)
		r.Rules = append(r.Rules, baseline.Learned{Rule: rule, Sentence: "calls of " + api + " are answered"})
	}
	r.Near = append(r.Near, baseline.Near{Sentence: "nobody calls at night"})
	return r
}

func (p *pupil) Save(w io.Writer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return json.NewEncoder(w).Encode(p.Taught)
}

func (p *pupil) SaveReferences(w io.Writer) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, err := fmt.Fprintln(w, len(p.Taught), "references")
	return err
}

// taught is what it was taught so far, this run and those before.
func (p *pupil) taught() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.Taught)
}

// last is the trace that it was taught last.
func (p *pupil) last() *replay.Trace {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.traces[len(p.traces)-1]
}

// shown is a trace as "service: span[ statement...][ >child...] ...", with a * behind a root.
func shown(t *replay.Trace) string {
	b := strings.Builder{}
	fmt.Fprintf(&b, "%s", t.Calls[0].Call.Service)
	for i := range t.Calls {
		o := &t.Calls[i]
		fmt.Fprintf(&b, " %d", binary.BigEndian.Uint64(o.Call.SpanID[:]))
		if o.Root {
			b.WriteByte('*')
		}
		for _, st := range o.Around.Statements {
			fmt.Fprintf(&b, "+%s", st.SQL.Operation)
		}
		for _, c := range o.Around.Calls {
			fmt.Fprintf(&b, ">%d", binary.BigEndian.Uint64(c.SpanID[:]))
		}
	}
	return b.String()
}

// bench is a running exporter of both signals whose wall clock is the test's.
type bench struct {
	t       testing.TB
	traces  exporter.Traces
	logs    exporter.Logs
	watch   *watch
	pupil   *pupil
	folder  string
	clock   atomic.Int64 // ns since noon
	entries *observer.ObservedLogs
}

// options of a bench.
type options struct {
	change    func(*Config)
	host      component.Host
	telemetry *componenttest.Telemetry
	folder    string // whose files are written
	pupil     *pupil // what a fresh learner is
	id        component.ID
}

func startBench(t testing.TB, o options) *bench {
	t.Helper()
	b := newBench(t, o)
	require.NoError(t, b.start(o.host))
	return b
}

func newBench(t testing.TB, o options) *bench {
	t.Helper()
	b := &bench{t: t, folder: o.folder, pupil: o.pupil}
	if b.folder == "" {
		b.folder = t.TempDir()
	}
	if b.pupil == nil {
		b.pupil = new(pupil)
	}
	cfg := createDefaultConfig().(*Config)
	cfg.Invariants = b.file("invariants.yaml")
	if o.change != nil {
		o.change(cfg)
	}
	set := exportertest.NewNopSettings(metadata.Type)
	set.ID = component.NewID(metadata.Type)
	if o.id != (component.ID{}) {
		set.ID = o.id
	}
	if o.telemetry != nil {
		set.TelemetrySettings = o.telemetry.NewTelemetrySettings()
	}
	var core zapcore.Core
	core, b.entries = observer.New(zap.InfoLevel)
	set.Logger = zap.New(core)

	factory := NewFactory()
	var err error
	b.traces, err = factory.CreateTraces(context.Background(), set, cfg)
	require.NoError(t, err)
	b.logs, err = factory.CreateLogs(context.Background(), set, cfg)
	require.NoError(t, err)
	b.watch = b.traces.(*tracesExporter).watch
	b.watch.now = func() time.Time { return noon.Add(time.Duration(b.clock.Load())) }
	b.watch.origin = noon
	b.watch.school = school{
		fresh: func() (learner, error) { return b.pupil, nil },
		load: func(state io.Reader) (learner, error) {
			if err := json.NewDecoder(state).Decode(&b.pupil.Taught); err != nil {
				return nil, err
			}
			_, err := io.Copy(io.Discard, state)
			return b.pupil, err
		},
	}
	return b
}

func (b *bench) start(host component.Host) error {
	if host == nil {
		host = componenttest.NewNopHost()
	}
	if err := b.traces.Start(context.Background(), host); err != nil {
		return err
	}
	return b.logs.Start(context.Background(), host)
}

func (b *bench) file(name string) string { return filepath.Join(b.folder, name) }

// content of a file, "" if there is none.
func (b *bench) content(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(b.file(name))
	if !os.IsNotExist(err) {
		require.NoError(b.t, err)
	}
	return string(text)
}

// pass lets time pass.
func (b *bench) pass(d time.Duration) { b.clock.Add(int64(d)) }

func (b *bench) send(batches ...ptrace.Traces) {
	b.t.Helper()
	for _, td := range batches {
		td.MarkReadOnly()
		require.NoError(b.t, b.traces.ConsumeTraces(context.Background(), td))
	}
}

func (b *bench) sendLogs(batches ...plog.Logs) {
	b.t.Helper()
	for _, ld := range batches {
		ld.MarkReadOnly()
		require.NoError(b.t, b.logs.ConsumeLogs(context.Background(), ld))
	}
}

// await waits until something has come true.
func (b *bench) await(is func() bool) {
	b.t.Helper()
	require.Eventually(b.t, is, 20*time.Second, time.Millisecond)
}

func (b *bench) stop() {
	b.t.Helper()
	require.NoError(b.t, b.logs.Shutdown(context.Background()))
	require.NoError(b.t, b.traces.Shutdown(context.Background()))
}

// said are the messages that were logged from that level on.
func (b *bench) said(level zapcore.Level) (messages []string) {
	for _, e := range b.entries.All() {
		if e.Level >= level {
			messages = append(messages, e.Message)
		}
	}
	return messages
}

// trace makes the spans of one trace, one resource for each. Each begins so many ms after noon as its id says.
type trace struct {
	id int
	td ptrace.Traces
}

func newTrace(id int) *trace { return &trace{id: id, td: ptrace.NewTraces()} }

func traceID(n int) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[8:], uint64(n))
	return id
}

func spanID(n int) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], uint64(n))
	return id
}

func (tr *trace) span(service string, kind ptrace.SpanKind, id, parent int, attributes map[string]any) ptrace.Span {
	rs := tr.td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", service)
	span := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	span.SetTraceID(traceID(tr.id))
	span.SetSpanID(spanID(id))
	span.SetParentSpanID(spanID(parent))
	span.SetKind(kind)
	at := noon.Add(time.Duration(id) * time.Millisecond)
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(at))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(at.Add(5 * time.Millisecond)))
	if err := span.Attributes().FromRaw(attributes); err != nil {
		panic(err)
	}
	return span
}

// call adds a server span of GET /{service}.
func (tr *trace) call(service string, id, parent int, more map[string]any) *trace {
	attributes := map[string]any{
		"http.request.method": "GET", "http.route": "/" + service, "url.path": "/" + service,
		"http.response.status_code": 200, "client.address": "203.0.113.9", "user.id": "7", "session.id": "s",
		"http.request.body.content": `{"id": 42}`, "http.response.body.content": `{"total": 9.5}`, "url.query": "page=2",
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

const orderSQL = `SELECT id, total FROM orders WHERE id = 42 AND user_id = 7`

// checkout is a call of two services with a statement, whose spans have the ids from the first one on.
func checkout(trace, first int) ptrace.Traces {
	return newTrace(trace).
		call("shop", first, 0, nil).
		internal("shop", first+1, first).
		call("orders", first+2, first+1, nil).
		statement("orders", first+3, first+2, orderSQL).td
}

func copyOf(td ptrace.Traces) ptrace.Traces {
	out := ptrace.NewTraces()
	td.CopyTo(out)
	return out
}

// apart is the spans one by one, in another order.
func apart(td ptrace.Traces, order ...int) (batches []ptrace.Traces) {
	for _, i := range order {
		one := ptrace.NewTraces()
		td.ResourceSpans().At(i).CopyTo(one.ResourceSpans().AppendEmpty())
		batches = append(batches, one)
	}
	return batches
}

func benchSettings(id component.ID) exporter.Settings {
	set := exportertest.NewNopSettings(metadata.Type)
	set.ID = id
	return set
}
