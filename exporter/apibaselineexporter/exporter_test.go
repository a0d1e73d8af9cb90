package apibaselineexporter

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/ptracetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

func TestATraceIsLearnedAsAWholeWhenItHasSettled(t *testing.T) {
	b := startBench(t, options{})
	td := checkout(1, 1)
	want := copyOf(td)
	b.send(td)
	assert.NoError(t, ptracetest.CompareTraces(want, td), "the batch stays as it is")
	assert.False(t, b.traces.Capabilities().MutatesData)
	b.pass(15 * time.Second) // its calls have settled, the trace has not
	b.await(func() bool { traces, _ := b.watch.order.waits(); return traces == 1 })
	assert.Empty(t, b.pupil.taught())
	b.pass(10 * time.Second)
	b.await(func() bool { return len(b.pupil.taught()) == 1 })
	assert.Equal(t, []string{"shop 1*>3 3+SELECT"}, b.pupil.taught())

	learned := b.pupil.last()
	shop := learned.Calls[0].Call
	assert.Equal(t, "7", shop.User)
	assert.Equal(t, "s", shop.Session)
	assert.Equal(t, "page=2", shop.Query)
	assert.Equal(t, invariant.Body{Text: `{"id": 42}`, State: invariant.WholeBody}, shop.RequestBody)
	assert.Equal(t, `{"total": 9.5}`, shop.ResponseBody.Text)
	around := &learned.Calls[1].Around
	assert.False(t, around.StatementsLost || around.StatementsOpen || around.CallsLost)
	assert.Same(t, learned.Calls[1].Call, learned.Calls[0].Around.Calls[0])
	b.stop()
	assert.Len(t, b.pupil.taught(), 1)
}

// What comes in parts, and in whatever order, is one trace; of traces, the one that began first comes first.
func TestTracesAreLearnedInTheOrderOfTheirTime(t *testing.T) {
	b := startBench(t, options{})
	first, second, third := checkout(1, 1), checkout(2, 50), checkout(3, 10)
	b.send(apart(second, 3, 1)...)
	b.send(third)
	b.pass(3 * time.Second)
	b.send(apart(second, 0, 2)...)
	b.send(apart(first, 2, 3)...)
	b.pass(4 * time.Second)
	b.send(apart(first, 1, 0)...)
	b.pass(11 * time.Second) // part by part they settle
	b.await(func() bool { traces, _ := b.watch.order.waits(); return traces == 3 })
	b.pass(20 * time.Second)
	b.await(func() bool { return len(b.pupil.taught()) == 3 })
	assert.Equal(t, []string{"shop 1*>3 3+SELECT", "shop 10*>12 12+SELECT", "shop 50*>52 52+SELECT"}, b.pupil.taught())
	b.stop()
}

func TestShutdownLearnsWhatWaitsAndWrites(t *testing.T) {
	b := startBench(t, options{change: func(c *Config) {
		c.References, c.Report = strings.Replace(c.Invariants, "invariants.yaml", "references", 1), strings.Replace(c.Invariants, "invariants.yaml", "report.md", 1)
	}})
	b.send(checkout(2, 10), checkout(1, 1))
	b.stop()
	assert.Equal(t, []string{"shop 1*>3 3+SELECT", "shop 10*>12 12+SELECT"}, b.pupil.taught())
	for _, o := range b.pupil.last().Calls {
		assert.True(t, o.Around.StatementsLost && o.Around.CallsLost, "nobody knows what would still have come")
	}
	book, err := rulefile.Load(b.file("invariants.yaml"))
	require.NoError(t, err)
	require.Len(t, book.Rules, 1)
	assert.Equal(t, "rule-1", book.Rules[0].ID)
	assert.Equal(t, "2 references\n", b.content("references"))
	assert.Contains(t, b.content("report.md"), "alls of shop are answered")
	assert.Empty(t, b.said(zap.WarnLevel))
	b.stop() // may be done again
}

