package apiinvariantprocessor

import (
	"context"
	"errors"
	"flag"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/ptracetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/processor/apiinvariantprocessor/internal/metadata"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestBatchesPassUntouched(t *testing.T) {
	b := newBench(t, withRules(ownID, ownOrder))
	td := order(1, "?user=8", anysSQL)
	want := copyOf(td)
	b.send(td)
	require.Len(t, b.arrived(false), 1, "at once")
	assert.NoError(t, ptracetest.CompareTraces(want, b.arrived(false)[0]))
	assert.False(t, b.Capabilities().MutatesData)
	b.stop()
}

func TestTheNextConsumersErrorComesBack(t *testing.T) {
	refuse := errors.New("refused")
	p, err := NewFactory().CreateTraces(t.Context(), processortest.NewNopSettings(metadata.Type), withRules(ownID), consumertest.NewErr(refuse))
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	assert.ErrorIs(t, p.ConsumeTraces(t.Context(), ptrace.NewTraces()), refuse)
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestAViolationIsAChildOfTheSpanThatItCondemns(t *testing.T) {
	b := newBench(t, withRules(ownOrder))
	b.send(order(1, "", anysSQL))
	b.stop()
	require.Equal(t, []string{"own-order of 1"}, b.told())
	require.Len(t, b.arrived(true), 1)
	got := b.arrived(true)[0]

	file := filepath.Join("testdata", "violation.yaml")
	if *update {
		require.NoError(t, golden.WriteTracesToFile(file, got))
	}
	want, err := golden.ReadTraces(file)
	require.NoError(t, err)
	assert.NoError(t, ptracetest.CompareTraces(want, got))
}

func TestARuleAboutTheCallAloneIsJudgedAsItsSpanArrives(t *testing.T) {
	b := newBench(t, withRules(ownID, ownOrder))
	b.send(order(1, "?user=8", anysSQL), order(2, "?user=7", anysSQL))
	require.Eventually(t, func() bool { return len(b.violations()) == 1 }, 10*time.Second, time.Millisecond)
	assert.Equal(t, []string{"own-id of 1"}, b.told(), "the rule about statements waits")
	b.stop()
	assert.Equal(t, []string{"own-id of 1", "own-order of 1", "own-order of 1"}, b.told())
}

func TestARuleAboutStatementsIsJudgedWhenTheCallHasSettled(t *testing.T) {
	cfg := withRules(ownOrder, audited)
	cfg.Settle = time.Second
	b := newBench(t, cfg)
	b.send(order(1, "", anysSQL))
	b.pass(900 * time.Millisecond)
	b.send(newTrace(1).statement("orders", 9, 2, auditSQL).td) // a straggler
	assert.Empty(t, b.told())
	b.pass(200 * time.Millisecond)
	require.Eventually(t, func() bool { return len(b.violations()) > 0 }, 10*time.Second, time.Millisecond)
	b.send(newTrace(1).statement("orders", 10, 2, anysSQL).td) // too late
	b.stop()
	assert.Equal(t, []string{"own-order of 1"}, b.told())
}

func TestShutdownJudgesWhatWaits(t *testing.T) {
	b := newBench(t, withRules(ownOrder, audited))
	b.send(order(1, "", anysSQL), order(2, "", ownedSQL, auditSQL), order(3, "", ownedSQL))
	assert.Empty(t, b.told())
	b.stop()
	assert.Equal(t, []string{"audited of 1", "audited of 1", "own-order of 1"}, b.told())
}

// More violations than fit into the queue are found at once when a processor ends; nobody else waits for it then.
func TestShutdownWaitsForRoomInTheQueue(t *testing.T) {
	cfg := withRules(ownOrder)
	cfg.QueueSize = 2
	b := newBench(t, cfg)
	for i := range 9 {
		td := order(byte(i+1), "", anysSQL)
		td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr("user.id", strconv.Itoa(i+100))
		b.send(td)
	}
	b.stop()
	assert.Len(t, b.told(), 9)
}

func TestAProcessorMayBeEndedTwice(t *testing.T) {
	b := newBench(t, withRules(ownOrder))
	b.stop()
	b.stop()
}

// A call of a minute and a half that ends just after the start had statements that went to whoever was here before.
func TestALongCallOverTheStartIsNotAccused(t *testing.T) {
	b := newBench(t, withRules(audited))
	td := order(1, "", ownedSQL)
	span := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	span.SetStartTimestamp(pcommon.NewTimestampFromTime(noon.Add(-90 * time.Second)))
	span.SetEndTimestamp(pcommon.NewTimestampFromTime(noon.Add(5 * time.Second)))
	b.pass(5 * time.Second)
	b.send(td)
	b.stop()
	assert.Empty(t, b.told())
}

// The wall clock may be set while calls wait: they wait by another one.
func TestAClockThatIsSetHurriesNobody(t *testing.T) {
	p, err := NewFactory().CreateTraces(t.Context(), processortest.NewNopSettings(metadata.Type), withRules(audited), new(consumertest.TracesSink))
	require.NoError(t, err)
	w := p.(*tracesProcessor).watch
	before := w.clock()
	w.now = func() time.Time { return time.Now().Round(0).Add(time.Hour) } // Round leaves out the monotonic reading
	assert.Greater(t, w.clock()-before, int64(time.Hour/2), "what has no monotonic reading is taken at its word")
	w.now = time.Now
	assert.Less(t, w.clock()-before, int64(time.Minute))
	require.NoError(t, p.Shutdown(t.Context()))
}

func TestAShutdownWithoutTimeEndsAllTheSame(t *testing.T) {
	b := newBench(t, withRules(ownOrder))
	b.send(order(1, "", anysSQL))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, b.Shutdown(ctx))
	assert.Empty(t, b.told())
}

