package traffic

import (
	"errors"
	"fmt"
	"time"
)

const (
	// openPanes is how many windows of a service can be open at once: the two
	// that allowed lateness may keep open, the current one, and the next one
	// for clocks that run a little fast.
	openPanes = 4

	// MaxWindow is the longest window. It keeps an offset in nanoseconds within
	// offsetBits.
	MaxWindow = time.Hour

	// MaxClients is the most clients that can be tracked; it keeps an entity's
	// position within positionBits.
	MaxClients = 1<<positionBits - 2
)

// Settings of a Tracker. All are per process unless they say otherwise.
type Settings struct {
	Window   time.Duration // length of a window, 1 s to MaxWindow
	Lateness time.Duration // how long a window stays open for late calls, 0 to 2 windows

	MaxServices            int // services with windows of their own
	MaxClients             int // clients of all services with windows of their own
	MaxEndpoints           int // endpoints of one service told apart in a window
	MaxClientEndpoints     int // pairs of client and endpoint, beyond each client's first four
	MaxTimestamps          int // request times kept for medians, all open windows together
	MaxTimestampsPerClient int // request times of one client and window before they are sampled

	// Patience is how long adding waits for the judge when more windows wait
	// than there may, before it gives a window up; 0 is as long as it takes.
	Patience time.Duration
}

// DefaultSettings are sized for 100 000 active clients in 256 MiB.
func DefaultSettings() Settings {
	return Settings{
		Window:                 time.Minute,
		Lateness:               30 * time.Second,
		MaxServices:            500,
		MaxClients:             100_000,
		MaxEndpoints:           2_000,
		MaxClientEndpoints:     500_000,
		MaxTimestamps:          4_000_000,
		MaxTimestampsPerClient: 1_024,
		Patience:               2 * time.Second,
	}
}

// Validate refuses settings that cannot work, naming the key and the mend.
func (s Settings) Validate() error {
	return errors.Join(s.ValidateTimes(), s.ValidateLimits())
}

// ValidateTimes is Validate for window and lateness alone.
func (s Settings) ValidateTimes() error {
	var errs []error
	if s.Window < time.Second || s.Window > MaxWindow {
		errs = append(errs, fmt.Errorf("window is %v: use a value from 1s to %v", s.Window, MaxWindow))
	}
	if s.Lateness < 0 || s.Lateness > 2*s.Window {
		errs = append(errs, fmt.Errorf("allowed_lateness is %v: use a value from 0s to two windows (%v)", s.Lateness, 2*s.Window))
	}
	return errors.Join(errs...)
}

// ValidateLimits is Validate for the bounds alone.
func (s Settings) ValidateLimits() error {
	var errs []error
	for _, limit := range []struct {
		key      string
		value    int
		min, max int
	}{
		{"max_services", s.MaxServices, 1, 100_000},
		{"max_clients", s.MaxClients, 1, MaxClients},
		{"max_endpoints_per_service", s.MaxEndpoints, 1, 1_000_000},
		{"max_client_endpoints", s.MaxClientEndpoints, 1, 100_000_000},
		{"max_timestamps", s.MaxTimestamps, timestampGrant, 1_000_000_000},
		{"max_timestamps_per_client", s.MaxTimestampsPerClient, 16, 1_000_000},
	} {
		if limit.value < limit.min || limit.value > limit.max {
			errs = append(errs, fmt.Errorf("%s is %d: use a value from %d to %d", limit.key, limit.value, limit.min, limit.max))
		}
	}
	return errors.Join(errs...)
}
