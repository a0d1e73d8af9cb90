package apianomalyconnector

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/pmetrictest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// reports is a consumer that remembers what it got and when.
type reports struct {
	mu      sync.Mutex
	at      []time.Time
	batches []pmetric.Metrics
	refuse  func() error
}

func (*reports) Capabilities() consumer.Capabilities { return consumer.Capabilities{MutatesData: true} }

func (r *reports) ConsumeMetrics(_ context.Context, md pmetric.Metrics) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		if err := r.refuse(); err != nil {
			return err
		}
	}
	r.at = append(r.at, time.Now())
	r.batches = append(r.batches, md)
	return nil
}

func (r *reports) all() []pmetric.Metrics {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.batches)
}

func points(md pmetric.Metrics) pmetric.NumberDataPointSlice {
	return md.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints()
}

// values are those of the only series, one a batch.
func (r *reports) values() []int64 {
	var values []int64
	for _, md := range r.all() {
		values = append(values, points(md).At(0).IntValue())
	}
	return values
}

func startTracesToMetrics(t *testing.T, set connector.Settings, cfg component.Config, next consumer.Metrics) connector.Traces {
	t.Helper()
	c, err := NewFactory().CreateTracesToMetrics(t.Context(), set, cfg, next)
	require.NoError(t, err)
	require.NoError(t, c.Start(t.Context(), componenttest.NewNopHost()))
	return c
}

func startLogsToMetrics(t *testing.T, set connector.Settings, next consumer.Metrics) connector.Logs {
	t.Helper()
	c, err := NewFactory().CreateLogsToMetrics(t.Context(), set, createDefaultConfig(), next)
	require.NoError(t, err)
	require.NoError(t, c.Start(t.Context(), componenttest.NewNopHost()))
	return c
}

// pass lets time go by and everything happen that is due.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func compareMetrics(t *testing.T, file string, got pmetric.Metrics) {
	t.Helper()
	file = filepath.Join("testdata", file)
	if *update {
		require.NoError(t, golden.WriteMetricsToFile(file, got, golden.SkipMetricTimestampNormalization()))
	}
	want, err := golden.ReadMetrics(file)
	require.NoError(t, err)
	assert.NoError(t, pmetrictest.CompareMetrics(want, got, pmetrictest.IgnoreMetricDataPointsOrder()))
}

func TestTracesToMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var next reports
		c := startTracesToMetrics(t, testSettings(""), createDefaultConfig(), &next)
		time.Sleep(10 * time.Second)
		require.NoError(t, c.ConsumeTraces(t.Context(), alarmAndViolation()))
		pass(0)
		require.Len(t, next.all(), 1)
		compareMetrics(t, "traces_to_metrics_zero.yaml", next.all()[0])

		pass(75 * time.Second)
		require.Len(t, next.all(), 2)
		compareMetrics(t, "traces_to_metrics.yaml", next.all()[1])
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

func TestLogsToMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var next reports
		c := startLogsToMetrics(t, testSettings("edge"), &next)
		time.Sleep(10 * time.Second)
		require.NoError(t, c.ConsumeLogs(t.Context(), alarmAndViolationRecords()))
		pass(75 * time.Second)
		require.Len(t, next.all(), 2)
		compareMetrics(t, "logs_to_metrics.yaml", next.all()[1])
		require.NoError(t, c.Shutdown(t.Context()))
	})
}

func TestNoMetricWithoutAnomalies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var next reports
		c := startTracesToMetrics(t, testSettings(""), createDefaultConfig(), &next)
		require.NoError(t, c.ConsumeTraces(t.Context(), userSpans(2, 4)))
		require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(report(anomaly.Ongoing, "/"), report(anomaly.Ended, "/"))))
		time.Sleep(5 * time.Minute)
		require.NoError(t, c.Shutdown(t.Context()))
		assert.Empty(t, next.all())
	})
}

// Whenever a series appears, its 0 stands for at least an interval and its value follows at most a tick later.
func TestZeroStandsForAnInterval(t *testing.T) {
	const interval, tick = time.Minute, time.Minute / ticksPerInterval
	for _, wait := range []time.Duration{0, 1, 14 * time.Second, tick, 44 * time.Second, 59999 * time.Millisecond, time.Hour} {
		t.Run(wait.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var next reports
				c := startTracesToMetrics(t, testSettings(""), createDefaultConfig(), &next)
				time.Sleep(wait)
				appeared := time.Now()
				require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1))))
				time.Sleep(10 * interval)
				require.NoError(t, c.Shutdown(t.Context()))

				require.Greater(t, len(next.at), 8)
				assert.Equal(t, appeared, next.at[0], "at once")
				assert.GreaterOrEqual(t, next.at[1].Sub(appeared), interval)
				assert.LessOrEqual(t, next.at[1].Sub(appeared), interval+tick)
				for i := 2; i < len(next.at)-1; i++ { // the last one is the shutdown's
					assert.Equal(t, interval, next.at[i].Sub(next.at[i-1]), "repeated every interval")
				}
				assert.EqualValues(t, 0, next.values()[0])
				for _, v := range next.values()[1:] {
					assert.EqualValues(t, 1, v)
				}
			})
		})
	}
}

