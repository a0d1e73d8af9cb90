package evaluation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// UnknownClassError says that rows are of a class that a model does not have.
type UnknownClassError struct {
	Class string
	Known []string // of the model
}

// Error names the class and those that there are.
func (e UnknownClassError) Error() string {
	return fmt.Sprintf("the model has no class %q: its classes are %s", e.Class, dataset.ShownNames(e.Known))
}

// Judge compares the classes that a forest finds for the rows of a labelled table
// with their true ones. The table's columns are the forest's features, in their
// order. Figures have the forest's classes. The AUC is that of the class attack
// where there are two classes and one is named so, of the second where none is, and
// else the mean of each class against all others, see [OneVsRestAUC]. The error is
// an [UnknownClassError] where a row's class is none of the forest's.
func Judge(ctx context.Context, f *forest.Forest, t *dataset.Table) (Figures, error) {
	return JudgeMerged(ctx, f, t, nil)
}

// JudgeMerged is [Judge] for a forest with some of its classes put into others, by
// name: the probability of a class is the sum of those of the forest's classes that
// are put into it, and figures have the classes of [Merge]. The table has these
// classes already.
func JudgeMerged(ctx context.Context, f *forest.Forest, t *dataset.Table, into map[string]string) (Figures, error) {
	if f.Kind == forest.IsolationForest {
		return Figures{}, errors.New("an isolation forest knows no classes: it is judged as a detector of anomalies")
	}
	classes, number, err := Merge(f.Classes, into)
	if err != nil {
		return Figures{}, err
	}
	truth, err := truthOf(classes, t)
	if err != nil {
		return Figures{}, err
	}
	scores, err := Scores(ctx, f, t)
	if err != nil {
		return Figures{}, err
	}
	scores = sums(scores, number, len(classes))
	figures := Figures{Confusion: Compare(classes, truth, Predictions(scores))}
	if len(classes) == 2 {
		positive := max(0, slices.Index(classes, attack))
		if classes[positive] != attack {
			positive = 1
		}
		figures.AUC = AUC(are(truth, positive), scores[positive])
	} else {
		figures.AUC = OneVsRestAUC(truth, scores)
	}
	return figures, nil
}

// attack is the name of the class that detection is about.
const attack = "attack"

// truthOf is the true class of each row, an index of these classes.
func truthOf(classes []string, t *dataset.Table) ([]int32, error) {
	if t.Labels == nil {
		return nil, errors.New("the rows have no classes to judge by")
	}
	number := make([]int32, len(t.Classes))
	for i, class := range t.Classes {
		at := slices.Index(classes, class)
		if at < 0 {
			return nil, UnknownClassError{Class: class, Known: classes}
		}
		number[i] = int32(at)
	}
	truth := make([]int32, len(t.Labels))
	for i, label := range t.Labels {
		truth[i] = number[label]
	}
	return truth, nil
}

func are(truth []int32, class int) []bool {
	is := make([]bool, len(truth))
	for i, label := range truth {
		is[i] = int(label) == class
	}
	return is
}

// ErrNotTwoClasses says that rows are not of two classes of which one is what
// usually happens.
var ErrNotTwoClasses = errors.New("an isolation forest tells two classes apart, attack (or any other name) from normal or benign")

// JudgeAnomalies compares what an isolation forest takes for anomalies, rows with
// a score above the threshold (Liu, Ting, Zhou: 0.5), with their true classes. The
// class that should score high is attack, or that which is neither normal nor
// benign. The AUC is of the score, without a threshold. Where the classes do not
// say so the error is [ErrNotTwoClasses].
func JudgeAnomalies(ctx context.Context, f *forest.Forest, t *dataset.Table, threshold float64) (Figures, error) {
	if f.Kind != forest.IsolationForest {
		return Figures{}, fmt.Errorf("a forest of kind %s is no detector of anomalies", f.Kind)
	}
	classes, err := anomalousFirst(t.Classes)
	if err != nil {
		return Figures{}, err
	}
	truth, err := truthOf(classes, t)
	if err != nil {
		return Figures{}, err
	}
	scores, err := Scores(ctx, f, t)
	if err != nil {
		return Figures{}, err
	}
	predicted := make([]int32, t.Rows())
	for i, score := range scores[0] {
		if score <= threshold {
			predicted[i] = 1
		}
	}
	return Figures{Confusion: Compare(classes, truth, predicted), AUC: AUC(are(truth, 0), scores[0])}, nil
}

// anomalousFirst puts the class of anomalies first, the usual one second, and names
// the one that no row is of.
func anomalousFirst(classes []string) ([]string, error) {
	isUsual := func(class string) bool { return class == "normal" || class == "benign" }
	if slices.Contains(classes, attack) {
		isUsual = func(class string) bool { return class != attack }
	}
	anomalous, usual := []string{}, []string{}
	for _, class := range classes {
		if isUsual(class) {
			usual = append(usual, class)
		} else {
			anomalous = append(anomalous, class)
		}
	}
	switch {
	case len(anomalous) == 1 && len(usual) == 1:
		return []string{anomalous[0], usual[0]}, nil
	case len(anomalous) == 0 && len(usual) == 1:
		return []string{attack, usual[0]}, nil
	case len(usual) == 0 && slices.Equal(anomalous, []string{attack}):
		return []string{attack, "normal"}, nil
	}
	return nil, fmt.Errorf("the rows are of the classes %s: %w", dataset.ShownNames(classes), ErrNotTwoClasses)
}

// Predictions are the class with the highest score for each row, the first one of
// equals. scores[c][i] is that of class c for row i.
func Predictions(scores [][]float64) []int32 {
	predicted := make([]int32, len(scores[0]))
	for i := range predicted {
		for class := range scores {
			if scores[class][i] > scores[predicted[i]][i] {
				predicted[i] = int32(class)
			}
		}
	}
	return predicted
}

// Scores returns the scores of a table's rows, whose columns are the forest's
// features in their order: scores[c][i] is the probability of class c for row i. Of
// an isolation forest there is one score, the anomaly score.
func Scores(ctx context.Context, f *forest.Forest, t *dataset.Table) ([][]float64, error) {
	if len(t.Columns) != len(f.Features) {
		return nil, fmt.Errorf("the rows have %d columns, the model has %d features", len(t.Columns), len(f.Features))
	}
	scorer, err := forest.NewScorer(f)
	if err != nil {
		return nil, err
	}
	scores := make([][]float64, max(1, len(f.Classes)))
	for class := range scores {
		scores[class] = make([]float64, t.Rows())
	}
	row := make([]float32, 0, len(t.Columns))
	for i := range t.Rows() {
		if i%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		row = t.Row(row[:0], i)
		for class, score := range scorer.Score(row) {
			scores[class][i] = score
		}
	}
	return scores, nil
}
