package demo

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

// screen is what the watcher sees, a line at a time, from several goroutines.
type screen struct {
	out    io.Writer
	begin  time.Time // of the plan, in the bank's time
	mu     sync.Mutex
	folded folded
}

func (s *screen) printf(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.print(format, args...)
}

// print is printf for whoever has the lock.
func (s *screen) print(format string, args ...any) { fmt.Fprintf(s.out, format, args...) }

// at prints a line that happened at a time of the plan.
func (s *screen) at(at time.Duration, format string, args ...any) {
	s.printf("%s  %s\n", s.begin.Add(at).Format("15:04"), fmt.Sprintf(format, args...))
}

// anomaly prints a finding in a line, or counts it where there are many like it.
func (s *screen) anomaly(f groundtruth.Finding) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.folded.over(f.WindowEnd) {
		s.print("%s", line)
	}
	told := f.Message
	switch {
	case f.Kind == string(anomaly.Invariant):
		if !s.folded.shows(&f) {
			return
		}
		told = violation(&f)
	case f.State == anomaly.Ongoing:
		told = "still: " + told
	}
	s.print("%s    %-5s %s\n", f.WindowStart.UTC().Format("15:04"), f.Severity, told)
}

// rest prints what has only been counted so far.
func (s *screen) rest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, line := range s.folded.all() {
		s.print("%s", line)
	}
}

// named is how many kinds of tampering are named.
const named = 4

// event is something of the plan that the watcher is told.
type event struct {
	at   time.Duration
	text string
}

// agenda returns what the watcher is told about a plan that begins at that time: the beginning of each attack on the
// traffic, and of the tampering as a whole, since that is dozens of attacks of a few calls each.
func agenda(p *plan.Plan, begin time.Time) []event {
	events := []event{{0, "quiet: customers, a health checker and a crawler that behaves"}}
	kinds := plan.KindsByName()
	tampering, from, until := []string{}, time.Duration(-1), time.Duration(0)
	for _, attack := range p.Attacks {
		kind := kinds[attack.Kind]
		if !kind.Tampering() {
			events = append(events, event{attack.Begin, fmt.Sprintf("attack: %s: %s", kind.Name, kind.Title)})
			continue
		}
		if from < 0 {
			from = attack.Begin
		}
		until = max(until, attack.End)
		if !slices.Contains(tampering, kind.Name) {
			tampering = append(tampering, kind.Name)
		}
	}
	if n := len(tampering); n > 0 {
		names := strings.Join(tampering[:min(named, n)], ", ")
		if n > named {
			names += fmt.Sprintf(" and %d other kinds", n-named)
		}
		events = append(events, event{from, fmt.Sprintf("attack: tampering until %s: %s", begin.Add(until).Format("15:04"), names)})
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return events
}
