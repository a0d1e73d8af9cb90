package evaluation

import (
	"errors"
	"fmt"
	"math/rand/v2"

	"github.com/spanwarden/spanwarden/internal/dataset"
)

// Folds deals the rows of a table out to k folds at random, so that each fold has
// as many rows of each class as any other, or one more or less; sizes of folds
// differ by one at most as well. It deals as scikit-learn's StratifiedKFold with
// shuffle=True does, but for three things: the random numbers; classes take their
// turns in the order of t.Classes, there in the order of their first rows, so that
// another fold may get a row more; and a class with fewer than k rows is an error,
// there a warning as long as one class has k. It returns the numbers of each fold's
// rows, in rising order.
func Folds(t *dataset.Table, k int, seed uint64) ([][]int, error) {
	if k < 2 {
		return nil, fmt.Errorf("there are %d folds: cross-validation takes at least 2", k)
	}
	if t.Labels == nil {
		return nil, errors.New("the rows have no classes: cross-validation needs a label")
	}
	counts := t.Counts()
	for class, n := range counts {
		if n < k {
			return nil, fmt.Errorf("class %q has %d rows, fewer than the %d folds: use fewer folds, or merge it with another class",
				t.Classes[class], n, k)
		}
	}
	random := rand.New(rand.NewPCG(seed, 0x666f6c6473)) // a stream of its own
	// Were the rows in the order of their classes, every k-th would go to the same
	// fold: that says how many rows of each class a fold takes.
	dealt := make([][]int, len(counts)) // folds of the rows of each class
	next := 0
	for class, n := range counts {
		for range n {
			dealt[class] = append(dealt[class], next%k)
			next++
		}
		random.Shuffle(n, func(i, j int) { dealt[class][i], dealt[class][j] = dealt[class][j], dealt[class][i] })
	}
	folds := make([][]int, k)
	for row, class := range t.Labels {
		fold := dealt[class][0]
		dealt[class] = dealt[class][1:]
		folds[fold] = append(folds[fold], row)
	}
	return folds, nil
}

// others are the numbers of the rows, of so many, that are not in a fold, whose
// numbers rise.
func others(rows int, fold []int) []int {
	rest := make([]int, 0, rows-len(fold))
	for row := range rows {
		if len(fold) > 0 && fold[0] == row {
			fold = fold[1:]
			continue
		}
		rest = append(rest, row)
	}
	return rest
}
