// Command collectorbench measures what a processor costs in a real Collector: CPU time a span, OTLP/gRPC in and nothing
// out, beside a pipeline without it and one with what users may compare it with: api_traffic beside span_metrics,
// api_invariant beside tail_sampling and groupbytrace. Rounds are paired and
// interleaved, so that what else the machine does falls on all alike.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"
)

func main() {
	var m measurement
	flag.StringVar(&m.collector, "collector", "bin/spanwarden-collector", "the built Collector")
	flag.IntVar(&m.spans, "spans", 600_000, "spans in a round")
	flag.StringVar(&m.heap, "heap", "512MiB", "when the Collector collects garbage: at this heap size; empty for Go's default, when the heap has doubled")
	name := flag.String("set", "traffic", "what is measured: traffic or invariants")
	rounds := flag.Int("rounds", 10, "rounds, each of which measures every pipeline once")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, &m, *name, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "collectorbench:", err)
		os.Exit(1) //nolint:gocritic // nothing is left to stop
	}
}

func run(ctx context.Context, m *measurement, name string, rounds int) error {
	if m.spans < 10_000 || rounds < 3 {
		return fmt.Errorf("-spans is %d and -rounds %d: use at least 10000 and 3", m.spans, rounds)
	}
	choose, known := sets[name]
	if !known {
		return fmt.Errorf("-set is %q: use traffic or invariants", name)
	}
	chosen, err := choose()
	if err != nil {
		return err
	}
	pipelines := chosen.pipelines
	m.prepare(chosen.optIns)
	results := make([][]float64, len(pipelines)) // µs of CPU time a span, by pipeline and round
	for round := range rounds {
		for i := range pipelines {
			p := (i + round) % len(pipelines) // a different one goes first in each round
			used, err := m.pipeline(ctx, pipelines[p])
			if err != nil {
				return fmt.Errorf("%s: %w", pipelines[p].name, err)
			}
			results[p] = append(results[p], used.Seconds()*1e6/float64(m.spans))
			fmt.Fprintf(os.Stderr, "\rround %d of %d: %-12s %5.2f µs a span", round+1, rounds, pipelines[p].name, results[p][round])
		}
	}
	fmt.Fprintln(os.Stderr)
	report(chosen, results, m.spans, rounds)
	return nil
}

func report(s set, results [][]float64, spans, rounds int) {
	fmt.Printf("CPU time of the Collector, OTLP/gRPC in, nop out; %d rounds of %d spans, %v of event time each; medians, 95 %% intervals by bootstrap over rounds\n\n",
		rounds, spans, time.Duration(float64(spans)/eventRate*float64(time.Second)))
	fmt.Printf("%-14s %14s   %s\n", "pipeline", "µs a span", "added to nothing, µs a span")
	for p := range s.pipelines {
		line := fmt.Sprintf("%-14s %14.2f", s.pipelines[p].name, median(results[p]))
		if p > 0 {
			added := differences(results[p], results[0])
			low, high := interval(added)
			line += fmt.Sprintf("   %.2f (%.2f to %.2f)", median(added), low, high)
		}
		fmt.Println(line)
	}
	fmt.Println()
	for _, our := range s.ours {
		for _, their := range s.theirs {
			ours, theirs := differences(results[our], results[0]), differences(results[their], results[0])
			low, high := ratioInterval(ours, theirs)
			fmt.Printf("%s: %.2f (%.2f to %.2f) of what %s adds\n", s.pipelines[our].name, median(ours)/median(theirs), low, high, s.pipelines[their].name)
		}
	}
}

// settle is how long a Collector may take to become ready or to stop.
const settle = 30 * time.Second
