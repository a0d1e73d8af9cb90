package performance

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/player"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

// Visit plays a plan against a bank that runs elsewhere, pace times as fast as life (at least 1). That bank's clock is
// the wall's, and so are the times of the truth that is returned: with an error, that of the calls made until then, or nil if
// there could be none.
func Visit(ctx context.Context, p *plan.Plan, url string, pace float64) (player.Summary, []groundtruth.Call, error) {
	if err := checkFactor(pace); err != nil {
		return player.Summary{}, nil, err
	}
	var problem atomic.Pointer[error]
	begin := time.Now().Add(prelude)
	clock := banktime.New(begin, pace)
	scribe := scribe{plan: p}
	summary, err := player.Play(ctx, p, player.Options{
		URL: url, Clock: clock, Begin: begin,
		Done: func(r player.Result) {
			r.At = clock.Wall(r.At)
			if r.Status == 0 {
				problem.CompareAndSwap(nil, &r.Problem)
			}
			scribe.note(r)
		},
	})
	if err == nil && summary.Made > 0 && summary.Statuses[0] == summary.Made {
		err = fmt.Errorf("the bank at %s has answered none of %d calls: %w", url, summary.Made, *problem.Load())
	}
	return summary, scribe.truth(), err
}
