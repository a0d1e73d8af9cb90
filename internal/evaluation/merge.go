package evaluation

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spanwarden/spanwarden/internal/dataset"
)

// Merge puts classes into others, by name; those that into does not name stay. It
// returns the classes that there are then, in the order in which they first come
// up, and for each of the given ones the index of that which it is put into. Errors
// say that a single class is left, or that a name stands both for a class that is
// put into another and for one that others are put into: whether the name is meant
// before or after that, nobody can say.
func Merge(classes []string, into map[string]string) (merged []string, number []int, err error) {
	targets := make(map[string]string, len(into)) // with a value of each
	for value, class := range into {
		if value != class {
			targets[class] = max(targets[class], value)
		}
	}
	for _, class := range classes {
		name := class
		if other, ok := into[class]; ok {
			name = other
		}
		if value, is := targets[class]; is && name != class {
			return nil, nil, fmt.Errorf("%q is a class of the model: it cannot be put into %q while %q is put into it", class, name, value)
		}
		at := slices.Index(merged, name)
		if at < 0 {
			at = len(merged)
			merged = append(merged, name)
		}
		number = append(number, at)
	}
	if len(merged) < 2 && len(classes) > 1 {
		return nil, nil, fmt.Errorf("all classes of the model (%s) are put into %q: %w", dataset.ShownNames(classes), merged[0], errOneClass)
	}
	return merged, number, nil
}

var errOneClass = errors.New("leave at least two to tell apart")

// sums adds up the scores of the classes with the same number, of so many numbers.
// scores[c][i] is that of class c for row i.
func sums(scores [][]float64, number []int, classes int) [][]float64 {
	if classes == len(scores) {
		return scores // each class is one of its own: numbers are 0, 1, 2 ...
	}
	sum := make([][]float64, classes)
	for class, own := range scores {
		to := number[class]
		if sum[to] == nil {
			sum[to] = make([]float64, len(own))
		}
		for i, score := range own {
			sum[to][i] += score
		}
	}
	return sum
}
