package grow

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"runtime"
	"slices"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// Settings of the training. The zero value of each but Kind stands for its
// default. Those that mean nothing to a kind must be left at zero.
type Settings struct {
	Kind  forest.Kind // RandomForest, Bagging or IsolationForest
	Trees int         // 100
	Seed  uint64      // of all that chance decides; equal seeds give equal forests, whatever Workers is

	// MaxDepth is splits on a path; 0: as many as it takes, up to forest.MaxDepth, or
	// ⌈(1 + 2·Margin)·log₂ SampleSize⌉ for an isolation forest.
	MaxDepth    int
	MinLeaf     int // distinct rows in a leaf, however often they were drawn, 1; classification
	MaxFeatures int // looked at in a split; 0: √features (RandomForest) or all (Bagging)
	// WholeSample grows each tree on all rows rather than on a bootstrap sample; of
	// one tree with all features that makes a plain decision tree.
	WholeSample bool
	// ClassWeights multiply the weight of each class's rows, from 1e-9 to 1e9; nil
	// stands for ones.
	ClassWeights []float64

	SampleSize int // rows of a tree of an isolation forest, 256; all rows where there are fewer
	// Margin lets an isolation forest split so far beyond the range of a node's
	// rows, as a part of that range, on either side, up to 10; 0 is Liu's forest.
	// With a margin, a row far outside of all that was seen scores higher than one
	// at its edge.
	Margin float64

	Workers  int                   // trees grown at a time; 0: one for each processor
	Progress func(done, total int) // called after each tree, never concurrently; may be nil
}

const (
	defaultTrees      = 100
	defaultSampleSize = 256
	maxMargin         = 10
	minClassWeight    = 1e-9
	maxClassWeight    = 1e9
)

// check refuses settings that cannot be used with the table, which was checked
// before, by name and with the mend.
func (s Settings) check(t *dataset.Table) error {
	var errs []error
	refuse := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Trees < 0 || s.Trees > forest.MaxTrees {
		refuse("Trees is %d: use a value from 1 to %d, or 0 for %d", s.Trees, forest.MaxTrees, defaultTrees)
	}
	if s.MaxDepth < 0 || s.MaxDepth > forest.MaxDepth {
		refuse("MaxDepth is %d: use a value from 1 to %d, or 0 for as deep as it takes", s.MaxDepth, forest.MaxDepth)
	}
	if s.Workers < 0 {
		refuse("Workers is %d: use a value of at least 1, or 0 for one for each processor", s.Workers)
	}
	if s.MinLeaf < 0 {
		refuse("MinLeaf is %d: use a value of at least 1, or 0 for 1", s.MinLeaf)
	}
	if s.MaxFeatures < 0 || s.MaxFeatures > len(t.Features) {
		refuse("MaxFeatures is %d: use a value from 1 to the table's %d features, or 0 for the default", s.MaxFeatures, len(t.Features))
	}
	if s.SampleSize < 0 || s.SampleSize == 1 {
		refuse("SampleSize is %d: use a value of at least 2, or 0 for %d", s.SampleSize, defaultSampleSize)
	}
	if !(s.Margin >= 0 && s.Margin <= maxMargin) {
		refuse("Margin is %g: use a value from 0 to %d", s.Margin, maxMargin)
	}
	if s.Kind == forest.IsolationForest {
		errs = append(errs, s.checkIsolation()...)
	} else {
		errs = append(errs, s.checkClassification(t)...)
	}
	return errors.Join(errs...)
}

func (s Settings) checkIsolation() []error {
	return foreign("an isolation forest", map[string]bool{
		"MinLeaf": s.MinLeaf > 1, "MaxFeatures": s.MaxFeatures > 1, "WholeSample": s.WholeSample, "ClassWeights": s.ClassWeights != nil,
	})
}

// foreign refuses settings that are set and mean nothing to a kind.
func foreign(kind string, set map[string]bool) (errs []error) {
	for _, name := range slices.Sorted(maps.Keys(set)) {
		if set[name] {
			errs = append(errs, fmt.Errorf("%s is set, which means nothing to %s: leave it out", name, kind))
		}
	}
	return errs
}

func (s Settings) checkClassification(t *dataset.Table) []error {
	errs := foreign("the classification of rows", map[string]bool{"SampleSize": s.SampleSize > 1, "Margin": s.Margin > 0})
	if s.ClassWeights == nil {
		return errs
	}
	if len(s.ClassWeights) != len(t.Classes) {
		return append(errs, fmt.Errorf("ClassWeights has %d values: give one for each of the %d classes", len(s.ClassWeights), len(t.Classes)))
	}
	for i, w := range s.ClassWeights {
		if !(w >= minClassWeight && w <= maxClassWeight) {
			errs = append(errs, fmt.Errorf("ClassWeights of class %q is %g: use a value from %g to %g",
				t.Classes[i], w, minClassWeight, maxClassWeight))
		}
	}
	return errs
}

// complete returns the settings, which were checked, with their defaults in.
func (s Settings) complete(t *dataset.Table) Settings {
	if s.Trees == 0 {
		s.Trees = defaultTrees
	}
	if s.Workers == 0 {
		s.Workers = runtime.GOMAXPROCS(0)
	}
	s.MinLeaf = min(max(s.MinLeaf, 1), t.Rows())
	switch s.Kind {
	case forest.IsolationForest:
		if s.SampleSize == 0 {
			s.SampleSize = defaultSampleSize
		}
		s.SampleSize = min(s.SampleSize, t.Rows())
		if s.MaxDepth == 0 {
			s.MaxDepth = int(math.Ceil((1 + 2*s.Margin) * math.Log2(float64(s.SampleSize))))
		}
	case forest.RandomForest:
		if s.MaxFeatures == 0 {
			s.MaxFeatures = int(math.Sqrt(float64(len(t.Features))))
		}
	default:
		if s.MaxFeatures == 0 {
			s.MaxFeatures = len(t.Features)
		}
	}
	if s.MaxDepth == 0 || s.MaxDepth > forest.MaxDepth {
		s.MaxDepth = forest.MaxDepth
	}
	if s.ClassWeights == nil {
		s.ClassWeights = make([]float64, len(t.Classes))
		for i := range s.ClassWeights {
			s.ClassWeights[i] = 1
		}
	}
	return s
}
