package reference

import (
	"fmt"
	"time"
)

// Settings bound a [Store] and say when it is sure.
type Settings struct {
	// MaxRows is how many rows are kept of all collections, MaxBytes how much memory they and the callers take, with what
	// open transactions are about to write. The row that was longest not written makes room.
	MaxRows  int
	MaxBytes int64
	// MaxShown is how many callers a row remembers that it was shown to, 1 to 64. The one it was shown to longest ago
	// makes room; from then on nobody is surely among those that it was not shown to.
	MaxShown int
	// MaxCallers is how many callers are known; 0 is as many as rows. The one that was longest silent makes room.
	MaxCallers int
	// CompleteAfter is how long after the store began, or after it lost something about callers, a caller must have come
	// first so that everything is known of it: no session goes on for so long in silence. It is also how long a store may
	// be without calls, after [Load], so that collections are still covered.
	CompleteAfter time.Duration
	// NoCoverage makes no collection covered: a row that is not found is always [Unknown], but in a collection of callers.
	NoCoverage bool
}

// DefaultSettings are fit for some hundred thousand entities.
func DefaultSettings() Settings {
	return Settings{MaxRows: 250_000, MaxBytes: 128 << 20, MaxShown: 8, MaxCallers: 100_000, CompleteAfter: 30 * time.Minute}
}

const (
	mostRows  = 1 << 28
	leastRoom = 1 << 20 // bytes: more than one row can take
	mostShown = 64
	mostAfter = 366 * 24 * time.Hour
)

// Validate says which value is out of its range, and what the range is.
func (s Settings) Validate() error {
	switch {
	case s.MaxRows < 1 || s.MaxRows > mostRows:
		return fmt.Errorf("max_rows is %d: use a value from 1 to %d", s.MaxRows, mostRows)
	case s.MaxBytes < leastRoom:
		return fmt.Errorf("max_bytes is %d: use a value of at least %d", s.MaxBytes, leastRoom)
	case s.MaxShown < 1 || s.MaxShown > mostShown:
		return fmt.Errorf("max_shown is %d: use a value from 1 to %d", s.MaxShown, mostShown)
	case s.MaxCallers < 0 || s.MaxCallers > mostRows:
		return fmt.Errorf("max_callers is %d: use a value from 0, which is as many as rows, to %d", s.MaxCallers, mostRows)
	case s.CompleteAfter < 0 || s.CompleteAfter > mostAfter:
		return fmt.Errorf("complete_after is %v: use a value from 0s to %v", s.CompleteAfter, mostAfter)
	}
	return nil
}
