package performance

import (
	"context"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/player"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

// Visit plays a plan against a bank that runs elsewhere, pace times as fast as life (at least 1). That bank's clock is
// the wall's, and so are the times of the truth that is returned.
func Visit(ctx context.Context, p *plan.Plan, url string, pace float64) (player.Summary, []groundtruth.Call, error) {
	begin := time.Now().Add(prelude)
	clock := banktime.New(begin, pace)
	scribe := scribe{plan: p}
	summary, err := player.Play(ctx, p, player.Options{
		URL: url, Clock: clock, Begin: begin,
		Done: func(r player.Result) {
			r.At = clock.Wall(r.At)
			scribe.note(r)
		},
	})
	return summary, scribe.truth(), err
}
