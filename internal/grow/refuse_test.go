package grow

import (
	"context"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

func four() *dataset.Table {
	return table([]int32{0, 1, 0, 1}, []float32{1, 2, 3, 4}, []float32{4, 1, 3, missing})
}

func TestTablesAreRefused(t *testing.T) {
	many := make([]string, 600)
	columns := make([][]float32, 600)
	for i := range many {
		many[i], columns[i] = strings.Repeat("x", i%200)+string(rune('a'+i/200)), []float32{1, 2}
	}
	for _, c := range []struct {
		says string
		edit func(t *dataset.Table)
	}{
		{"no features", func(t *dataset.Table) { t.Features, t.Columns = nil, nil }},
		{"2 features and 1 columns", func(t *dataset.Table) { t.Columns = t.Columns[:1] }},
		{"600 features, more than the 512", func(t *dataset.Table) { t.Features, t.Columns = many, columns }},
		{"feature 2 has no name", func(t *dataset.Table) { t.Features[1] = "" }},
		{"features 1 and 2 are both named", func(t *dataset.Table) { t.Features[1] = t.Features[0] }},
		{"feature 1 has 300 bytes", func(t *dataset.Table) { t.Features[0] = strings.Repeat("é", 150) }},
		{"class 2 has no name", func(t *dataset.Table) { t.Classes[1] = "" }},
		{"no rows", func(t *dataset.Table) { t.Columns = [][]float32{{}, {}} }},
		{`"feature 1" has 3 values, but "feature 0" has 4`, func(t *dataset.Table) { t.Columns[1] = t.Columns[1][:3] }},
		{`"feature 1" of row 3 is +Inf`, func(t *dataset.Table) { t.Columns[1][2] = float32(math.Inf(1)) }},
		{`"feature 0" of row 1 is -Inf`, func(t *dataset.Table) { t.Columns[0][0] = float32(math.Inf(-1)) }},
		{"no classes", func(t *dataset.Table) { t.Classes = nil }},
		{"no classes", func(t *dataset.Table) { t.Labels = nil }},
		{"600 classes, more than the 256", func(t *dataset.Table) { t.Classes = many }},
		{"3 labels and 4 rows", func(t *dataset.Table) { t.Labels = t.Labels[:3] }},
		{"label of row 2 is 2: use one from 0 to 1", func(t *dataset.Table) { t.Labels[1] = 2 }},
		{"label of row 4 is -1", func(t *dataset.Table) { t.Labels[3] = -1 }},
		{`all rows are of class "class 0"`, func(t *dataset.Table) { t.Labels = make([]int32, 4) }},
	} {
		table := four()
		c.edit(table)
		f, err := Grow(t.Context(), table, Settings{Kind: forest.Bagging})
		assert.ErrorContains(t, err, c.says)
		assert.Nil(t, f)
	}
	_, err := Grow(t.Context(), nil, Settings{Kind: forest.Bagging})
	assert.ErrorContains(t, err, "no features")
	_, err = Grow(t.Context(), table(nil, []float32{1}), Settings{Kind: forest.IsolationForest})
	assert.ErrorContains(t, err, "has one row")
}

func TestSettingsAreRefusedByName(t *testing.T) {
	for says, s := range map[string]Settings{
		`no Kind "boosting"`:       {Kind: forest.Boosting},
		`no Kind ""`:               {},
		"Trees is -1":              {Kind: forest.Bagging, Trees: -1},
		"Trees is 10001":           {Kind: forest.Bagging, Trees: 10_001},
		"MaxDepth is -1":           {Kind: forest.Bagging, MaxDepth: -1},
		"MaxDepth is 513":          {Kind: forest.Bagging, MaxDepth: 513},
		"MinLeaf is -2":            {Kind: forest.Bagging, MinLeaf: -2},
		"MaxFeatures is 3":         {Kind: forest.Bagging, MaxFeatures: 3},
		"MaxFeatures is -3":        {Kind: forest.RandomForest, MaxFeatures: -3},
		"Workers is -1":            {Kind: forest.Bagging, Workers: -1},
		"SampleSize is 1":          {Kind: forest.IsolationForest, SampleSize: 1},
		"SampleSize is -5":         {Kind: forest.IsolationForest, SampleSize: -5},
		"Margin is -0.1":           {Kind: forest.IsolationForest, Margin: -0.1},
		"Margin is NaN":            {Kind: forest.IsolationForest, Margin: math.NaN()},
		"Margin is 11":             {Kind: forest.IsolationForest, Margin: 11},
		"Margin is set":            {Kind: forest.Bagging, Margin: 0.1},
		"SampleSize is set":        {Kind: forest.RandomForest, SampleSize: 10},
		"WholeSample is set":       {Kind: forest.IsolationForest, WholeSample: true},
		"MinLeaf is set":           {Kind: forest.IsolationForest, MinLeaf: 2},
		"MaxFeatures is set":       {Kind: forest.IsolationForest, MaxFeatures: 2},
		"ClassWeights is set":      {Kind: forest.IsolationForest, ClassWeights: []float64{}},
		"ClassWeights has 1":       {Kind: forest.Bagging, ClassWeights: []float64{1}},
		`of class "class 1" is 0`:  {Kind: forest.Bagging, ClassWeights: []float64{1, 0}},
		`of class "class 0" is -1`: {Kind: forest.Bagging, ClassWeights: []float64{-1, 1}},
		`"class 0" is NaN`:         {Kind: forest.Bagging, ClassWeights: []float64{math.NaN(), 1}},
		`"class 0" is +Inf`:        {Kind: forest.Bagging, ClassWeights: []float64{math.Inf(1), 1}},
	} {
		f, err := Grow(t.Context(), four(), s)
		assert.ErrorContains(t, err, says)
		assert.Nil(t, f)
	}
	_, err := Grow(t.Context(), four(), Settings{Kind: forest.Bagging, Trees: -1, MinLeaf: -1})
	assert.ErrorContains(t, err, "Trees is")
	assert.ErrorContains(t, err, "MinLeaf is", "all that is wrong at once")
}

func TestTooManyNodesAreRefused(t *testing.T) {
	for _, workers := range []int{1, 3} {
		s := Settings{Trees: 4, Workers: workers}
		trees, err := growAll(t.Context(), s, func() grower { return giver{} })
		require.NoError(t, err)
		assert.Len(t, trees, 4)
		s.Trees++
		_, err = growAll(t.Context(), s, func() grower { return giver{} })
		assert.ErrorIs(t, err, errNodes)
	}
	assert.ErrorContains(t, errNodes, "grow fewer trees, or set a depth limit or a larger MinLeaf")
}

// giver gives four trees that have all nodes allowed, and then one of a leaf.
type giver struct{}

func (giver) grow(_ context.Context, number int) (forest.Tree, error) {
	if number == 4 {
		return forest.Tree{Nodes: make([]forest.Node, 1)}, nil
	}
	return forest.Tree{Nodes: make([]forest.Node, forest.MaxNodes/4)}, nil
}