// A call that began before the exporter did had statements that went to whoever was here before.
func TestACallOverTheStartMayLackSomething(t *testing.T) {
	b := startBench(t, options{})
	td := checkout(1, 1)
	for i, began := range []time.Duration{-time.Second, -time.Hour} {
		span := td.ResourceSpans().At(2 * i).ScopeSpans().At(0).Spans().At(0)
		span.SetStartTimestamp(pcommon.NewTimestampFromTime(noon.Add(began)))
		span.SetEndTimestamp(pcommon.NewTimestampFromTime(noon.Add(began + 2*time.Millisecond)))
	}
	b.send(td)
	b.pass(30 * time.Second)
	b.await(func() bool { traces, _ := b.watch.order.waits(); return traces == 1 })
	b.pass(30 * time.Second)
	b.await(func() bool { return len(b.pupil.taught()) == 1 })
	calls := b.pupil.last().Calls
	assert.Equal(t, "shop", calls[1].Call.Service)
	assert.True(t, calls[1].Around.CallsLost)
	assert.False(t, calls[0].Around.StatementsLost, "a recording is played")
	b.stop()
}

func TestARetriedBatchIsLearnedOnce(t *testing.T) {
	b := startBench(t, options{})
	for range 3 {
		b.send(checkout(1, 1))
		b.pass(15 * time.Second)
		b.await(func() bool { return b.watch.tree.Stats().Traces == 0 })
	}
	b.stop()
	assert.Equal(t, []string{"shop 1*>3 3+SELECT"}, b.pupil.taught())
}

func TestIgnoredCallsAreNotLearnedButAreChildCalls(t *testing.T) {
	b := startBench(t, options{change: func(c *Config) { c.Ignore.Routes = []string{"/orders"} }})
	b.send(checkout(1, 1))
	b.pass(15 * time.Second)
	b.await(func() bool { traces, _ := b.watch.order.waits(); return traces == 1 })
	b.stop()
	assert.Equal(t, []string{"shop 1*>3"}, b.pupil.taught())
	assert.False(t, b.pupil.last().Calls[0].Around.CallsLost)
}

func TestSpansOfOursAreNotLearned(t *testing.T) {
	b := startBench(t, options{})
	td := checkout(1, 1)
	for _, rs := range td.ResourceSpans().All() {
		rs.ScopeSpans().At(0).Scope().SetName(anomaly.ScopePrefix + "processor/apiinvariantprocessor")
	}
	b.send(td)
	b.stop()
	assert.Empty(t, b.pupil.taught())
	assert.Empty(t, b.content("invariants.yaml"), "who has learned nothing writes nothing")
}

// accessLog is a batch of lines as file_log delivers them.
func accessLog(lines ...string) plog.Logs {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr("service.name", "site")
	records := rl.ScopeLogs().AppendEmpty().LogRecords()
	for _, line := range lines {
		records.AppendEmpty().Body().SetStr(line)
	}
	return ld
}

func line(second int, path string) string {
	return fmt.Sprintf(`203.0.113.9 - ann [01/Mar/2026:12:00:%02d +0000] "GET %s HTTP/1.1" 200 512 "-" "curl/8"`, second, path)
}

func TestBothSignalsTeachOneLearner(t *testing.T) {
	b := startBench(t, options{change: func(c *Config) { c.Ignore.Routes = []string{"/health"} }})
	assert.Same(t, b.watch, b.logs.(*logsExporter).watch)
	b.sendLogs(accessLog(line(2, "/b?x=1"), line(1, "/a"), line(2, "/c"), line(3, "/health"), "something else entirely"))
	b.send(checkout(1, 1))
	b.stop()
	assert.Equal(t, []string{"shop 1*>3 3+SELECT", "site 0*", "site 0*", "site 0*"}, b.pupil.taught())
	last := b.pupil.last().Calls[0]
	assert.True(t, last.Around.Untraced)
	assert.Equal(t, "/c", last.Call.Path, "those of one second come as they came")
	assert.Equal(t, "ann", last.Call.User)
	assert.Equal(t, int64(5), b.watch.report.calls[learnedCall].Load())
}

func TestTheLastSignalThatEndsEndsTheLearning(t *testing.T) {
	b := startBench(t, options{})
	require.NoError(t, b.traces.Shutdown(t.Context()))
	require.NoError(t, b.traces.Shutdown(t.Context()), "twice is once")
	b.sendLogs(accessLog(line(1, "/a")))
	require.NoError(t, b.logs.Shutdown(t.Context()))
	assert.Len(t, b.pupil.taught(), 1)
}

func TestWhoComesAfterTheEndHarmsNobody(t *testing.T) {
	b := startBench(t, options{})
	b.stop()
	b.send(checkout(1, 1))
	b.sendLogs(accessLog(line(1, "/a")))
	assert.Empty(t, b.pupil.taught())
}

