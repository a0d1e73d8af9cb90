package evaluation

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

var nan = math.NaN()

func TestAUCByHand(t *testing.T) {
	yes, no := true, false
	for name, test := range map[string]struct {
		positive []bool
		scores   []float64
		want     float64
	}{
		"all right":      {[]bool{no, no, yes}, []float64{1, 2, 3}, 1},
		"all wrong":      {[]bool{yes, no, no}, []float64{1, 2, 3}, 0},
		"all equal":      {[]bool{yes, no, no, yes}, []float64{7, 7, 7, 7}, 0.5},
		"one tie of two": {[]bool{yes, no, no}, []float64{2, 2, 1}, 0.75},
		"infinite":       {[]bool{yes, no, yes}, []float64{math.Inf(1), math.Inf(1), math.Inf(-1)}, 0.25},
		"one sort only":  {[]bool{yes, yes}, []float64{1, 2}, nan},
		"no rows":        {nil, nil, nan},
		"NaN":            {[]bool{yes, no, yes}, []float64{3, 1, nan}, nan},
	} {
		assert.Equal(t, orNil(test.want), orNil(AUC(test.positive, test.scores)), name)
	}
}

func TestOneVsRestAUCByHand(t *testing.T) {
	// Class 0 is told apart, class 1 from half of the others, class 2 does not occur.
	truth := []int32{0, 1, 0, 1}
	scores := [][]float64{{0.6, 0.1, 0.7, 0.2}, {0.3, 0.5, 0.1, 0.2}, {0.1, 0.4, 0.2, 0.6}}
	assert.InDelta(t, (1+0.75)/2, OneVsRestAUC(truth, scores), 1e-15)
	assert.True(t, math.IsNaN(OneVsRestAUC([]int32{1, 1, 1, 1}, scores)))
	assert.True(t, math.IsNaN(OneVsRestAUC(nil, [][]float64{nil, nil})))
}

func TestRecallAtByHand(t *testing.T) {
	yes, no := true, false
	positive := []bool{yes, yes, no, yes, no, yes, no}
	scores := []float64{9, 8, 8, 7, 6, 6, 5}
	for _, test := range []struct {
		falseAlarms       int
		recall, threshold float64
	}{
		{0, 0.25, 9}, // the next score is a negative row's as well
		{1, 0.75, 7},
		{2, 1, 6},
		{3, 1, 6}, // what is below finds nothing more
	} {
		recall, threshold := RecallAt(test.falseAlarms, positive, scores)
		assert.Equal(t, test.recall, recall, test.falseAlarms)
		assert.Equal(t, test.threshold, threshold, test.falseAlarms)
	}
	recall, threshold := RecallAt(0, []bool{no, yes}, []float64{2, 1})
	assert.Zero(t, recall)
	assert.True(t, math.IsInf(threshold, 1))
	for _, scores := range [][]float64{{1}, {nan}} {
		recall, _ = RecallAt(0, []bool{no}, scores)
		assert.True(t, math.IsNaN(recall))
	}
}

// ranked draws rows of both sorts with few different scores.
func ranked(t *rapid.T) (positive []bool, scores []float64) {
	n := rapid.IntRange(2, 30).Draw(t, "rows")
	positive = rapid.SliceOfN(rapid.Bool(), n, n).Draw(t, "positive")
	positive[0], positive[1] = true, false
	for _, v := range rapid.SliceOfN(rapid.IntRange(0, 9), n, n).Draw(t, "scores") {
		scores = append(scores, float64(v)/10)
	}
	return positive, scores
}

// Counting all pairs gives the AUC, too.
func TestAUCCountsPairs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		positive, scores := ranked(t)
		var won, pairs float64
		for i := range scores {
			for j := range scores {
				if !positive[i] || positive[j] {
					continue
				}
				pairs++
				switch {
				case scores[i] > scores[j]:
					won++
				case scores[i] == scores[j]:
					won += 0.5
				}
			}
		}
		require.Equal(t, won/pairs, AUC(positive, scores))

		negated := make([]float64, len(scores))
		for i, s := range scores {
			negated[i] = -s
		}
		require.InDelta(t, 1-won/pairs, AUC(positive, negated), 1e-15)
	})
}

// Trying all thresholds finds no higher recall.
func TestRecallAtIsTheHighest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		positive, scores := ranked(t)
		most := rapid.IntRange(0, 5).Draw(t, "false alarms")
		at := func(threshold float64) (recall float64, alarms int) {
			found, all := 0, 0
			for i, is := range positive {
				switch {
				case is && scores[i] >= threshold:
					found++
				case scores[i] >= threshold:
					alarms++
				}
				if is {
					all++
				}
			}
			return float64(found) / float64(all), alarms
		}
		best := 0.0
		for _, threshold := range scores {
			if recall, alarms := at(threshold); alarms <= most {
				best = max(best, recall)
			}
		}
		recall, threshold := RecallAt(most, positive, scores)
		require.Equal(t, best, recall)
		really, alarms := at(threshold)
		require.Equal(t, recall, really)
		require.LessOrEqual(t, alarms, most)
	})
}
