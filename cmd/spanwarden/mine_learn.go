package main

import (
	"context"
	"io"
	"time"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/minereport"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// lesson is all that was learned.
type lesson struct {
	result     *baseline.Result // its rules passed the last proof
	proof      *minereport.Proof
	model      *minereport.Model // nil: none was asked
	references *reference.Store
	traffic    minereport.Traffic
	read       replay.Counts
	unskipped  int // traces that were to be skipped and are in no recording
}

// teaching is the traffic that is learned from, which can be gone through again and again.
type teaching struct {
	recorded *replay.Replay
	skipped  skipped
	traces   int // that are not skipped
	progress io.Writer
}

// learn learns the rules and proves them.
func (m *mining) learn(ctx context.Context, recorded *replay.Replay) (*lesson, error) {
	t := &teaching{recorded: recorded, skipped: m.skipped}
	if !m.spans.quiet {
		t.progress = m.stderr
	}
	out := &lesson{}
	survey := newSurvey()
	if err := t.each(ctx, "", survey.trace); err != nil {
		return nil, err
	}
	t.traces = survey.traces
	settings := baseline.DefaultSettings()
	settings.Tolerance, settings.HoldOut, settings.Novelty, settings.Given = m.tolerance, m.holdOut, !m.noNovelty, m.givenRules
	learner, err := baseline.New(settings)
	if err != nil {
		return nil, err
	}
	if err := t.each(ctx, "traces learned from", learner.Learn); err != nil {
		return nil, err
	}
	out.result = learner.Result()
	out.result.Counts.Candidates += len(m.givenRules)
	if m.model.url != "" {
		if out.model, err = m.ask(ctx, t, out.result); err != nil {
			return nil, err
		}
	}
	if out.proof, out.references, err = m.prove(ctx, t, out.result); err != nil {
		return nil, err
	}
	if err := t.examine(ctx, out.result); err != nil {
		return nil, err
	}
	if out.model != nil {
		out.model.Taken = ownRules(out)
	}
	out.read = recorded.Counts()
	out.traffic = survey.told(m.spans.names)
	out.traffic.Skipped, out.unskipped = t.skipped.found()
	return out, nil
}

// ownRules is how many rules of the file nobody but the model found.
func ownRules(l *lesson) (n int) {
	for i := range l.result.Rules {
		if l.result.Rules[i].Rule.Support["source"] == "model" {
			n++
		}
	}
	return n
}

// each hands over the traces that are learned from, in the order of their time, and tells how far it is.
func (t *teaching) each(ctx context.Context, what string, take func(*replay.Trace)) error {
	done := 0
	progress := io.Discard
	if t.progress != nil && what != "" {
		progress = t.progress
	}
	bar := newWorkBar(progress, time.Now, what, t.traces)
	defer bar.end()
	return t.recorded.Traces(func(trace *replay.Trace) error {
		if t.skipped.skips(trace.Calls[0].Call.TraceID) {
			return nil
		}
		take(trace)
		done++
		bar.progress(done, t.traces)
		return ctx.Err()
	})
}
