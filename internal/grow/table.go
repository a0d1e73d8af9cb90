package grow

import (
	"errors"
	"fmt"
	"math"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// checkTable refuses a table that a forest of that kind cannot learn from.
func checkTable(t *dataset.Table, kind forest.Kind) error {
	if kind != forest.RandomForest && kind != forest.Bagging && kind != forest.IsolationForest {
		return fmt.Errorf("there is no Kind %q to grow: use %q, %q or %q", kind, forest.RandomForest, forest.Bagging, forest.IsolationForest)
	}
	if t == nil || len(t.Features) == 0 {
		return errors.New("the table has no features: give it at least one column")
	}
	if len(t.Features) > forest.MaxFeatures {
		return fmt.Errorf("the table has %d features, more than the %d that a forest may have: leave some out",
			len(t.Features), forest.MaxFeatures)
	}
	if len(t.Columns) != len(t.Features) {
		return fmt.Errorf("the table has %d features and %d columns: give each feature its column", len(t.Features), len(t.Columns))
	}
	if err := checkNames("feature", t.Features); err != nil {
		return err
	}
	if err := checkColumns(t); err != nil {
		return err
	}
	if kind == forest.IsolationForest {
		if t.Rows() < 2 {
			return errors.New("the table has one row: an isolation forest needs at least two")
		}
		return nil
	}
	return checkClasses(t)
}

func checkNames(what string, names []string) error {
	seen := make(map[string]int, len(names))
	for i, name := range names {
		switch other, twice := seen[name]; {
		case name == "":
			return fmt.Errorf("%s %d has no name: give it one", what, i+1)
		case len(name) > forest.MaxName:
			return fmt.Errorf("the name of %s %d has %d bytes: use at most %d", what, i+1, len(name), forest.MaxName)
		case twice:
			return fmt.Errorf("%ss %d and %d are both named %q: rename one", what, other+1, i+1, name)
		}
		seen[name] = i
	}
	return nil
}

func checkColumns(t *dataset.Table) error {
	rows := t.Rows()
	if rows == 0 {
		return errors.New("the table has no rows: give it some to learn from")
	}
	if rows > math.MaxInt32 {
		return fmt.Errorf("the table has %d rows: use at most %d", rows, math.MaxInt32)
	}
	for i, column := range t.Columns {
		if len(column) != rows {
			return fmt.Errorf("feature %q has %d values, but %q has %d: give each a value, or NaN, for every row",
				t.Features[i], len(column), t.Features[0], rows)
		}
		for row, value := range column {
			if math.IsInf(float64(value), 0) {
				return fmt.Errorf("feature %q of row %d is %g: use finite numbers, or NaN for a missing one", t.Features[i], row+1, value)
			}
		}
	}
	return nil
}

func checkClasses(t *dataset.Table) error {
	switch classes := len(t.Classes); {
	case classes == 0 || t.Labels == nil:
		return errors.New("the table has no classes: label its rows, or grow an isolation forest")
	case classes > forest.MaxClasses:
		return fmt.Errorf("the table has %d classes, more than the %d that a forest may have: join some", classes, forest.MaxClasses)
	}
	if len(t.Labels) != t.Rows() {
		return fmt.Errorf("the table has %d labels and %d rows: give each row a label", len(t.Labels), t.Rows())
	}
	if err := checkNames("class", t.Classes); err != nil {
		return err
	}
	several := false
	for row, label := range t.Labels {
		if label < 0 || int(label) >= len(t.Classes) {
			return fmt.Errorf("the label of row %d is %d: use one from 0 to %d, the number of its class", row+1, label, len(t.Classes)-1)
		}
		several = several || label != t.Labels[0]
	}
	if !several {
		return fmt.Errorf("all rows are of class %q: give rows of at least two classes, or grow an isolation forest",
			t.Classes[t.Labels[0]])
	}
	return nil
}

// Balanced returns class weights that make all classes of a labelled table weigh
// the same: rows / (classes · rows of the class), as scikit-learn's
// class_weight="balanced" has it. Classes without rows do not count, and weigh 1.
// Labels that are no class's are left aside.
func Balanced(t *dataset.Table) []float64 {
	weights := make([]float64, len(t.Classes))
	rows := 0
	for _, label := range t.Labels {
		if label >= 0 && int(label) < len(weights) {
			weights[label]++
			rows++
		}
	}
	classes := 0
	for _, count := range weights {
		if count > 0 {
			classes++
		}
	}
	for i, count := range weights {
		weights[i] = 1
		if count > 0 {
			weights[i] = float64(rows) / (float64(classes) * count)
		}
	}
	return weights
}