func TestAChildCallIsLookedAt(t *testing.T) {
	checkout := func(id byte, status int) ptrace.Traces {
		return newTrace(id).
			call("shop", 1, 0, "POST /checkout", "/checkout", nil).
			internal("shop", 2, 1).
			call("payment", 3, 2, "POST /pay", "/pay", map[string]any{"http.response.status_code": status}).td
	}
	b := newBench(t, withRules(paidChild))
	b.send(checkout(1, 200), checkout(2, 402))
	b.stop()
	require.Equal(t, []string{"paid of 1"}, b.told())
	assert.Equal(t, byte(2), b.violations()[0].TraceID()[15])
}

func TestARetriedBatchCountsOnce(t *testing.T) {
	cfg := withRules(ownID, ownOrder)
	cfg.Settle = time.Second
	b := newBench(t, cfg)
	td := order(1, "?user=8", anysSQL)
	for range 5 {
		b.send(copyOf(td))
	}
	b.pass(2 * time.Second)
	require.Eventually(t, func() bool { return len(b.violations()) == 2 }, 10*time.Second, time.Millisecond)
	for range 5 {
		b.send(copyOf(td))
		b.pass(2 * time.Second)
	}
	b.stop()
	assert.Equal(t, []string{"own-id of 1", "own-order of 1"}, b.told())
	held := int64(0)
	b.rules.each(func(_ string, t *tally) { held += t.violated.Load() + t.held.Load() })
	assert.Equal(t, int64(2), held, "nor is a rule counted twice")
}

