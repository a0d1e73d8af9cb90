package evaluation

import (
	"context"
	"fmt"
	"math"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// CrossValidate trains a forest on all of the k folds but one, for each of them,
// and judges it by the rows of that one; see [Folds].
func CrossValidate(ctx context.Context, t *dataset.Table, k int, seed uint64,
	train func(context.Context, *dataset.Table) (*forest.Forest, error),
) ([]Figures, error) {
	folds, err := Folds(t, k, seed)
	if err != nil {
		return nil, err
	}
	figures := make([]Figures, 0, k)
	for i, fold := range folds {
		f, err := train(ctx, t.Select(others(t.Rows(), fold)))
		if err != nil {
			return nil, fmt.Errorf("train without fold %d of %d: %w", i+1, k, err)
		}
		judged, err := Judge(ctx, f, t.Select(fold))
		if err != nil {
			return nil, fmt.Errorf("judge by fold %d of %d: %w", i+1, k, err)
		}
		figures = append(figures, judged)
	}
	return figures, nil
}

// MeanOf is the mean of a figure over the folds and its standard deviation, that
// of a sample (n−1); both are NaN where a fold's figure is.
func MeanOf(folds []Figures, figure func(Figures) float64) (mean, sd float64) {
	values := make([]float64, len(folds))
	for i, f := range folds {
		values[i] = figure(f)
	}
	return meanAndDeviation(values)
}

func meanAndDeviation(values []float64) (mean, sd float64) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	for _, v := range values {
		sd += (v - mean) * (v - mean)
	}
	return mean, math.Sqrt(sd / (n - 1))
}
