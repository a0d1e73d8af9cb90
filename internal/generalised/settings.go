package generalised

import (
	"errors"
	"fmt"
	"time"
)

// Settings of the detector.
type Settings struct {
	IdleTimeout time.Duration // a longer pause ends a session
	MinCalls    int           // of a session, before it is judged
	Threshold   float64       // lowest probability of an automated client that is reported
}

// DefaultSettings are those that the shipped model was chosen with, see README.md.
func DefaultSettings() Settings {
	return Settings{IdleTimeout: 30 * time.Minute, MinCalls: 20, Threshold: 0.6}
}

const maxIdleTimeout = 24 * time.Hour

// Validate refuses settings that cannot work with windows of that length, naming
// the key and the mend.
func (s Settings) Validate(window time.Duration) error {
	var errs []error
	if s.IdleTimeout < window || s.IdleTimeout > maxIdleTimeout {
		errs = append(errs, fmt.Errorf("idle_timeout is %v: use a value from one window (%v) to %v", s.IdleTimeout, window, maxIdleTimeout))
	}
	if s.MinCalls < 2 {
		errs = append(errs, fmt.Errorf("min_calls is %d: use a value of at least 2, as one call has no pace", s.MinCalls))
	}
	if !(s.Threshold > 0 && s.Threshold <= 1) {
		errs = append(errs, fmt.Errorf("threshold is %v: use a value above 0 and up to 1", s.Threshold))
	}
	return errors.Join(errs...)
}
