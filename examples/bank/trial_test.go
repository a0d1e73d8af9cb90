package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

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
		t.Skip("skipped the trials: `make hours` records them in half an hour, then set SPANWARDEN_HOURS to its folder, var/hours")
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
	assert.Empty(t, score.problems())
}

// passed is a score of two trials and their nine hours that has no problems.
func passed() *score {
	s := newScore()
	s.length = 9 * time.Hour
	for _, attack := range s.attacks() {
		s.trials[attack] = 3
		s.unaided[attack] = 2
	}
	s.unaided[distributed] = 0
	s.found[distributed] = map[string][]time.Duration{"application_forest": {time.Minute, 2 * time.Minute}}
	for _, detector := range append([]string{"dos"}, judges...) {
		s.falseAlarms[detector] = 1
	}
	return s
}

func TestWhatIsAskedOfTrials(t *testing.T) {
	require.Empty(t, passed().problems())
	for want, spoil := range map[string]func(*score){
		"probing is found by isolation_forest or low_rate in 1 of 3 trials":       func(s *score) { s.unaided["probing"] = 1 },
		"theft of 60 a minute is found by isolation_forest or low_rate in 0 of 0": func(s *score) { s.unaided[theftAt(60)], s.trials[theftAt(60)] = 0, 0 },
		"flood is found by isolation_forest or low_rate in 0 of 1 trials":         func(s *score) { s.trials["flood"] = 1 },
		"theft_distributed is found by application_forest in 1 of 3 trials": func(s *score) {
			s.unaided[distributed], s.found[distributed] = 3, map[string][]time.Duration{"application_forest": {1}}
		},
		"dos has 2 false alarms in 9 h: 1 are the most, one a day":                 func(s *score) { s.falseAlarms["dos"] = 2 },
		"generalised has 2 false alarms in 24 h: 1 are the most, one a day":        func(s *score) { s.falseAlarms["generalised"], s.length = 2, 24*time.Hour },
		"application_forest has 3 false alarms in 25 h: 2 are the most, one a day": func(s *score) { s.falseAlarms["application_forest"], s.length = 3, 25*time.Hour },
	} {
		s := passed()
		spoil(s)
		problems := s.problems()
		require.Len(t, problems, 1, want)
		assert.Contains(t, problems[0], want)
	}
}

func TestAttacksAreNamed(t *testing.T) {
	for id, want := range map[string]string{
		"theft_slow-1": "theft of 1 a minute", "theft_slow-8": "theft of 120 a minute", "theft_loud-1": "theft_loud",
		"theft_slow-0": "theft_slow-0", "theft_slow-9": "theft_slow-9", "theft_slow-x": "theft_slow-x", "theft_slow": "theft_slow",
	} {
		assert.Equal(t, want, name(id))
	}
	s := newScore()
	s.trials["theft_slow-9"] = 2
	assert.Contains(t, s.String(), "\n| theft_slow-9 | 0 of 2 |")
}

// judges are the detectors of thefts, in the order of the columns.
var judges = []string{"application_forest", "isolation_forest", "low_rate", "generalised"}

// unlabelled are those that nobody has to train.
var unlabelled = []string{"isolation_forest", "low_rate"}

// distributed is the attack of which no single address does much: only the
// application forest is asked to find it.
const distributed = "theft_distributed"

// score is what was found in some recordings.
type score struct {
	found       map[string]map[string][]time.Duration // after how long, by attack and detector
	unaided     map[string]int                        // found by one of the unlabelled, by attack
	trials      map[string]int                        // by attack
	falseAlarms map[string]int                        // by detector
	length      time.Duration
}

func newScore() *score {
	return &score{
		found: make(map[string]map[string][]time.Duration), unaided: make(map[string]int),
		trials: make(map[string]int), falseAlarms: make(map[string]int),
	}
}

// days that have begun.
func (s *score) days() int {
	const day = 24 * time.Hour
	return int(max(1, (s.length+day-1)/day))
}

