// Package player makes the calls of a plan, in the bank's time, over HTTP.
package player

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
)

// timeout of a call, on the wall's clock.
const timeout = 20 * time.Second

// Options say where and when a plan is played.
type Options struct {
	URL   string          // of the gateway, without a slash at the end
	Clock *banktime.Clock // the bank's
	Begin time.Time       // the bank's time at which the plan begins

	// Done, if set, is told of every call as it ends. It is called from many goroutines at once.
	Done func(Result)
}

// Result is what became of a call.
type Result struct {
	Index   int           // of the call in Plan.Calls
	At      time.Time     // when it was made, in the bank's time
	Late    time.Duration // how long after its time that was, since the line's call before it had not been answered
	Took    time.Duration // in the bank's time
	Status  int           // of the answer; 0: there was none
	Problem error         // why there was none
}

// Summary is what became of all calls.
type Summary struct {
	Made     int
	Statuses map[int]int // calls by status; 0: no answer
	GivenUp  int         // calls that were not made, because the session's login had failed or the play was stopped
}

// Play makes the calls of a plan and returns when the last one has been answered or the context ends; its error is the
// context's. Calls of one line are made one after another, each at its time or, when the answers are slow, later.
func Play(ctx context.Context, p *plan.Plan, options Options) (Summary, error) {
	transport := &http.Transport{MaxIdleConnsPerHost: 256, IdleConnTimeout: 30 * time.Second, DisableCompression: true}
	defer transport.CloseIdleConnections()
	s := &stage{
		Options:  options,
		plan:     p,
		client:   &http.Client{Transport: transport, Timeout: timeout, CheckRedirect: stay},
		wallet:   newWallet(p),
		statuses: make(map[int]int),
	}
	var lines sync.WaitGroup
	for _, calls := range byLine(p) {
		// A line costs nothing before its first call.
		if !s.wait(ctx, p.Calls[calls[0]].At) {
			break
		}
		lines.Go(func() { s.playLine(ctx, calls) })
	}
	lines.Wait()
	return Summary{Made: s.made, Statuses: s.statuses, GivenUp: len(p.Calls) - s.made}, ctx.Err()
}

// byLine returns for each line the indexes of its calls, the line that begins first before the others.
func byLine(p *plan.Plan) [][]int {
	lines := make([][]int, p.Lines)
	for i := range p.Calls {
		line := p.Calls[i].Line
		lines[line] = append(lines[line], i)
	}
	lines = slices.DeleteFunc(lines, func(calls []int) bool { return len(calls) == 0 })
	slices.SortStableFunc(lines, func(a, b []int) int { return cmp.Compare(a[0], b[0]) })
	return lines
}

// stay takes a redirection for the answer: the plan says what is called.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// stage is a play under way.
type stage struct {
	Options
	plan   *plan.Plan
	client *http.Client
	wallet wallet

	mu       sync.Mutex
	made     int
	statuses map[int]int
}

// wait returns at that time of the plan, or false when the context ends before it.
func (s *stage) wait(ctx context.Context, at time.Duration) bool {
	left := time.Until(s.Clock.Wall(s.Begin.Add(at)))
	if left <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *stage) playLine(ctx context.Context, calls []int) {
	for _, i := range calls {
		if !s.wait(ctx, s.plan.Calls[i].At) {
			return
		}
		result, made := s.call(ctx, i)
		if !made {
			continue
		}
		if ctx.Err() != nil {
			return // how a call ends that is cut off says nothing about the bank
		}
		result.Late = result.At.Sub(s.Begin.Add(s.plan.Calls[i].At))
		s.count(result.Status)
		if s.Done != nil {
			s.Done(result)
		}
	}
}

func (s *stage) count(status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.made++
	s.statuses[status]++
}
