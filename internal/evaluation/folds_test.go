package evaluation

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/dataset"
)

func labelled(classes []string, labels ...int32) *dataset.Table {
	return &dataset.Table{Features: []string{"x"}, Columns: [][]float32{make([]float32, len(labels))}, Classes: classes, Labels: labels}
}

func TestFolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.IntRange(2, 6).Draw(t, "k")
		labels := rapid.SliceOfN(rapid.Int32Range(0, 2), 0, 60).Draw(t, "labels")
		for class := range int32(3) { // as many as it takes
			for range k {
				labels = append(labels, class)
			}
		}
		table := labelled([]string{"a", "b", "c"}, labels...)
		seed := rapid.Uint64().Draw(t, "seed")
		folds, err := Folds(table, k, seed)
		require.NoError(t, err)
		require.Len(t, folds, k)

		var all []int
		sizes := make([]int, 0, k)
		perClass := make([][]int, 3)
		for _, fold := range folds {
			require.True(t, slices.IsSorted(fold))
			all = append(all, fold...)
			sizes = append(sizes, len(fold))
			for class, n := range table.Select(fold).Counts() {
				perClass[class] = append(perClass[class], n)
			}
			both := append(others(len(labels), fold), fold...)
			slices.Sort(both)
			require.Len(t, slices.Compact(both), len(labels), "the rest and the fold are all rows")
		}
		slices.Sort(all)
		require.Len(t, slices.Compact(all), len(labels), "each row is in one fold")
		require.LessOrEqual(t, slices.Max(sizes)-slices.Min(sizes), 1)
		for _, counts := range perClass {
			require.LessOrEqual(t, slices.Max(counts)-slices.Min(counts), 1)
		}

		again, err := Folds(table, k, seed)
		require.NoError(t, err)
		require.Equal(t, folds, again)
	})
}

// Which fold gets a row more is said by the order of the classes' names, not by
// that of the rows.
func TestFoldsTakeClassesInTheirOrder(t *testing.T) {
	for _, labels := range [][]int32{{0, 0, 0, 1, 1, 1}, {1, 1, 1, 0, 0, 0}, {1, 0, 1, 0, 1, 0}} {
		table := labelled([]string{"a", "b"}, labels...)
		folds, err := Folds(table, 2, 1)
		require.NoError(t, err)
		assert.Equal(t, []int{2, 1}, table.Select(folds[0]).Counts(), labels)
		assert.Equal(t, []int{1, 2}, table.Select(folds[1]).Counts(), labels)
	}
}

func TestFoldsAreShuffledBySeed(t *testing.T) {
	table := labelled([]string{"a", "b"}, make([]int32, 100)...)
	for i := range 50 {
		table.Labels[2*i] = 1
	}
	first, err := Folds(table, 5, 1)
	require.NoError(t, err)
	second, err := Folds(table, 5, 2)
	require.NoError(t, err)
	assert.NotEqual(t, first, second)
}

func TestFoldsRefuses(t *testing.T) {
	names := []string{"attack", "normal"}
	for _, test := range []struct {
		table *dataset.Table
		k     int
		want  string
	}{
		{labelled(names, 0, 1, 0, 1), 1, "cross-validation takes at least 2"},
		{labelled(names, 0, 1, 0, 1), 3, `class "attack" has 2 rows, fewer than the 3 folds: use fewer folds`},
		{labelled(nil), 2, "needs a label"},
	} {
		_, err := Folds(test.table, test.k, 1)
		assert.ErrorContains(t, err, test.want)
	}
}
