package demo

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

const (
	// shown is how many violations of a rule are shown in a spell; a theft breaks the same rule hundreds of times.
	shown = 4
	// spellLength is that of a spell, in the bank's time, as often as an alarm that goes on is told again.
	spellLength = 10 * time.Minute
)

// violation tells of a call that broke a rule.
func violation(f *groundtruth.Finding) string {
	from := ""
	if caller(f) != "" {
		from = " from " + f.Client
	}
	return fmt.Sprintf("%s %s %s%s: %s (%s)", f.Service, f.Method, f.Route, from, f.Message, f.Rule)
}

// caller is the client of a call from outside, "" for a call between services, which tells nothing of who is behind it.
func caller(f *groundtruth.Finding) string {
	if address, err := netip.ParseAddr(f.Client); err == nil && address.IsLoopback() {
		return ""
	}
	return f.Client
}

// folded counts the violations of each rule that are too many to be shown one by one. The zero value is ready for use.
type folded struct{ spells []*spell }

// spell is a while in which a rule is broken.
type spell struct {
	rule        string
	begun, last time.Time // of violations, in the bank's time
	shown, more int
	clients     map[string]bool // of those that were not shown
}

// shows tells whether a violation is one of the first of its spell; otherwise it is counted.
func (v *folded) shows(f *groundtruth.Finding) bool {
	i := slices.IndexFunc(v.spells, func(s *spell) bool { return s.rule == f.Rule })
	if i < 0 {
		i = len(v.spells)
		v.spells = append(v.spells, &spell{rule: f.Rule, begun: f.WindowEnd, clients: make(map[string]bool)})
	}
	s := v.spells[i]
	if s.shown < shown {
		s.shown++
		return true
	}
	s.more++
	if f.WindowStart.After(s.last) {
		s.last = f.WindowStart
	}
	if client := caller(f); client != "" {
		s.clients[client] = true
	}
	return false
}

// over ends the spells that are over at that time, and returns what is to be told of them.
func (v *folded) over(now time.Time) (lines []string) {
	return v.end(func(s *spell) bool { return now.Sub(s.begun) >= spellLength })
}

// all ends all spells.
func (v *folded) all() (lines []string) { return v.end(func(*spell) bool { return true }) }

func (v *folded) end(which func(*spell) bool) (lines []string) {
	var ended []*spell
	v.spells = slices.DeleteFunc(v.spells, func(s *spell) bool {
		if which(s) {
			ended = append(ended, s)
			return true
		}
		return false
	})
	slices.SortStableFunc(ended, func(a, b *spell) int { return cmp.Or(a.last.Compare(b.last), strings.Compare(a.rule, b.rule)) })
	for _, s := range ended {
		if s.more > 0 {
			lines = append(lines, s.line())
		}
	}
	return lines
}

func (s *spell) line() string {
	from := ""
	switch len(s.clients) {
	case 0:
	case 1:
		for client := range s.clients {
			from = ", from " + client
		}
	default:
		from = fmt.Sprintf(", from %d clients", len(s.clients))
	}
	return fmt.Sprintf("         and %d more of %s until %s%s\n", s.more, s.rule, s.last.UTC().Format("15:04"), from)
}
