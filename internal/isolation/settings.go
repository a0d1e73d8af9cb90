// Package isolation finds clients that are unlike a service's others, without any
// labels: an isolation forest that each service's own recent windows train.
package isolation

import (
	"errors"
	"fmt"
	"time"

	"github.com/spanwarden/spanwarden/internal/evidence"
	"github.com/spanwarden/spanwarden/internal/feature"
)

// Settings of the detector.
type Settings struct {
	Features []string // that the forests look at

	Trees      int // of a forest
	SampleSize int // windows that each tree is grown on

	Reservoir int           // windows of clients kept of each service
	Memory    time.Duration // how long a window stays in the reservoir, on the average
	Share     float64       // part of the reservoir that one client's windows may fill

	WarmUp     int           // windows of a service with calls before its first forest
	MinSample  int           // windows of clients in the reservoir before its first forest
	MinClients int           // clients that these are of: of a few, none is like the others
	Retrain    time.Duration // between forests, once the reservoir is full; sooner before

	Threshold float64 // lowest score that may be suspicious; the reservoir's own scores may raise it
	Margin    float64 // added to the highest score that an ordinary client has
	Ratio     float64 // at least one feature is this multiple of its usual high
	Windows   int     // suspicious windows that it takes to accuse a client ...
	Of        int     // ... among so many of its latest with calls
}

// DefaultSettings suit services of all sizes.
func DefaultSettings() Settings {
	return Settings{
		Features: []string{"calls_per_endpoint", "resources_per_endpoint", "failed_ratio"},
		Trees:    100, SampleSize: 256, Reservoir: 2048, Memory: 24 * time.Hour, Share: 0.01,
		WarmUp: 30, MinSample: 100, MinClients: 20, Retrain: time.Hour,
		Threshold: 0.62, Margin: 0.05, Ratio: 3, Windows: 2, Of: 3,
	}
}

// Validate refuses settings that cannot work, naming the key and the mend.
func (s Settings) Validate() error {
	var errs []error
	between := func(key string, value, low, high float64) {
		if !(value >= low && value <= high) {
			errs = append(errs, fmt.Errorf("%s is %v: use a value from %v to %v", key, value, low, high))
		}
	}
	if _, err := feature.Named(s.Features); err != nil {
		errs = append(errs, fmt.Errorf("features: %w", err))
	}
	if len(s.Features) == 0 {
		errs = append(errs, errors.New("features is empty: name at least one, such as resources_per_endpoint"))
	}
	between("trees", float64(s.Trees), 10, 500)
	between("sample_size", float64(s.SampleSize), 16, 1024)
	between("reservoir", float64(s.Reservoir), 64, 16_384)
	between("share", s.Share, 0.001, 1)
	between("warm_up", float64(s.WarmUp), 1, 10_000)
	between("min_sample", float64(s.MinSample), 16, float64(max(16, s.Reservoir)))
	between("min_clients", float64(s.MinClients), 2, 10_000)
	between("threshold", s.Threshold, 0.5, 1)
	between("margin", s.Margin, 0, 0.5)
	between("ratio", s.Ratio, 1, 1000)
	between("of", float64(s.Of), 1, evidence.MaxWindows)
	between("windows", float64(s.Windows), 1, float64(max(1, s.Of)))
	if s.Memory < time.Hour {
		errs = append(errs, fmt.Errorf("memory is %v: use a value of at least 1h", s.Memory))
	}
	if s.Retrain < time.Minute {
		errs = append(errs, fmt.Errorf("retrain is %v: use a value of at least 1m", s.Retrain))
	}
	return errors.Join(errs...)
}
