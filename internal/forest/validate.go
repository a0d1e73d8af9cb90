package forest

import (
	"errors"
	"fmt"
)

// Validate reports the first rule of the types' comments that the forest breaks;
// trees and nodes are counted from 0. A forest that passes can be scored and
// explained whatever the row. It takes one look at each node and allocates less
// than the forest itself takes.
func (f *Forest) Validate() error {
	if f == nil {
		return errors.New("there is no forest: read or grow one first")
	}
	nodes, err := f.checkBounds()
	if err != nil {
		return err
	}
	if err := checkNames("feature", f.Features); err != nil {
		return err
	}
	if err := checkNames("class", f.Classes); err != nil {
		return err
	}
	if err := f.checkBase(); err != nil {
		return err
	}
	c := treeCheck{forest: f, depth: make([]int16, nodes), given: make([]bool, nodes/2+1)}
	for i := range f.Trees {
		if err := c.check(&f.Trees[i]); err != nil {
			return fmt.Errorf("tree %d: %w", i, err)
		}
	}
	return nil
}

// checkBounds looks at the counts alone and returns the nodes of the largest tree.
func (f *Forest) checkBounds() (largest int, err error) {
	fewest, most := 2, MaxClasses
	switch f.Kind {
	case RandomForest, Bagging, Boosting:
	case IsolationForest:
		fewest, most = 0, 0
	default:
		return 0, fmt.Errorf("unknown kind %q: take %s, %s, %s or %s", f.Kind, RandomForest, Bagging, IsolationForest, Boosting)
	}
	if n := len(f.Features); n < 1 || n > MaxFeatures {
		return 0, fmt.Errorf("%d features: a forest needs 1 to %d, name each of them", n, MaxFeatures)
	}
	if n := len(f.Classes); n < fewest || n > most {
		return 0, fmt.Errorf("%d classes: a forest of the kind %s needs %d to %d", n, f.Kind, fewest, most)
	}
	if n := len(f.Trees); n < 1 || n > MaxTrees {
		return 0, fmt.Errorf("%d trees: a forest needs 1 to %d, grow it with another number", n, MaxTrees)
	}
	total := 0
	for i := range f.Trees {
		n := len(f.Trees[i].Nodes)
		if n == 0 {
			return 0, fmt.Errorf("tree %d has no nodes: give it a leaf at least", i)
		}
		largest = max(largest, n)
		if total += n; total > MaxNodes {
			return 0, fmt.Errorf("more than %d nodes by tree %d: grow fewer trees, or less deep ones", MaxNodes, i)
		}
	}
	return largest, nil
}

func checkNames(what string, names []string) error {
	seen := make(map[string]int, len(names))
	for i, name := range names {
		if name == "" {
			return fmt.Errorf("%s %d has no name: give it one", what, i)
		}
		if len(name) > MaxName {
			return fmt.Errorf("the name of %s %d has %d bytes: shorten it to %d", what, i, len(name), MaxName)
		}
		if other, ok := seen[name]; ok {
			return fmt.Errorf("%s %d and %s %d are both named %q: rename one", what, other, what, i, name)
		}
		seen[name] = i
	}
	return nil
}

// checkBase looks at what stands beside the trees and depends on the kind.
func (f *Forest) checkBase() error {
	switch isolation := f.Kind == IsolationForest; {
	case isolation && f.SampleSize < 2:
		return fmt.Errorf("sample size %d: say on how many rows each tree was grown, 2 at least", f.SampleSize)
	case !isolation && f.SampleSize != 0:
		return fmt.Errorf("sample size %d: only an isolation forest has one, leave it 0", f.SampleSize)
	case f.Kind != Boosting && len(f.Base) != 0:
		return fmt.Errorf("a base of %d values: only boosted trees add to one, leave it out", len(f.Base))
	}
	if n := len(f.Base); n != 0 && n != f.Outputs() {
		return fmt.Errorf("a base of %d values: give one for each of the %d outputs, or none", n, f.Outputs())
	}
	for i, v := range f.Base {
		if !within(v, -MaxValue, MaxValue) {
			return fmt.Errorf("the base of output %d is %v: it must be a number within ±%g", i, v, MaxValue)
		}
	}
	return nil
}

// within is false for NaN.
func within(x, low, high float64) bool { return low <= x && x <= high }
