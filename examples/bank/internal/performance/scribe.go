package performance

import (
	"cmp"
	"slices"
	"sync"

	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/player"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

// scribe writes down the calls that are attacks.
type scribe struct {
	plan    *plan.Plan
	mu      sync.Mutex
	results []player.Result
}

func (s *scribe) note(r player.Result) {
	if s.plan.Calls[r.Index].Attack < 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.results = append(s.results, r)
}

func (s *scribe) truth() []groundtruth.Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	kinds := plan.KindsByName()
	slices.SortFunc(s.results, func(a, b player.Result) int { return cmp.Compare(a.Index, b.Index) })
	calls := make([]groundtruth.Call, 0, len(s.results))
	for _, r := range s.results {
		call := s.plan.Calls[r.Index]
		attack := s.plan.Attacks[call.Attack]
		calls = append(calls, groundtruth.Call{
			TraceID: call.TraceID, Attack: attack.ID, Kind: attack.Kind, Expect: kinds[attack.Kind].Expect, Hole: kinds[attack.Kind].Hole,
			At: r.At, Client: call.Client, Method: call.Method, Path: call.Path, Status: r.Status,
		})
	}
	return calls
}
