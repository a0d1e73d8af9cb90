// Package grow trains tree ensembles: random forests, bagged trees and isolation
// forests.
//
// # Classification
//
// Trees are CART's (Breiman, Friedman, Olshen, Stone 1984): each split is the one
// that leaves the least Gini impurity, and a node is split as long as it is impure
// and can be split. A split of a [forest.RandomForest] looks at a few features,
// drawn without replacement (Breiman, "Random Forests", 2001). Those that are
// constant in the node do not count, so MaxFeatures that can be split on are
// looked at wherever there are as many. (scikit-learn counts them once it has one
// that is not constant.) Of splits that are equally good the one found first wins: the lower threshold,
// and with all features looked at the first feature of the table.
//
// Thresholds lie midway between neighbouring values of the node's rows, as float32
// and below the greater one, however near they are to each other. Features of at most
// 255 distinct values, and nodes of fewer rows, get the very best split. Where there
// are more of both, rows are counted in 255 bins, the best boundary between bins is
// found, and then the best threshold within the two bins beside it. Such nodes are not
// split next to their extremes for a gain by chance, which makes trees of a limited
// depth some percent larger than an exhaustive search would.
//
// A leaf's probabilities are its rows' parts in its cover, where each row counts its
// class's weight as often as it was drawn. MinLeaf counts rows once.
//
// NaN stands for a missing value. Each split tries missing rows on both sides, and
// also splits missing rows from the others; such a split has the threshold
// [math.MaxFloat32]. Where a node saw none, later ones go to the side with more
// cover. Infinite values are refused.
//
// # Isolation forests
//
// Each tree splits a sample of SampleSize rows at a random feature of those that
// are not constant in the node, at a random threshold between their least and
// greatest value (Liu, Ting, Zhou, "Isolation Forest", ICDM 2008). Rows whose value
// is missing go with the greater number of the node's rows that have one.
//
// With a margin μ, thresholds are drawn from μ ranges below the least to μ ranges
// above the greatest value. One beyond them cuts off nothing but empty space: that
// side is a leaf of no rows, at its depth, for rows that are unlike all that was
// seen. As 2μ of 1+2μ splits are such, trees may be 1+2μ times as deep, which leaves
// about as many proper splits on a path as without a margin. Paths of ordinary rows
// become longer by the same factor, so that their scores fall; scores rise with the
// distance up to μ ranges from the rows that were seen.
package grow

import (
	"context"
	"fmt"
	"slices"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// Grow trains a forest on a table, which it leaves as it is. It returns an error
// if the settings or the table cannot be used, the forest would have more than
// [forest.MaxNodes] nodes, or the context ends.
//
// The labels are for classification alone: an isolation forest leaves them aside.
// Each tree has its own random numbers, those of PCG with the seed and the number
// of the tree.
func Grow(ctx context.Context, t *dataset.Table, s Settings) (*forest.Forest, error) {
	if err := checkTable(t, s.Kind); err != nil {
		return nil, fmt.Errorf("grow: %w", err)
	}
	if err := s.check(t); err != nil {
		return nil, fmt.Errorf("grow: %w", err)
	}
	s = s.complete(t)
	f := &forest.Forest{Kind: s.Kind, Features: slices.Clone(t.Features)}
	var newGrower func() grower
	if s.Kind == forest.IsolationForest {
		f.SampleSize = s.SampleSize
		newGrower = func() grower { return newIsolator(t, s) }
	} else {
		f.Classes = slices.Clone(t.Classes)
		m, err := newMatrix(ctx, t, s.Workers)
		if err != nil {
			return nil, fmt.Errorf("grow: %w", err)
		}
		newGrower = func() grower { return newClassifier(t, m, s) }
	}
	trees, err := growAll(ctx, s, newGrower)
	if err != nil {
		return nil, fmt.Errorf("grow: %w", err)
	}
	f.Trees = trees
	return f, nil
}
