// Package lowrate finds clients that stay under every threshold of a window but
// do not go away: API-TAD's low-frequency request detector, and a rule for
// everyday use that ordinary visitors do not break.
//
// The paper's rule flags a client with 15 requests in 30 minutes. On a public
// web site that is every visitor who loads one page with its pictures. The
// default rule asks for what a slow attack cannot do without: persistence over
// many windows, and either mostly failing requests (probing) or ever new
// resources of one and the same endpoint, a few a window, at a steady pace
// (walking identifiers).
package lowrate

import (
	"errors"
	"fmt"
	"time"

	"github.com/spanwarden/spanwarden/internal/trail"
)

// Rule names what a client is flagged for.
type Rule string

// The rules.
const (
	// Paper flags MinRequests in Period, as API-TAD does.
	Paper Rule = "paper"
	// Persistent flags probing and walking over many windows.
	Persistent Rule = "persistent"
)

// Settings of the detector.
type Settings struct {
	Rule        Rule
	Period      time.Duration // looked back over, 2 windows to a day
	MinRequests int           // in the period

	// For the rule Persistent.
	MinWindows     int     // probing: windows with requests in the period
	MinFailedRatio float64 // probing: 4xx responses / requests, and at least MinRequests of them
	SteadyRatio    float64 // walking: windows with requests / windows of the period
	MaxPerWindow   float64 // walking: requests / windows with requests; more is no low rate
	MaxEndpoints   int     // walking: distinct endpoints in any window
}

// DefaultSettings are the paper's figures with the rule Persistent.
func DefaultSettings() Settings {
	return Settings{
		Rule: Persistent, Period: 30 * time.Minute, MinRequests: 15,
		MinWindows: 5, MinFailedRatio: 0.5, SteadyRatio: 0.8, MaxPerWindow: 10, MaxEndpoints: 1,
	}
}

// Validate refuses settings that cannot work with windows of that length, naming
// the key and the mend.
func (s Settings) Validate(window time.Duration) error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Rule != Paper && s.Rule != Persistent {
		refuse("rule is %q: use %q or %q", s.Rule, Persistent, Paper)
	}
	if err := s.ValidatePeriod(window); err != nil {
		errs = append(errs, err)
	}
	if s.MinRequests < 1 {
		refuse("min_requests is %d: use a value of at least 1", s.MinRequests)
	}
	if s.MinWindows < 1 {
		refuse("min_windows is %d: use a value of at least 1", s.MinWindows)
	}
	if s.MinFailedRatio <= 0 || s.MinFailedRatio > 1 {
		refuse("min_failed_ratio is %g: use a value above 0 and up to 1", s.MinFailedRatio)
	}
	if s.SteadyRatio <= 0 || s.SteadyRatio > 1 {
		refuse("steady_ratio is %g: use a value above 0 and up to 1", s.SteadyRatio)
	}
	if s.MaxPerWindow < 1 {
		refuse("max_requests_per_window is %g: use a value of at least 1", s.MaxPerWindow)
	}
	if s.MaxEndpoints < 1 {
		refuse("max_endpoints is %d: use a value of at least 1", s.MaxEndpoints)
	}
	return errors.Join(errs...)
}

// ValidatePeriod refuses a period that cannot work with windows of that length.
func (s Settings) ValidatePeriod(window time.Duration) error {
	if s.Period < 2*window || s.Period > 24*time.Hour || s.Period/window > trail.MaxWindows {
		longest := min(24*time.Hour, trail.MaxWindows*window)
		return fmt.Errorf("period is %v: use a value from two windows (%v) to %v", s.Period, 2*window, longest)
	}
	return nil
}
