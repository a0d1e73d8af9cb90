package demo

import (
	"slices"
	"sync"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/player"
)

// pulse keeps how long the bank took to answer, and how late its customers were to call.
type pulse struct {
	mu      sync.Mutex
	answers []answer
	late    time.Duration
}

// answer of the bank; both are the bank's time.
type answer struct {
	at   time.Time
	took time.Duration
}

// note takes down a call, by a customer or by an attacker.
func (p *pulse) note(r player.Result, customer bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if customer {
		p.late = max(p.late, r.Late)
	}
	if r.Status == 0 {
		return
	}
	p.answers = append(p.answers, answer{r.At, r.Took})
}

// median returns the median time to answer of the calls made in [from, to), in milliseconds; 0 if there were none.
func (p *pulse) median(from, to time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	var took []time.Duration
	for _, a := range p.answers {
		if !a.at.Before(from) && a.at.Before(to) {
			took = append(took, a.took)
		}
	}
	if len(took) == 0 {
		return 0
	}
	slices.Sort(took)
	return took[len(took)/2].Round(time.Millisecond)
}
