package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/processor/processortest"

	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
	"github.com/spanwarden/spanwarden/internal/recording"
	"github.com/spanwarden/spanwarden/processor/apitrafficprocessor"
)

// TestTrials plays days of the bank to the processor, which neither its model nor
// anybody who chose its settings has seen, and prints who finds thefts at which
// pace and after how long, and how many false alarms there are.
func TestTrials(t *testing.T) {
	folder := os.Getenv("SPANWARDEN_HOURS")
	if folder == "" {
		t.Skip("skipped the trials: `make hours` records them in a quarter of an hour, then set SPANWARDEN_HOURS to its folder, var/hours")
	}
	score := newScore()
	for _, pattern := range []string{"trial*.jsonl.gz", "quiet*.jsonl.gz"} {
		paths, err := filepath.Glob(filepath.Join(folder, pattern))
		require.NoError(t, err)
		for _, path := range paths {
			if !strings.HasSuffix(path, ".truth.jsonl.gz") {
				score.add(t, path)
			}
		}
	}
	t.Logf("\n%s", score)
	assert.LessOrEqual(t, score.falseAlarms["application_forest"], score.days()+1, "one a day at most")
	assert.LessOrEqual(t, score.falseAlarms["isolation_forest"], score.days()+1)
}

// judges are the detectors of thefts, in the order of the columns.
var judges = []string{"application_forest", "isolation_forest", "low_rate", "generalised"}

// score is what was found in some recordings.
type score struct {
	found       map[string]map[string][]time.Duration // after how long, by attack and detector
	trials      map[string]int                        // by attack
	falseAlarms map[string]int                        // by detector
	length      time.Duration
}

func newScore() *score {
	return &score{found: make(map[string]map[string][]time.Duration), trials: make(map[string]int), falseAlarms: make(map[string]int)}
}

func (s *score) days() int { return int(s.length / (24 * time.Hour)) }

func (s *score) add(t *testing.T, path string) {
	t.Helper()
	truth, err := groundtruth.Read(strings.TrimSuffix(path, ".jsonl.gz") + ".truth.jsonl.gz")
	require.NoError(t, err)
	findings, length := play(t, path)
	s.length += length
	verdict := groundtruth.Judge(truth, findings, groundtruth.Options{})
	first := make(map[string]time.Time)
	for _, a := range verdict.Attacks {
		s.trials[name(a.ID)]++
		first[a.ID] = a.First
		if s.found[name(a.ID)] == nil {
			s.found[name(a.ID)] = make(map[string][]time.Duration)
		}
	}
	seen := make(map[string]bool)
	for i := range verdict.Alarms {
		alarm := &verdict.Alarms[i]
		if alarm.False() {
			s.falseAlarms[alarm.Detector]++
			t.Logf("false alarm in %s: %s", filepath.Base(path), alarm.Message)
		}
		for _, id := range alarm.Attacks {
			if key := id + " " + alarm.Detector; !seen[key] {
				seen[key] = true
				s.found[name(id)][alarm.Detector] = append(s.found[name(id)][alarm.Detector], alarm.WindowEnd.Sub(first[id]))
			}
		}
	}
}

// name of an attack; of the thefts at several paces it is the pace.
func name(id string) string {
	kind, number, _ := strings.Cut(id, "-")
	if kind != "theft_slow" {
		return kind
	}
	n := 0
	_, _ = fmt.Sscan(number, &n)
	return fmt.Sprintf("theft of %g a minute", plan.Paces[n-1])
}

// String is a table in Markdown.
func (s *score) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| Attack | %s |\n| --- |%s\n", strings.Join(judges, " | "), strings.Repeat(" --- |", len(judges)))
	attacks := make([]string, 0, len(s.trials))
	for _, pace := range plan.Paces {
		attacks = append(attacks, fmt.Sprintf("theft of %g a minute", pace))
	}
	attacks = append(attacks, "theft_loud", "theft_distributed", "probing", "password_guessing")
	for _, attack := range attacks {
		fmt.Fprintf(&b, "| %s |", attack)
		for _, judge := range judges {
			after := s.found[attack][judge]
			cell := fmt.Sprintf(" %d of %d", len(after), s.trials[attack])
			if len(after) > 0 {
				slices.Sort(after)
				cell += fmt.Sprintf(", %d min", int(after[len(after)/2].Minutes()+0.5))
			}
			b.WriteString(cell + " |")
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "| false alarms in %.0f h |", s.length.Hours())
	for _, judge := range judges {
		fmt.Fprintf(&b, " %d |", s.falseAlarms[judge])
	}
	return b.String()
}

// play sends a recording through the processor with all its forests and returns
// what it finds.
func play(t *testing.T, path string) (findings []groundtruth.Finding, length time.Duration) {
	t.Helper()
	factory := apitrafficprocessor.NewFactory()
	config := factory.CreateDefaultConfig().(*apitrafficprocessor.Config)
	config.ApplicationForest.Model = "model.json.gz"
	config.GeneralisedForest.Enabled = true
	var begin, end time.Time
	next, err := consumer.NewTraces(func(_ context.Context, td ptrace.Traces) error {
		for _, span := range ours(td) {
			record := plog.NewLogRecord()
			anomaly.RecordFromSpan(span, record, time.Now())
			finding, err := groundtruth.FromRecord(record)
			if err != nil {
				return err
			}
			findings = append(findings, finding)
		}
		return nil
	})
	require.NoError(t, err)
	p, err := factory.CreateTraces(t.Context(), processortest.NewNopSettings(factory.Type()), config, next)
	require.NoError(t, err)
	require.NoError(t, p.Start(t.Context(), componenttest.NewNopHost()))
	file, err := recording.Open(path)
	require.NoError(t, err)
	defer file.Close()
	require.NoError(t, file.Traces(func(td ptrace.Traces) error {
		at := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).StartTimestamp().AsTime()
		if begin.IsZero() {
			begin = at
		}
		end = at
		return p.ConsumeTraces(t.Context(), td)
	}))
	require.NoError(t, p.Shutdown(t.Context()))
	return findings, end.Sub(begin)
}

// ours are the anomalies among the spans.
func ours(td ptrace.Traces) (spans []ptrace.Span) {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			if anomaly.FromProcessor(ss.Scope().Name()) {
				for _, span := range ss.Spans().All() {
					spans = append(spans, span)
				}
			}
		}
	}
	return spans
}
