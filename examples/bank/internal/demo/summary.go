package demo

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/performance"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

// tolerable is how late customers may call, in the bank's time, without anybody being told.
const tolerable = time.Minute

// summarise says what was found of what was done, and where to look further.
func (s *show) summarise(outcome performance.Outcome, took time.Duration) error {
	titles, unseen := make(map[string]string), make(map[string]groundtruth.Unseen)
	for _, kind := range plan.Kinds() {
		titles[kind.Name] = kind.Title
		unseen[kind.Name] = groundtruth.Unseen{Why: kind.Unseen, Part: kind.UnseenPart}
	}
	verdict := groundtruth.Judge(outcome.Truth, s.anomalies.found, groundtruth.Options{Titles: titles, Unseen: unseen})
	var table strings.Builder
	if err := verdict.Table(&table); err != nil {
		return err
	}
	s.screen.printf("\n%s\n", &table)
	if !s.OptIns.Has(telemetry.All) {
		s.screen.printf("With --opt-in %v rules that read other opt-in attributes did not apply, which counts as missed and is never an alarm.\n",
			s.OptIns)
	}
	s.degradation(outcome)
	s.delay(outcome)
	if outcome.Summary.GivenUp > 0 {
		s.screen.printf("%d calls were not made, since the login before them failed.\n", outcome.Summary.GivenUp)
	}
	s.screen.printf("All of that took %v.\n\n%s", took.Round(time.Second), s.furtherLooks())
	return nil
}

// degradation says how the bank fared under a flood, and whether this machine kept up with the play.
func (s *show) degradation(outcome performance.Outcome) {
	flood := slices.DeleteFunc(slices.Clone(outcome.Truth), func(c groundtruth.Call) bool { return c.Kind != "flood" })
	if len(flood) > 0 {
		begin := flood[0].At
		end := slices.MaxFunc(flood, func(a, b groundtruth.Call) int { return a.At.Compare(b.At) }).At
		s.screen.printf("The flood made %d calls in %v; the bank's median answer took %v before it and %v during it, in its own time.\n",
			len(flood), end.Sub(begin).Round(time.Second), s.pulse.median(time.Time{}, begin), s.pulse.median(begin, end))
	}
	if late := s.pulse.late; late > tolerable {
		s.screen.printf("Customers called up to %v late: this machine is too slow for %g times as fast as life, try a smaller --factor.\n",
			late.Round(time.Second), s.Factor)
	}
}

// delay says how long after its window's end, or the call's, an anomaly was told.
func (s *show) delay(outcome performance.Outcome) {
	var windows, calls []time.Duration
	for i := range s.anomalies.found {
		f := &s.anomalies.found[i]
		took := outcome.Stage.Clock.At(f.Arrived).Sub(f.WindowEnd)
		switch {
		case f.Kind == string(anomaly.Invariant):
			calls = append(calls, took)
		case f.State == anomaly.Begun:
			windows = append(windows, took)
		}
	}
	if len(windows) > 0 {
		s.screen.printf("\"after\" is until the end of the window that shows it; the anomaly was told %v after that (median), "+
			"since windows wait for late spans.\n", median(windows))
	}
	if len(calls) > 0 {
		s.screen.printf("A broken rule was told %v after its call (median), in the bank's time.\n", median(calls))
	}
}

func median(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)/2].Round(time.Second)
}

func (s *show) furtherLooks() string {
	return fmt.Sprintf(`Look further:
  %-26s the anomalies with all their attributes, an OTLP object a line
  %-26s what the attackers did: trace, kind and expected finding of each of their calls
  %-26s what the Collector said
  %-26s the bank's database as the attackers left it
  make demo DEMO_FLAGS='--seed 2'                         another hour
  make demo DEMO_FLAGS='--opt-in none'                    with no more in the spans than every SDK sends
  make demo DEMO_FLAGS='--traces-to 127.0.0.1:4317'       sends spans and anomalies to Jaeger as well
`, s.file(anomaliesFile), s.file(truthFile), s.file(logFile), s.file(databaseFile))
}
