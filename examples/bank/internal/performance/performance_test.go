package performance_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/examples/bank/internal/performance"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/recorder"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// minutes of the bank with an attack of each kind of tampering, and a theft.
func minutes(t *testing.T, length time.Duration) *plan.Plan {
	t.Helper()
	options := plan.Quiet(3, length)
	options.Users, options.Rate = 80, 3 // a small bank answers in time, also under the race detector
	var at time.Duration
	for _, kind := range plan.Kinds() {
		if kind.Tampering() {
			at += 5 * time.Second
			options.Attacks = append(options.Attacks, plan.Scheduled{Kind: kind.Name, At: at, Strength: 1})
		}
	}
	require.NotEmpty(t, options.Attacks)
	// Several lines with one login.
	options.Attacks = append(options.Attacks, plan.Scheduled{Kind: "theft_loud", At: time.Minute, Strength: 0.2})
	p, err := plan.New(options)
	require.NoError(t, err)
	return p
}

// perform plays a plan and returns what came of it and all spans.
func perform(t *testing.T, p *plan.Plan, factor float64) (performance.Outcome, []ptrace.Span) {
	t.Helper()
	var (
		mu    sync.Mutex
		spans []ptrace.Span
	)
	received, err := recorder.Start(func(td ptrace.Traces) error {
		mu.Lock()
		defer mu.Unlock()
		for _, resource := range td.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				spans = slices.AppendSeq(spans, allSpans(scope))
			}
		}
		return nil
	})
	require.NoError(t, err)
	outcome, err := performance.Perform(t.Context(), performance.Options{
		Plan: p, Factor: factor, DSN: filepath.Join(t.TempDir(), "bank.db"),
		Telemetry: telemetry.Options{Endpoint: received.Endpoint(), OptIns: telemetry.All},
	})
	require.NoError(t, err)
	require.NoError(t, received.Stop())
	return outcome, spans
}

func allSpans(scope ptrace.ScopeSpans) func(func(ptrace.Span) bool) {
	return func(yield func(ptrace.Span) bool) {
		for _, span := range scope.Spans().All() {
			if !yield(span) {
				return
			}
		}
	}
}

// Two performances of one plan are the same calls, answered alike, and the same truth; only their times differ, and what
// the bank makes up by chance: session ids.
func TestTheSameSeedIsTheSamePerformance(t *testing.T) {
	t.Parallel()
	p := minutes(t, 6*time.Minute)
	first, firstSpans := perform(t, p, 60)
	second, secondSpans := perform(t, p, 60)
	assert.Equal(t, len(p.Calls), first.Summary.Made)
	assert.Equal(t, first.Summary, second.Summary)

	require.Len(t, second.Truth, len(first.Truth))
	for i := range first.Truth {
		a, b := first.Truth[i], second.Truth[i]
		a.At, b.At = time.Time{}, time.Time{}
		assert.Equal(t, a, b)
	}
	once, again := requests(firstSpans), requests(secondSpans)
	assert.Len(t, once, len(p.Calls))
	require.Len(t, again, len(once))
	for trace, request := range once {
		assert.Equal(t, request, again[trace])
	}
}

// requests returns what the gateway was asked and answered, by trace.
func requests(spans []ptrace.Span) map[string]string {
	asked := make(map[string]string)
	for _, span := range spans {
		forwarded, ok := span.Attributes().Get("user_agent.original")
		if span.Kind() != ptrace.SpanKindServer || !ok || strings.HasPrefix(forwarded.Str(), "Go-http-client") {
			continue
		}
		var b strings.Builder
		for _, key := range []string{
			"client.address", "user_agent.original", "user.id", "http.request.method", "http.route", "url.path", "url.query",
			"http.request.body.content", "http.request.header.idempotency-key", "http.response.status_code",
		} {
			if value, ok := span.Attributes().Get(key); ok {
				b.WriteString(key + "=" + value.AsString() + "\n")
			}
		}
		asked[span.TraceID().String()] += b.String()
	}
	return asked
}

// The truth names traces that are there, of the calls that it says; the recording ends about now and keeps the plan's time.
func TestTruthAndTimes(t *testing.T) {
	t.Parallel()
	p := minutes(t, 5*time.Minute)
	outcome, spans := perform(t, p, 60)
	gateway := make(map[string]ptrace.Span)
	var first, last time.Time
	for _, span := range spans {
		start, end := span.StartTimestamp().AsTime(), span.EndTimestamp().AsTime()
		require.False(t, end.Before(start))
		if first.IsZero() || start.Before(first) {
			first = start
		}
		if end.After(last) {
			last = end
		}
		agent, ok := span.Attributes().Get("user_agent.original")
		if ok && span.Kind() == ptrace.SpanKindServer && !strings.HasPrefix(agent.Str(), "Go-") {
			gateway[span.TraceID().String()] = span
		}
	}
	// The plan ends before now, the more so the faster it is played; only who is late gets ahead of the wall's clock.
	planned := outcome.Stage.Begin.Add(p.Options.Length)
	assert.False(t, planned.After(outcome.Stage.Clock.Wall(planned)))
	assert.WithinDuration(t, outcome.Stage.Clock.Wall(planned), planned, 4*time.Minute)
	assert.False(t, last.After(outcome.Stage.Clock.Now()))
	assert.WithinDuration(t, outcome.Stage.Begin, first, time.Minute)
	require.NotEmpty(t, outcome.Truth)
	kinds := make(map[string]bool)
	for _, call := range outcome.Truth {
		kinds[call.Kind] = true
		span, ok := gateway[call.TraceID]
		require.True(t, ok, "%s: no such trace", call.Attack)
		path, _, _ := strings.Cut(call.Path, "?")
		assert.Equal(t, call.Client, text(span.Attributes(), "client.address"))
		assert.Equal(t, call.Method, text(span.Attributes(), "http.request.method"))
		assert.Equal(t, path, text(span.Attributes(), "url.path"))
		assert.False(t, span.StartTimestamp().AsTime().Before(call.At), "%s: begun before it was sent", call.Attack)
		switch {
		case call.Hole != "":
			assert.Less(t, call.Status, 400, "%s was to succeed by the hole %s", call.Attack, call.Hole)
		case call.Kind != "unknown_parameter": // which has no effect
			assert.GreaterOrEqual(t, call.Status, 400, "%s was to be refused", call.Attack)
			assert.Less(t, call.Status, 500, "%s was to be refused", call.Attack)
		}
	}
	assert.GreaterOrEqual(t, len(kinds), 20)

	file := filepath.Join(t.TempDir(), "truth.jsonl.gz")
	require.NoError(t, performance.WriteTruth(file, outcome.Truth))
	read, err := groundtruth.Read(file)
	require.NoError(t, err)
	assert.Len(t, read, len(outcome.Truth))
	require.Error(t, performance.WriteTruth(filepath.Join(file, "truth.jsonl"), nil), "a file is no folder")
}

func text(attributes pcommon.Map, key string) string {
	value, _ := attributes.Get(key)
	return value.AsString()
}

// Where the database cannot be made, nothing is begun.
func TestPerformWithoutDatabase(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	_, err := performance.Perform(t.Context(), performance.Options{
		Plan: minutes(t, 5*time.Minute), Factor: 60,
		DSN: filepath.Join(path, "bank.db"),
	})
	require.ErrorContains(t, err, "create the bank's database")
}
