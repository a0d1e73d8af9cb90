// Package performance plays a plan on a bank of its own, in compressed time, and writes down what was true.
package performance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/bank"
	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/player"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

const (
	// prelude is how long before the first call the clock is set, and reserve how long after the last planned one it agrees
	// with the wall's: slow answers must not carry spans into the future. Both are on the wall's clock.
	prelude, reserve = 100 * time.Millisecond, 3 * time.Second
	// closing is how long the bank may take to answer and to send what it has recorded.
	closing = 10 * time.Second
)

// Options of a performance.
type Options struct {
	Plan      *plan.Plan
	Factor    float64 // the bank's time passes so many times as fast as the wall's; at least 1
	DSN       string  // of the database, which is created afresh
	Telemetry telemetry.Options

	// Opened, if set, is told when the bank is open and the plan is about to begin.
	Opened func(Stage)
	// Done, if set, is told of every call as it ends, from many goroutines at once.
	Done func(player.Result)
}

// Stage is where and when a plan is played.
type Stage struct {
	URL   string // of the gateway
	Clock *banktime.Clock
	Begin time.Time // the bank's time at which the plan begins
}

// Outcome is what a performance leaves behind.
type Outcome struct {
	Stage   Stage
	Summary player.Summary
	Truth   []groundtruth.Call // the attacks' calls, in the plan's order
}

// Perform plays a plan from its beginning to its end and returns when the last span has been sent. What was done until
// the context ended, or something failed, is returned with the error.
func Perform(ctx context.Context, options Options) (outcome Outcome, err error) {
	if err := checkFactor(options.Factor); err != nil {
		return outcome, err
	}
	length := options.Plan.Options.Length
	// What the bank remembers was before the play begins.
	history := time.Now().Add(-length - time.Duration(float64(reserve)*options.Factor))
	if err := store.Create(ctx, options.DSN, options.Plan.Options.Users, history); err != nil {
		return outcome, fmt.Errorf("create the bank's database: %w", err)
	}
	begin := time.Now().Add(prelude)
	clock := banktime.New(begin.Add(time.Duration(float64(length)/options.Factor)+reserve), options.Factor)
	settings := options.Telemetry
	settings.Clock, settings.Blocking = clock, true
	b, err := bank.Open(ctx, bank.Options{DSN: options.DSN, Telemetry: settings})
	if err != nil {
		return outcome, err
	}
	defer func() {
		// What has been recorded is sent also after Ctrl-C.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closing)
		defer cancel()
		err = errors.Join(err, b.Close(ctx))
	}()
	outcome.Stage = Stage{URL: b.URL(bank.Gateway), Clock: clock, Begin: clock.At(begin)}
	if options.Opened != nil {
		options.Opened(outcome.Stage)
	}
	scribe := scribe{plan: options.Plan}
	outcome.Summary, err = player.Play(ctx, options.Plan, player.Options{
		URL: outcome.Stage.URL, Clock: clock, Begin: outcome.Stage.Begin,
		Done: func(r player.Result) {
			scribe.note(r)
			if options.Done != nil {
				options.Done(r)
			}
		},
	})
	outcome.Truth = scribe.truth()
	return outcome, err
}

// mostFactor is as fast as anybody could want it: a day in a minute and a half.
const mostFactor = 1000

func checkFactor(factor float64) error {
	if !(factor >= 1 && factor <= mostFactor) { // also if it is not a number
		return fmt.Errorf("the bank cannot be played %g times as fast as life: use a value from 1 to %d, such as 30", factor, mostFactor)
	}
	return nil
}