// TestVerdictsDoNotDependOnTheOrderOfSpans: shuffled, split and repeated spans say what the orderly trace says.
func TestVerdictsDoNotDependOnTheOrderOfSpans(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tr := newTrace(1)
		services := []string{"shop", "orders", "payment"}
		spans := rapid.IntRange(1, 12).Draw(rt, "spans")
		for id := 1; id <= spans; id++ {
			parent := rapid.IntRange(0, id-1).Draw(rt, "parent")
			service := rapid.SampledFrom(services).Draw(rt, "service")
			switch rapid.IntRange(0, 3).Draw(rt, "kind") {
			case 0:
				tr.call(service, id, parent, "GET /orders/{id}", "/orders/42"+rapid.SampledFrom([]string{"", "?user=7", "?user=8"}).Draw(rt, "query"), nil)
			case 1:
				tr.call(service, id, parent, "POST /checkout", "/checkout", nil)
			case 2:
				tr.statement(service, id, parent, rapid.SampledFrom([]string{ownedSQL, anysSQL, auditSQL, "COMMIT"}).Draw(rt, "sql"))
			default:
				tr.internal(service, id, parent)
			}
		}
		cfg := withRules(ownID, ownOrder, audited, paidChild)
		cfg.Limits.MaxPerRuleAndCaller = 100 // which of more are told depends on the order
		orderly := newBench(t, cfg)
		orderly.send(copyOf(tr.td))
		orderly.stop()

		var indices []int
		for i := range spans {
			indices = append(indices, i)
		}
		shuffled := rapid.Permutation(indices).Draw(rt, "order")
		again := rapid.SliceOfN(rapid.SampledFrom(indices), 0, 5).Draw(rt, "again")
		b := newBench(t, cfg)
		b.send(apart(tr.td, append(shuffled, again...))...)
		b.stop()
		assert.Equal(rt, orderly.told(), b.told())
	})
}

func TestStatementsThatMayHaveComeBeforeTheStartAreNotMissed(t *testing.T) {
	for began, told := range map[time.Duration][]string{
		-time.Second: {},               // a second before the start, so some statements may have gone to whoever was here before
		time.Second:  {"audited of 1"}, // all were seen
		-time.Hour:   {"audited of 1"}, // a recording is played
	} {
		b := newBench(t, withRules(audited))
		require.Equal(t, noon.UnixNano(), b.rules.current.Load().since)
		td := order(1, "", ownedSQL)
		start := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).StartTimestamp().AsTime()
		b.rules.current.Load().since = start.Add(-began).UnixNano()
		b.send(td)
		b.stop()
		assert.Equal(t, told, b.told(), began)
	}
}

func TestIgnoredCallsAreNotJudgedButBoundWhatIsTheirs(t *testing.T) {
	cfg := withRules(ownOrder, `empty | POST /checkout | db.all(s, s.table != "orders")`)
	cfg.Ignore.Routes = []string{"/orders/{id}"}
	cfg.Ignore.Clients = []string{"198.51.100.0/24"}
	cfg.Ignore.UserAgents = []string{"kube-probe/"}
	b := newBench(t, cfg)
	b.send(newTrace(1).
		call("shop", 1, 0, "POST /checkout", "/checkout", nil).
		statement("shop", 2, 1, auditSQL).
		call("orders", 3, 1, "GET /orders/{id}", "/orders/42", nil).
		statement("orders", 4, 3, anysSQL).td)
	b.send(newTrace(2).
		call("shop", 5, 0, "POST /checkout", "/checkout", map[string]any{"client.address": "198.51.100.7"}).
		statement("shop", 6, 5, anysSQL).td)
	b.send(newTrace(3).
		call("shop", 7, 0, "POST /checkout", "/checkout", map[string]any{"user_agent.original": "kube-probe/1.31"}).
		statement("shop", 8, 7, anysSQL).td)
	b.stop()
	assert.Empty(t, b.told())
}

func TestASecondInstanceIsRefusedWithAHint(t *testing.T) {
	b := newBench(t, withRules(ownID))
	set := processortest.NewNopSettings(metadata.Type)
	set.ID = b.id
	second, err := NewFactory().CreateTraces(t.Context(), set, withRules(ownID), consumertest.NewNop())
	require.NoError(t, err)
	assert.ErrorContains(t, second.Start(t.Context(), componenttest.NewNopHost()), "name the second one, such as api_invariant/b")
	require.NoError(t, second.Shutdown(t.Context()))
	b.stop()
}
