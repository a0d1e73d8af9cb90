package apibaselineexporter

import (
	"context"
	"io"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/exporter/apibaselineexporter/internal/metadata"
	"github.com/spanwarden/spanwarden/exporter/apibaselineexporter/internal/metadatatest"
	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/collectorbench/cputime"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/sampletraffic"
)

const (
	benchBatches = 256
	benchWarmUp  = 40 * time.Second // of event time, after which traces are learned as fast as they come
)

// idle is a learner that does not listen.
type idle struct{ calls int }

func (l *idle) Learn(t *replay.Trace)        { l.calls += len(t.Calls) }
func (*idle) Result() *baseline.Result       { return new(baseline.Result) }
func (*idle) Save(io.Writer) error           { return nil }
func (*idle) SaveReferences(io.Writer) error { return nil }
func idleSchool() school {
	return school{fresh: func() (learner, error) { return new(idle), nil }}
}

// driven is an exporter whose goroutines are the benchmark's own, so that its CPU time is all that it takes.
type driven struct {
	*watch
	settledAt time.Time
}

func startDriven(b *testing.B, clock *sampletraffic.Clock, s school, change func(*Config)) *driven {
	b.Helper()
	telemetry := componenttest.NewTelemetry()
	cfg := createDefaultConfig().(*Config)
	folder := b.TempDir()
	cfg.Invariants = filepath.Join(folder, "invariants.yaml")
	change(cfg)
	set := benchSettings(component.NewID(metadata.Type))
	set.TelemetrySettings = metadatatest.NewSettings(telemetry).TelemetrySettings
	w, err := newWatch(set, cfg)
	require.NoError(b, err)
	w.now, w.origin, w.school = clock.Now, clock.Now(), s
	require.NoError(b, w.prepare(b.Context(), nil))
	w.since = 0
	if w.rows != nil {
		w.working.Go(w.rows.run)
	}
	b.Cleanup(func() {
		require.NoError(b, w.shutdown(context.Background()))
		require.NoError(b, telemetry.Shutdown(context.Background()))
	})
	return &driven{watch: w, settledAt: clock.Now()}
}

func (d *driven) consume(ctx context.Context, td ptrace.Traces) error {
	err := (&tracesExporter{&part{watch: d.watch}}).ConsumeTraces(ctx, td)
	if now := d.now(); now.Sub(d.settledAt) >= d.tick() {
		d.settledAt = now
		d.settled(d.clock())
		d.learnDue(ctx)
	}
	return err
}

// requireAllLearned makes sure that the benchmark measured what it meant to.
func (d *driven) requireAllLearned(b *testing.B) {
	b.Helper()
	if d.order == nil {
		return
	}
	calls := &d.report.calls
	require.Positive(b, calls[learnedCall].Load())
	require.Zero(b, calls[droppedCall].Load()+calls[futureCall].Load()+calls[failedCall].Load()+calls[lateCall].Load())
	stats := d.tree.Stats()
	require.Zero(b, stats.EvictedCalls+stats.RefusedSpans+stats.Duplicates)
}

// BenchmarkSpans gives the same batches to nobody, to exporters that do more and more, and to one that has learned
// enough. ns/span is CPU time with all that is done later; the spans' new ids and times are not included.
func BenchmarkSpans(b *testing.B) {
	clock := sampletraffic.NewClock(noon)
	stream := sampletraffic.NewStream(sampletraffic.Settings{Seed: 1, OptIns: true}, benchBatches, clock)
	b.Run("nop", func(b *testing.B) { measure(b, stream, consumertest.NewNop().ConsumeTraces) })
	for _, bm := range []struct {
		name   string
		school func(*Config) school
		change func(*Config)
	}{
		{"ended", nil, nil},
		{"features", nil, func(c *Config) { c.Features, c.Invariants = c.Invariants+".csv", "" }},
		{"traces_for_nobody", func(*Config) school { return idleSchool() }, func(*Config) {}},
		{"learning", baselineSchool, func(*Config) {}},
		{"learning_and_features", baselineSchool, func(c *Config) { c.Features = c.Invariants + ".csv" }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			if bm.change == nil {
				d := startDriven(b, clock, idleSchool(), func(*Config) {})
				d.end()
				measure(b, stream, d.consume)
				return
			}
			cfg := createDefaultConfig().(*Config)
			s := idleSchool()
			if bm.school != nil {
				s = bm.school(cfg)
			}
			d := startDriven(b, clock, s, bm.change)
			for began := clock.Now(); clock.Now().Before(began.Add(benchWarmUp)); {
				require.NoError(b, d.consume(b.Context(), stream.Next().Traces))
			}
			measure(b, stream, d.consume)
			d.requireAllLearned(b)
			stats, _, bytes := d.waits()
			b.ReportMetric(float64(stats.Bytes+bytes)/(1<<20), "MiB-waiting")
		})
	}
}

// measure reports the cost of a span.
func measure(b *testing.B, stream *sampletraffic.Stream, consume func(context.Context, ptrace.Traces) error) {
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
