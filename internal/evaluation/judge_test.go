package evaluation

import (
	"context"
	"errors"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/grow"
)

// stump is a forest of one split: at most 1 is left.
func stump(kind forest.Kind, classes []string, values ...float64) *forest.Forest {
	return &forest.Forest{
		Kind: kind, Features: []string{"x"}, Classes: classes, SampleSize: sampleSize(kind),
		Trees: []forest.Tree{{
			Nodes:  []forest.Node{{Threshold: 1, Next: 1, Cover: 4}, {Feature: forest.Leaf, Cover: 2}, {Feature: forest.Leaf, Next: 1, Cover: 2}},
			Values: values, Output: forest.AllOutputs,
		}},
	}
}

func sampleSize(kind forest.Kind) int {
	if kind == forest.IsolationForest {
		return 4
	}
	return 0
}

func table(classes []string, labels []int32, x ...float32) *dataset.Table {
	return &dataset.Table{Features: []string{"x"}, Columns: [][]float32{x}, Classes: classes, Labels: labels}
}

func TestJudgeByHand(t *testing.T) {
	// Left is normal with 0.9, right attack with 0.6.
	f := stump(forest.RandomForest, []string{"normal", "attack"}, 0.9, 0.1, 0.4, 0.6)
	rows := table([]string{"attack", "normal"}, []int32{0, 0, 1, 1, 1}, 2, 0, 0, 1, 3)
	got, err := Judge(t.Context(), f, rows)
	require.NoError(t, err)
	assert.Equal(t, &Confusion{Classes: f.Classes, Counts: [][]int{{2, 1}, {1, 1}}}, got.Confusion)
	// Of the six pairs 2 are won (2 > 0, 2 > 1), 3 tied (2 = 3, 0 = 0, 0 = 1) and one lost.
	assert.InDelta(t, 3.5/6, got.AUC, 1e-15)

	// Without a class named attack the AUC is of the second one; here that is the same.
	f.Classes, rows.Classes = []string{"0", "1"}, []string{"1", "0"}
	got, err = Judge(t.Context(), f, rows)
	require.NoError(t, err)
	assert.InDelta(t, 3.5/6, got.AUC, 1e-15)

	// Wherever attack stands, it is its own score that counts.
	f.Classes, rows.Classes = []string{"attack", "normal"}, []string{"normal", "attack"}
	got, err = Judge(t.Context(), f, rows)
	require.NoError(t, err)
	assert.InDelta(t, 3.5/6, got.AUC, 1e-15)
	assert.Equal(t, [][]int{{2, 1}, {1, 1}}, got.Counts)
}

func TestJudgeSeveralClasses(t *testing.T) {
	f := stump(forest.Bagging, []string{"a", "b", "c"}, 0.5, 0.5, 0, 0, 0.25, 0.75)
	got, err := Judge(t.Context(), f, table([]string{"a", "b", "c"}, []int32{0, 1, 2}, 0, 0, 2))
	require.NoError(t, err)
	assert.Equal(t, [][]int{{1, 0, 0}, {1, 0, 0}, {0, 0, 1}}, got.Counts, "of equal scores the first class wins")
	assert.InDelta(t, (0.75+0.75+1)/3, got.AUC, 1e-15)
}

func TestJudgeRefuses(t *testing.T) {
	f := stump(forest.RandomForest, []string{"normal", "attack"}, 1, 0, 0, 1)
	_, err := Judge(t.Context(), f, table([]string{"bot", "normal"}, []int32{0}, 1))
	var unknown UnknownClassError
	require.ErrorAs(t, err, &unknown)
	assert.Equal(t, "bot", unknown.Class)
	assert.ErrorContains(t, err, `the model has no class "bot": its classes are normal, attack`)

	_, err = Judge(t.Context(), f, table(nil, nil, 1))
	assert.ErrorContains(t, err, "no classes to judge by")
	two := table([]string{"attack"}, []int32{0}, 1)
	two.Columns = append(two.Columns, []float32{1})
	_, err = Judge(t.Context(), f, two)
	assert.ErrorContains(t, err, "the rows have 2 columns, the model has 1 features")
	_, err = JudgeAnomalies(t.Context(), f, table([]string{"attack"}, []int32{0}, 1), 0.5)
	assert.ErrorContains(t, err, "no detector of anomalies")
	_, err = Judge(t.Context(), stump(forest.IsolationForest, nil, 1, 3), table([]string{"attack"}, []int32{0}, 1))
	assert.ErrorContains(t, err, "knows no classes")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Judge(ctx, f, table([]string{"attack"}, []int32{0}, 1))
	assert.ErrorIs(t, err, context.Canceled)
}

