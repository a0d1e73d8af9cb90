package evaluation

import (
	"cmp"
	"math"
	"slices"
)

// AUC is the area under the ROC curve: the chance that a positive row has a higher
// score than a negative one, where equal scores count half (Mann, Whitney 1947,
// from ranks). NaN without rows of both sorts or if a score is NaN.
func AUC(positive []bool, scores []float64) float64 {
	// Twice the pairs won: whole numbers, so that no order of summing changes them.
	var won, positives, negatives float64
	for rows := range ties(positive, scores) {
		won += float64(rows.positive) * (2*negatives + float64(rows.negative))
		positives += float64(rows.positive)
		negatives += float64(rows.negative)
	}
	if slices.ContainsFunc(scores, math.IsNaN) {
		return math.NaN()
	}
	return won / 2 / (positives * negatives)
}

// OneVsRestAUC is the mean, over the classes, of the AUC of the class against all
// others by its own score: roc_auc_score(multi_class="ovr", average="macro") of
// scikit-learn. scores[c][i] is that of class c for row i. Classes without rows
// are left out; NaN with fewer than two that have some.
func OneVsRestAUC(truth []int32, scores [][]float64) float64 {
	var sum, classes float64
	positive := make([]bool, len(truth))
	for class, own := range scores {
		for i, label := range truth {
			positive[i] = int(label) == class
		}
		if slices.Contains(positive, true) {
			sum += AUC(positive, own)
			classes++
		}
	}
	return sum / classes
}

// RecallAt is the highest recall that a threshold gives with at most so many false
// alarms, negative rows whose scores reach it; and that threshold. Without any
// such threshold the recall is 0 and the threshold infinite. NaN without positive
// rows or if a score is NaN.
func RecallAt(falseAlarms int, positive []bool, scores []float64) (recall, threshold float64) {
	if slices.ContainsFunc(scores, math.IsNaN) || !slices.Contains(positive, true) {
		return math.NaN(), math.NaN()
	}
	positives, above, alarms := 0, 0, 0
	for _, is := range positive {
		if is {
			positives++
		}
	}
	groups := slices.Collect(ties(positive, scores))
	threshold = math.Inf(1)
	for _, rows := range slices.Backward(groups) {
		alarms += rows.negative
		if alarms > falseAlarms {
			break
		}
		if rows.positive > 0 {
			above += rows.positive
			threshold = rows.score
		}
	}
	return float64(above) / float64(positives), threshold
}

// tied are the rows of one score.
type tied struct {
	score              float64
	positive, negative int
}

// ties yields the rows by their scores, the lowest first.
func ties(positive []bool, scores []float64) func(yield func(tied) bool) {
	order := make([]int, len(scores))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(scores[a], scores[b]) })
	return func(yield func(tied) bool) {
		for at := 0; at < len(order); {
			rows := tied{score: scores[order[at]]}
			for ; at < len(order) && cmp.Compare(scores[order[at]], rows.score) == 0; at++ {
				if positive[order[at]] {
					rows.positive++
				} else {
					rows.negative++
				}
			}
			if !yield(rows) {
				return
			}
		}
	}
}
