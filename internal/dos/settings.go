package dos

import (
	"errors"
	"fmt"

	"github.com/spanwarden/spanwarden/internal/changepoint"
)

// Settings of the detector.
type Settings struct {
	Windows  int              // how many windows a change is looked for in, 5 to 1000
	WarmUp   int              // windows seen before the first verdict, 4 to Windows
	Cost     changepoint.Cost // of a segment
	Penalty  float64          // of a change point, on the standardised series; 0 stands for 3·ln(Windows)
	MinSize  int              // windows in a segment
	MinCalls int64            // collapse: calls in a window that arm the test
	Drop     float64          // collapse: the factor falls to at most this part, (0, 1)

	SurgeMinCalls int64   // surge: fewer calls in a window are no flood
	SurgeRatio    float64 // surge: calls rise to at least this multiple of the level before, > 1
	SurgeHistory  float64 // surge: and of the most that the service's history makes credible, ≥ 1
	History       int     // windows of that history; a day of them tells daily jobs from floods
}

// DefaultSettings are the paper's 20 windows and 1 000 calls a minute, and the
// thresholds that its text leaves open, found on simulated traffic.
func DefaultSettings() Settings {
	return Settings{
		Windows:       20,
		WarmUp:        10,
		Cost:          changepoint.L2,
		MinSize:       2,
		MinCalls:      1000,
		Drop:          0.1,
		SurgeMinCalls: 100,
		SurgeRatio:    3,
		SurgeHistory:  2,
		History:       1440,
	}
}

// Validate refuses settings that cannot work, naming the key and the mend.
func (s Settings) Validate() error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Windows < 5 || s.Windows > 1000 {
		refuse("windows is %d: use a value from 5 to 1000", s.Windows)
	}
	if s.MinSize < 1 || s.MinSize > s.Windows/2 {
		refuse("min_size is %d: use a value from 1 to half of windows (%d)", s.MinSize, s.Windows/2)
	}
	if s.WarmUp < 2*s.MinSize || s.WarmUp > s.Windows {
		refuse("warm_up is %d: use a value from twice min_size (%d) to windows (%d)", s.WarmUp, 2*s.MinSize, s.Windows)
	}
	if s.Penalty < 0 {
		refuse("penalty is %g: use a positive value, or 0 for 3 ln(windows)", s.Penalty)
	}
	if s.MinCalls < 1 {
		refuse("min_calls is %d: use a value of at least 1", s.MinCalls)
	}
	if s.Drop <= 0 || s.Drop >= 1 {
		refuse("drop is %g: use a value between 0 and 1, such as 0.1 for a fall to a tenth", s.Drop)
	}
	if s.SurgeMinCalls < 1 {
		refuse("surge.min_calls is %d: use a value of at least 1", s.SurgeMinCalls)
	}
	if s.SurgeRatio <= 1 {
		refuse("surge.ratio is %g: use a value above 1, such as 3 for a rise to three times the calls", s.SurgeRatio)
	}
	if s.SurgeHistory < 1 {
		refuse("surge.history_ratio is %g: use a value of at least 1", s.SurgeHistory)
	}
	if s.History < s.Windows || s.History > 100_000 {
		refuse("surge.history is %d: use a value from windows (%d) to 100000", s.History, s.Windows)
	}
	return errors.Join(errs...)
}