func TestTwoExportersMayNotWriteOneFile(t *testing.T) {
	b := startBench(t, options{})
	other := createDefaultConfig().(*Config)
	other.Report = b.folder + "/./invariants.yaml"
	part, err := b.traces.(*tracesExporter).shared.part(benchSettings(component.MustNewIDWithName("api_baseline", "b")), other)
	require.NoError(t, err)
	assert.ErrorContains(t, part.Start(t.Context(), nil), "is written by api_baseline already: give api_baseline/b a file of its own")
	require.NoError(t, part.Shutdown(t.Context()))
	b.stop()
}

func TestAShutdownWithoutTimeEndsAllTheSame(t *testing.T) {
	b := startBench(t, options{})
	b.send(checkout(1, 1))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, b.logs.Shutdown(ctx))
	require.NoError(t, b.traces.Shutdown(ctx))
	assert.Empty(t, b.pupil.taught())
	assert.Empty(t, b.content("invariants.yaml"))
	assert.Len(t, b.said(zap.WarnLevel), 2)
	assert.Equal(t, int64(2), b.watch.report.calls[unlearnedCall].Load())
}

func TestFilesAreWrittenAtIntervals(t *testing.T) {
	b := startBench(t, options{change: func(c *Config) { c.WriteInterval = time.Second }})
	b.send(checkout(1, 1))
	b.pass(15 * time.Second)
	b.await(func() bool { traces, _ := b.watch.order.waits(); return traces == 1 })
	b.pass(15 * time.Second)
	b.await(func() bool { return strings.Contains(b.content("invariants.yaml"), "rule-1") })
	b.stop()
}

func TestAFileThatCannotBeWrittenIsTriedAgain(t *testing.T) {
	b := startBench(t, options{})
	b.send(checkout(1, 1))
	b.pupil.fails = true
	b.stop()
	assert.Empty(t, b.content("invariants.yaml"))
	assert.Contains(t, b.said(zap.ErrorLevel)[0], "Recovered from a panic")

	folder := t.TempDir()
	b = startBench(t, options{folder: folder, change: func(c *Config) { c.Report = c.Invariants + ".md" }})
	b.send(checkout(1, 1))
	b.watch.config.Report = folder + "/gone/report.md"
	b.stop()
	assert.Contains(t, b.content("invariants.yaml"), "rule-1", "the other one is written")
	assert.Contains(t, b.said(zap.WarnLevel), "A file was not written and is as it was")
}

func TestAFolderThatNobodyMayWriteToIsToldAtTheStart(t *testing.T) {
	b := newBench(t, options{})
	b.watch.config.Invariants = b.file("gone/invariants.yaml")
	err := b.start(nil)
	require.ErrorContains(t, err, "invariants: open ")
	require.ErrorContains(t, err, "no such file or directory")
	b.stop()
}

func TestAPanicCostsOneSpanOrOneTrace(t *testing.T) {
	b := startBench(t, options{})
	calls := b.watch.settings.calls
	b.watch.settings.calls = nil
	b.send(checkout(1, 1))
	b.sendLogs(accessLog(line(1, "/a")))
	b.watch.settings.calls = calls
	b.send(checkout(2, 11))
	b.stop()
	assert.Equal(t, []string{"shop 11*>13 13+SELECT"}, b.pupil.taught())

	b = startBench(t, options{pupil: &pupil{stumbles: true}})
	b.send(checkout(1, 1))
	b.stop()
	assert.Equal(t, int64(2), b.watch.report.calls[failedCall].Load())
}

func TestManySendersAtOnce(t *testing.T) {
	b := startBench(t, options{change: func(c *Config) {
		c.Settle, c.Features, c.WriteInterval = leastSettle, c.Invariants+".csv", time.Second
	}})
	var senders sync.WaitGroup
	for s := range 4 {
		senders.Go(func() {
			for i := range 50 {
				td := checkout(1000*s+i+1, i+1)
				assert.NoError(t, b.traces.ConsumeTraces(t.Context(), copyOf(td)))
				assert.NoError(t, b.traces.ConsumeTraces(t.Context(), td))
				assert.NoError(t, b.logs.ConsumeLogs(t.Context(), accessLog(line(i, "/a"))))
				b.pass(time.Millisecond)
			}
		})
	}
	senders.Wait()
	b.stop()
	counts := &b.watch.report.calls
	assert.Equal(t, int64(4*50*3), counts[learnedCall].Load()+counts[lateCall].Load())
	assert.NotEmpty(t, b.pupil.taught())
}