func TestJudgeAnomalies(t *testing.T) {
	f := stump(forest.IsolationForest, nil, 3, 1) // on the right is what is isolated at once
	c := forest.AveragePathLength(4)
	high := math.Exp2(-1 / c)
	rows := table([]string{"attack", "normal"}, []int32{0, 0, 1, 1}, 2, 0, 0, 2)
	for _, test := range []struct {
		threshold float64
		want      [][]int
	}{
		{0, [][]int{{2, 0}, {2, 0}}},
		{0.5, [][]int{{1, 1}, {1, 1}}},
		{math.Nextafter(high, 0), [][]int{{1, 1}, {1, 1}}},
		{high, [][]int{{0, 2}, {0, 2}}}, // only above it is anomalous
	} {
		got, err := JudgeAnomalies(t.Context(), f, rows, test.threshold)
		require.NoError(t, err)
		assert.Equal(t, []string{"attack", "normal"}, got.Classes)
		assert.Equal(t, test.want, got.Counts, test.threshold)
		assert.InDelta(t, 0.5, got.AUC, 1e-15)
	}
	_, err := JudgeAnomalies(t.Context(), f, table([]string{"attack", "bot", "normal"}, []int32{0}, 1), 0.5)
	assert.ErrorIs(t, err, ErrNotTwoClasses)
	assert.ErrorContains(t, err, "the rows are of the classes attack, bot, normal")
}

func TestAnomalousFirst(t *testing.T) {
	for _, test := range []struct{ classes, want []string }{
		{[]string{"attack", "normal"}, []string{"attack", "normal"}},
		{[]string{"attack", "zebra"}, []string{"attack", "zebra"}},
		{[]string{"aardvark", "attack"}, []string{"attack", "aardvark"}},
		{[]string{"benign", "bot"}, []string{"bot", "benign"}},
		{[]string{"bot", "normal"}, []string{"bot", "normal"}},
		{[]string{"attack"}, []string{"attack", "normal"}},
		{[]string{"benign"}, []string{"attack", "benign"}},
		{[]string{"benign", "normal"}, nil},
		{[]string{"bot", "crawler"}, nil},
		{[]string{"bot"}, nil},
		{[]string{"attack", "bot", "normal"}, nil},
		{nil, nil},
	} {
		got, err := anomalousFirst(test.classes)
		assert.Equal(t, test.want, got, test.classes)
		assert.Equal(t, test.want == nil, errors.Is(err, ErrNotTwoClasses), test.classes)
	}
}

func TestCrossValidate(t *testing.T) {
	// x tells the classes apart but for one row in ten.
	rows := table([]string{"attack", "normal"}, nil)
	for i := range 200 {
		class, x := int32(i%2), float32(i%2)*10+float32(i%7)
		if i%10 == 0 {
			x = 10 - x
		}
		rows.Labels, rows.Columns[0] = append(rows.Labels, class), append(rows.Columns[0], x)
	}
	var seen []int
	figures, err := CrossValidate(t.Context(), rows, 4, 1, func(ctx context.Context, part *dataset.Table) (*forest.Forest, error) {
		seen = append(seen, part.Rows())
		return grow.Grow(ctx, part, grow.Settings{Kind: forest.RandomForest, Trees: 5, MaxDepth: 2})
	})
	require.NoError(t, err)
	assert.Equal(t, []int{150, 150, 150, 150}, seen)
	sum := NewConfusion(rows.Classes)
	for _, f := range figures {
		sum.Add(f.Confusion)
	}
	assert.Equal(t, 200, sum.Rows(), "each row is judged once")
	mean, sd := MeanOf(figures, func(f Figures) float64 { return f.Accuracy() })
	assert.InDelta(t, sum.Accuracy(), mean, 1e-12, "folds of equal size")
	assert.Greater(t, mean, 0.8)
	assert.Less(t, mean, 1.0)
	assert.Positive(t, sd)

	broken := errors.New("no tree grows here")
	_, err = CrossValidate(t.Context(), rows, 4, 1, func(context.Context, *dataset.Table) (*forest.Forest, error) { return nil, broken })
	assert.ErrorIs(t, err, broken)
	assert.ErrorContains(t, err, "fold 1 of 4")
	_, err = CrossValidate(t.Context(), rows, 1, 1, nil)
	assert.ErrorContains(t, err, "at least 2")
}

func TestMeanOf(t *testing.T) {
	folds := []Figures{{AUC: 0.5}, {AUC: 0.7}, {AUC: 0.9}}
	mean, sd := MeanOf(folds, func(f Figures) float64 { return f.AUC })
	assert.InDelta(t, 0.7, mean, 1e-15)
	assert.InDelta(t, 0.2, sd, 1e-15)
	mean, _ = MeanOf(append(folds, Figures{AUC: math.NaN()}), func(f Figures) float64 { return f.AUC })
	assert.True(t, math.IsNaN(mean))
}