// A consumer that takes its time does not throw the series out of their rhythm.
func TestSlowConsumerKeepsTheRhythm(t *testing.T) {
	const interval = time.Minute
	synctest.Test(t, func(t *testing.T) {
		next := reports{refuse: func() error { time.Sleep(time.Second); return nil }}
		c := startTracesToMetrics(t, testSettings(""), createDefaultConfig(), &next)
		require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1))))
		pass(10 * interval)
		require.NoError(t, c.Shutdown(t.Context()))
		require.Greater(t, len(next.at), 9)
		for i := 2; i < len(next.at)-1; i++ {
			assert.Equal(t, interval, next.at[i].Sub(next.at[i-1]))
		}
	})
}

func TestOverflowSeriesSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var next reports
		cfg := &Config{MetricsFlushInterval: time.Minute, MaxSeries: 1, MaxExemplars: 1}
		c := startTracesToMetrics(t, testSettings(""), cfg, &next)
		require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1), report(anomaly.Begun, "/"))))
		require.NoError(t, c.Shutdown(t.Context()))

		last := points(next.all()[1])
		require.Equal(t, 1, last.Len())
		assert.EqualValues(t, 2, last.At(0).IntValue())
		assert.Equal(t, map[string]any{
			"otel.metric.overflow": true, "anomaly.source": "traces", "collector.instance.id": testInstanceID,
		}, last.At(0).Attributes().AsRaw())
	})
}

func TestRetriedBatchIsCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var next reports
		c := startTracesToMetrics(t, testSettings(""), createDefaultConfig(), &next)
		for range 3 {
			require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1), violation(2))))
		}
		require.NoError(t, c.Shutdown(t.Context()))
		assert.EqualValues(t, 2, next.values()[len(next.values())-1])
	})
}

// At shutdown everything goes out, also the count of a series that appeared a moment ago: its 0 before it, and older.
func TestShutdownFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var next reports
		c := startTracesToMetrics(t, testSettings(""), createDefaultConfig(), &next)
		require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1))))
		require.NoError(t, c.Shutdown(t.Context()))

		require.Equal(t, []int64{0, 1}, next.values())
		assert.Less(t, points(next.all()[0]).At(0).Timestamp(), points(next.all()[1]).At(0).Timestamp())
		assert.Equal(t, 1, points(next.all()[1]).At(0).Exemplars().Len())
	})
}

// A consumer that hangs is told to stop by its context, and shutdown does not wait longer than its own.
func TestShutdownDoesNotHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := make(chan struct{})
		next := reports{refuse: func() error { <-hang; return nil }}
		c := startTracesToMetrics(t, testSettings(""), createDefaultConfig(), &next)
		require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1))))
		pass(0)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, c.Shutdown(ctx), context.DeadlineExceeded)
		close(hang)
	})
}

func TestMetricsSurvivePanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := true
		next := reports{refuse: func() error {
			if broken {
				panic("out of order")
			}
			return nil
		}}
		c := startTracesToMetrics(t, testSettings(""), createDefaultConfig(), &next)
		require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1))))
		pass(0)
		next.mu.Lock()
		broken = false
		next.mu.Unlock()
		time.Sleep(3 * time.Minute)
		require.NoError(t, c.Shutdown(t.Context()))
		assert.EqualValues(t, 0, next.values()[0])
		assert.EqualValues(t, 1, next.values()[len(next.values())-1])
	})
}

// The same anomaly, read by two connectors that write to one store: no series may be that of both.
func TestSeriesOfTwoConnectorsDiffer(t *testing.T) {
	other := testSettings("")
	other.Resource.Attributes().PutStr("service.instance.id", "another")
	anonymous := testSettings("")
	anonymous.Resource.Attributes().Clear()

	synctest.Test(t, func(t *testing.T) {
		outputs := map[string]*reports{}
		for name, set := range map[string]connector.Settings{
			"traces": testSettings(""), "traces named": testSettings("b"), "traces of another Collector": other,
			"traces of an anonymous one": anonymous, "traces of a second anonymous one": anonymous,
		} {
			outputs[name] = &reports{}
			cfg := &Config{MetricsFlushInterval: time.Minute, MaxSeries: 2, MaxExemplars: 1}
			c := startTracesToMetrics(t, set, cfg, outputs[name])
			require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1), report(anomaly.Begun, "/"))))
			require.NoError(t, c.Shutdown(t.Context()))
		}
		outputs["logs"] = &reports{}
		c := startLogsToMetrics(t, testSettings(""), outputs["logs"])
		require.NoError(t, c.ConsumeLogs(t.Context(), recordsOf(violation(1), report(anomaly.Begun, "/"))))
		require.NoError(t, c.Shutdown(t.Context()))

		owner := map[string]string{}
		for name, output := range outputs {
			require.Len(t, output.histories(), 2, name)
			for series := range output.histories() {
				assert.Empty(t, owner[series], "%s also writes %s", name, series)
				owner[series] = name
			}
		}
	})
}

// An exporter may put the resource's attributes over those of the points.
func TestOffenderIsNotHiddenByTheResource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var next reports
		c := startTracesToMetrics(t, testSettings(""), createDefaultConfig(), &next)
		require.NoError(t, c.ConsumeTraces(t.Context(), spansOf(violation(1))))
		require.NoError(t, c.Shutdown(t.Context()))
		rm := next.all()[0].ResourceMetrics().At(0)
		service, _ := points(next.all()[0]).At(0).Attributes().Get("service.name")
		assert.Equal(t, "shop", service.Str())
		assert.Zero(t, rm.Resource().Attributes().Len())
	})
}
