package apibaselineexporter

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/exporter/apibaselineexporter/internal/metadatatest"
)

func TestThePeriodBeginsWithTheFirstCall(t *testing.T) {
	c := &calendar{period: period{length: 100}}
	assert.True(t, c.admits(1000))
	assert.True(t, c.admits(1099))
	assert.False(t, c.over())
	assert.False(t, c.admits(1100))
	assert.True(t, c.over())
	assert.Equal(t, times{First: 1000, Last: 1099, Count: 2, Over: 1100}, c.now())
}

func TestForEverHasNoEnd(t *testing.T) {
	c := new(calendar)
	for at := int64(1); at < 1<<60; at *= 2 {
		assert.True(t, c.admits(at))
	}
	assert.False(t, c.over())
}

func TestUntilIsATimeOfCalls(t *testing.T) {
	c := &calendar{period: period{length: 100, until: 1050}}
	assert.True(t, c.admits(1000))
	assert.True(t, c.admits(1049))
	assert.False(t, c.admits(1050))
	assert.True(t, c.over())
}

// One wrong clock at the beginning neither begins nor ends the period.
func TestAWrongClockAtTheBeginningIsForgiven(t *testing.T) {
	for name, starts := range map[string][]int64{
		"behind":  {1, 10_000, 10_010, 10_099},
		"ahead":   {99_999, 10_000, 10_010, 10_099},
		"between": {10_000, 1, 10_010, 10_099},
	} {
		c := &calendar{period: period{length: 100}}
		for _, at := range starts {
			assert.True(t, c.admits(at), name)
		}
		assert.Equal(t, int64(10_000), c.now().First/1000*1000, name)
	}
	c := &calendar{period: period{length: 1000}}
	for at := range int64(firm) {
		require.True(t, c.admits(5000+at))
	}
	assert.True(t, c.admits(1))
	assert.False(t, c.admits(6000), "later on it is believed")
}

func TestTheTimesSurviveAChangeOfThePeriod(t *testing.T) {
	before := &calendar{period: period{length: 100}}
	before.admits(1000)
	before.admits(1050)
	before.admits(1100)
	for length, over := range map[int64]bool{50: true, 100: true, 101: false, 0: false} {
		after := &calendar{period: period{length: length}}
		after.restore(before.now())
		assert.Equal(t, over, after.over(), length)
		if !over {
			assert.Zero(t, after.now().Over)
		}
	}
}

func TestAfterThePeriodNothingIsLearnedAndTheFilesStay(t *testing.T) {
	telemetry := newTelemetry(t)
	b := startBench(t, options{telemetry: telemetry, change: func(c *Config) { c.Learn.Period = time.Second }})
	at := func(trace, ms int) { b.send(checkout(trace, ms)) }
	at(1, 1)
	at(2, 900)
	at(3, 1001)
	at(4, 1500)
	metadatatest.AssertEqualExporterAPIBaselineLearning(t, telemetry, []metricdata.DataPoint[int64]{point(1)}, valuesOnly...)
	b.pass(15 * time.Second)
	b.await(func() bool { traces, _ := b.watch.order.waits(); return traces == 4 })
	b.pass(15 * time.Second)
	b.await(func() bool { return len(b.said(zap.InfoLevel)) > 0 })
	assert.Contains(t, b.said(zap.InfoLevel)[0], "Learning has ended, since its period is over")
	assert.Equal(t, []string{"shop 1*>3 3+SELECT", "shop 900*>902 902+SELECT"}, b.pupil.taught())
	book := b.content("invariants.yaml")
	assert.Contains(t, book, "rule-1", "written at once")
	b.await(func() bool { b.watch.mu.RLock(); defer b.watch.mu.RUnlock(); return b.watch.tree == nil })
	metadatatest.AssertEqualExporterAPIBaselineLearning(t, telemetry, []metricdata.DataPoint[int64]{point(0)}, valuesOnly...)

	b.send(newTrace(5).call("other", 10, 0, nil).td)
	b.sendLogs(accessLog(line(1, "/a")))
	b.stop()
	assert.Len(t, b.pupil.taught(), 2)
	assert.Equal(t, book, b.content("invariants.yaml"))
	assert.Nil(t, b.watch.order)
	unused, err := telemetry.GetMetric("otelcol_exporter_api_baseline_items")
	require.NoError(t, err)
	assert.Contains(t, unused.Data.(metricdata.Sum[int64]).DataPoints, pointIn(t, unused, "unused", 2))
}

// pointIn is the data point of an outcome, which has that value.
func pointIn(t *testing.T, m metricdata.Metrics, outcome string, value int64) metricdata.DataPoint[int64] {
	t.Helper()
	for _, p := range m.Data.(metricdata.Sum[int64]).DataPoints {
		if v, ok := p.Attributes.Value("outcome"); ok && v.AsString() == outcome {
			assert.Equal(t, value, p.Value)
			return p
		}
	}
	require.Fail(t, "there is no such outcome", outcome)
	return metricdata.DataPoint[int64]{}
}

func TestTheEndOfThePeriodSurvivesARestart(t *testing.T) {
	host := newStorageHost(t)
	folder := t.TempDir()
	change := func(c *Config) { c.Learn.Period, c.Storage = time.Second, fileStorage }
	before := startBench(t, options{host: host, folder: folder, change: change})
	before.send(checkout(1, 1), checkout(2, 900), checkout(3, 1500))
	before.stop()
	require.Len(t, before.pupil.taught(), 2)
	require.Equal(t, int64(2), before.watch.report.calls[unlearnedCall].Load())

	after := startBench(t, options{host: host, folder: folder, change: change})
	assert.Contains(t, after.said(zap.InfoLevel)[0], "Learning has ended in a run before")
	after.send(checkout(4, 1600))
	after.stop()
	assert.Empty(t, after.pupil.taught())
	assert.Contains(t, after.content("invariants.yaml"), "rule-1")

	longer := startBench(t, options{host: host, folder: folder, change: func(c *Config) { change(c); c.Learn.Period = time.Hour }})
	longer.send(checkout(4, 1600))
	longer.stop()
	assert.Equal(t, "shop 1*>3 3+SELECT,shop 900*>902 902+SELECT,shop 1600*>1602 1602+SELECT", strings.Join(longer.pupil.taught(), ","))
}

func newTelemetry(t *testing.T) *componenttest.Telemetry {
	t.Helper()
	telemetry := componenttest.NewTelemetry()
	t.Cleanup(func() { require.NoError(t, telemetry.Shutdown(context.Background())) })
	return telemetry
}