// problems are in what the trials are below what is promised: attacks that are
// found in less than two thirds of them, and more than one false alarm a day.
func (s *score) problems() (problems []string) {
	for _, attack := range s.attacks() {
		trials, found, by := s.trials[attack], s.unaided[attack], strings.Join(unlabelled, " or ")
		if attack == distributed {
			found, by = len(s.found[attack]["application_forest"]), "application_forest"
		}
		if trials == 0 || 3*found < 2*trials {
			problems = append(problems, fmt.Sprintf("%s is found by %s in %d of %d trials: two thirds are asked for", attack, by, found, trials))
		}
	}
	for _, detector := range slices.Sorted(maps.Keys(s.falseAlarms)) {
		if n := s.falseAlarms[detector]; n > s.days() {
			problems = append(problems, fmt.Sprintf("%s has %d false alarms in %.0f h: %d are the most, one a day",
				detector, n, s.length.Hours(), s.days()))
		}
	}
	return problems
}

// attacks are those of the trials, and any others that the recordings have.
func (s *score) attacks() []string {
	var attacks []string
	for _, pace := range plan.Paces {
		attacks = append(attacks, theftAt(pace))
	}
	attacks = append(attacks, "theft_loud", distributed, "probing", "password_guessing")
	for _, attack := range slices.Sorted(maps.Keys(s.trials)) {
		if !slices.Contains(attacks, attack) {
			attacks = append(attacks, attack)
		}
	}
	return attacks
}

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
		by := cmp.Or(alarm.Detector, alarm.Kind)
		if alarm.False() {
			s.falseAlarms[by]++
			t.Logf("false alarm in %s at %s: %s", filepath.Base(path), alarm.WindowStart.Format("15:04"), alarm.Message)
		}
		for _, id := range alarm.Attacks {
			if key := id + " " + by; !seen[key] {
				seen[key] = true
				s.found[name(id)][by] = append(s.found[name(id)][by], alarm.WindowEnd.Sub(first[id]))
			}
			if !seen[id] && slices.Contains(unlabelled, by) {
				seen[id] = true
				s.unaided[name(id)]++
			}
		}
	}
}

// name of an attack; of the thefts at several paces it is the pace, and one that
// is none of a trial's has its own.
func name(id string) string {
	kind, number, _ := strings.Cut(id, "-")
	if kind != "theft_slow" {
		return kind
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || n > len(plan.Paces) {
		return id
	}
	return theftAt(plan.Paces[n-1])
}

func theftAt(pace float64) string { return fmt.Sprintf("theft of %g a minute", pace) }

// String is a table in Markdown.
func (s *score) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "| Attack | %s |\n| --- |%s\n", strings.Join(judges, " | "), strings.Repeat(" --- |", len(judges)))
	for _, attack := range s.attacks() {
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
	telemetry := componenttest.NewTelemetry()
	settings := processortest.NewNopSettings(factory.Type())
	settings.TelemetrySettings = telemetry.NewTelemetrySettings()
	p, err := factory.CreateTraces(t.Context(), settings, config, next)
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
	requireAllJudged(t, telemetry)
	return findings, end.Sub(begin)
}

// requireAllJudged makes sure that what was not found was not lost either.
func requireAllJudged(t *testing.T, telemetry *componenttest.Telemetry) {
	t.Helper()
	const windows = "otelcol_processor_api_traffic_windows"
	require.Positive(t, counter(t, telemetry, windows, "judged"))
	require.Zero(t, counter(t, telemetry, windows, "dropped"), "windows dropped")
	require.Zero(t, counter(t, telemetry, "otelcol_processor_api_traffic_anomalies_lost", ""), "anomalies lost")
}

// counter is the value of one of the processor's own counters, of that outcome or,
// if it is empty, of all; 0 if there is none.
func counter(t *testing.T, telemetry *componenttest.Telemetry, name, outcome string) (sum int64) {
	t.Helper()
	metric, err := telemetry.GetMetric(name)
	if err != nil && strings.Contains(err.Error(), "not found") {
		return 0
	}
	require.NoError(t, err)
	data, ok := metric.Data.(metricdata.Sum[int64])
	require.True(t, ok, "%s is no counter", name)
	for _, point := range data.DataPoints {
		if got, ok := point.Attributes.Value("outcome"); outcome == "" || ok && got.AsString() == outcome {
			sum += point.Value
		}
	}
	return sum
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
