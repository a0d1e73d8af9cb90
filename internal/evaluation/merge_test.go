package evaluation

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/forest"
)

func TestMerge(t *testing.T) {
	model := []string{"normal", "bot", "attack"}
	for _, test := range []struct {
		into    map[string]string
		classes []string
		number  []int
		err     string
	}{
		{nil, model, []int{0, 1, 2}, ""},
		{map[string]string{"bot": "attack", "attack": "attack"}, []string{"normal", "attack"}, []int{0, 1, 1}, ""},
		{map[string]string{"bot": "attack", "probe": "attack"}, []string{"normal", "attack"}, []int{0, 1, 1}, ""},
		{map[string]string{"bot": "harm", "attack": "harm", "normal": "fine"}, []string{"fine", "harm"}, []int{0, 1, 1}, ""},
		{map[string]string{"benign": "normal"}, model, []int{0, 1, 2}, ""},
		{
			map[string]string{"bot": "normal", "normal": "bot"},
			nil, nil,
			`"normal" is a class of the model: it cannot be put into "bot" while "bot"`,
		},
		{map[string]string{"bot": "x", "attack": "x", "normal": "x"}, nil, nil, `(normal, bot, attack) are put into "x": leave at least two`},
	} {
		classes, number, err := Merge(model, test.into)
		assert.Equal(t, test.classes, classes, test.into)
		assert.Equal(t, test.number, number, test.into)
		if test.err == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, test.err)
		}
	}
}

// The sum of two classes outweighs one that is more likely than either.
func TestJudgeMerged(t *testing.T) {
	f := stump(forest.Bagging, []string{"bot", "normal", "attack"}, 0.25, 0.375, 0.375, 0.125, 0.75, 0.125)
	rows := table([]string{"attack", "normal"}, []int32{0, 0, 1}, 0, 2, 2)
	got, err := JudgeMerged(t.Context(), f, rows, map[string]string{"bot": "attack", "attack": "attack"})
	require.NoError(t, err)
	assert.Equal(t, &Confusion{Classes: []string{"attack", "normal"}, Counts: [][]int{{1, 1}, {0, 1}}}, got.Confusion)
	assert.InDelta(t, 0.75, got.AUC, 1e-15, "one of the two pairs is won, one tied")

	apart, err := Judge(t.Context(), f, rows)
	require.NoError(t, err)
	assert.Equal(t, []int{0, 1, 0}, apart.Counts[1])
	assert.Equal(t, []int{0, 2, 0}, apart.Counts[2], "normal is the most likely single class")

	_, err = JudgeMerged(t.Context(), f, rows, map[string]string{"bot": "normal", "attack": "normal"})
	assert.ErrorContains(t, err, "leave at least two")
}
