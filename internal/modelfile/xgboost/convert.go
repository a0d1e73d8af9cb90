package xgboost

import (
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/spanwarden/spanwarden/internal/forest"
)

func (m *file) forest() (*forest.Forest, error) {
	b := &m.Learner.Booster
	trees, weights := &b.Model, b.Model.WeightDrop
	switch b.Name {
	case "gbtree":
	case "dart":
		trees, weights = &b.GBTree.Model, b.WeightDrop
	case "gblinear":
		return nil, errors.New("the booster gblinear is a linear model without trees: train with the booster gbtree")
	default:
		return nil, fmt.Errorf("the booster %.40q is not known: train with the booster gbtree", b.Name)
	}
	out, err := m.outputs()
	if err != nil {
		return nil, err
	}
	features, err := m.Learner.features()
	if err != nil {
		return nil, err
	}
	f := &forest.Forest{
		Kind: forest.Boosting, Features: features, Classes: numbered("", max(2, out.groups)), Base: out.base,
		Origin: "XGBoost, " + m.Learner.Objective.Name,
	}
	if f.Trees, err = trees.convert(len(features), out, weights); err != nil {
		return nil, err
	}
	return f, nil
}

func (l *learner) features() ([]string, error) {
	n, err := l.Param.NumFeature.integer("num_feature", len(l.FeatureNames), 1, forest.MaxFeatures)
	switch {
	case err != nil:
		return nil, err
	case len(l.FeatureNames) == 0:
		return numbered("f", n), nil
	case len(l.FeatureNames) != n:
		return nil, fmt.Errorf("%d feature_names for %d features: save the model again", len(l.FeatureNames), n)
	}
	return l.FeatureNames, nil
}

func numbered(prefix string, n int) []string {
	names := make([]string, n)
	for i := range names {
		names[i] = prefix + strconv.Itoa(i)
	}
	return names
}

func (m *model) convert(features int, out *outputs, weights []float32) ([]forest.Tree, error) {
	n, err := m.Param.NumTrees.integer("num_trees", len(m.Trees), 0, forest.MaxTrees)
	switch {
	case err != nil:
		return nil, err
	case n == 0:
		return nil, errors.New("no trees: train at least one round")
	case n != len(m.Trees) || n != len(m.TreeInfo):
		return nil, fmt.Errorf("num_trees is %d, but there are %d trees and %d entries of tree_info: save the model again",
			n, len(m.Trees), len(m.TreeInfo))
	case weights != nil && n != len(weights):
		return nil, fmt.Errorf("%d values of weight_drop for %d trees: save the model again", len(weights), n)
	}
	trees := make([]forest.Tree, n)
	for i := range trees {
		group := m.TreeInfo[i]
		if group < 0 || group >= int64(out.groups) {
			return nil, fmt.Errorf("tree %d is of class %d, there are %d: save the model again", i, group, out.groups)
		}
		output, factor := out.tree(int(group))
		if weights != nil {
			factor *= float64(weights[i])
		}
		if err := m.Trees[i].convert(&trees[i], features, factor); err != nil {
			return nil, fmt.Errorf("tree %d: %w", i, err)
		}
		trees[i].Output = output
	}
	return trees, nil
}

// convert writes a tree breadth first, its leaves times a factor. Nodes that no path
// leads to are left out: pruning leaves such behind.
func (t *tree) convert(to *forest.Tree, features int, factor float64) error {
	if err := t.lengths(); err != nil {
		return err
	}
	seen := make([]bool, len(t.Left))
	seen[0] = true
	order := []int64{0}
	for i := 0; i < len(order); i++ {
		from := order[i]
		node := forest.Node{Feature: forest.Leaf, Next: int32(len(to.Values)), Cover: float64(t.Hessian[from])}
		children := [2]int64{t.Left[from], t.Right[from]}
		if children == [2]int64{-1, -1} {
			to.Values = append(to.Values, factor*float64(t.Condition[from]))
			to.Nodes = append(to.Nodes, node)
			continue
		}
		if err := t.split(&node, from, features); err != nil {
			return fmt.Errorf("node %d: %w", from, err)
		}
		node.Next = int32(len(order))
		to.Nodes = append(to.Nodes, node)
		for _, child := range children {
			if child < 0 || child >= int64(len(seen)) || seen[child] {
				return fmt.Errorf("node %d: its child %d is no node of %d or has a parent already: "+
					"the file is damaged, save the model again", from, child, len(seen))
			}
			seen[child] = true
		}
		order = append(order, children[:]...)
	}
	forest.CompleteCovers(to.Nodes)
	return nil
}

func (t *tree) lengths() error {
	size, err := t.Param.SizeLeafVector.integer("size_leaf_vector", 0, 0, math.MaxInt32)
	switch {
	case err != nil:
		return err
	case size > 1:
		return fmt.Errorf("its leaves have %d values each: train with multi_strategy one_output_per_tree", size)
	}
	n, err := t.Param.NumNodes.integer("num_nodes", len(t.Left), 1, forest.MaxNodes)
	switch {
	case err != nil:
		return err
	case n == 0:
		return errors.New("no nodes: the file is damaged, save the model again")
	}
	for _, l := range []struct {
		name   string
		length int
	}{
		{"left_children", len(t.Left)},
		{"right_children", len(t.Right)},
		{"split_indices", len(t.Feature)},
		{"split_conditions", len(t.Condition)},
		{"default_left", len(t.DefaultLeft)},
		{"sum_hessian", len(t.Hessian)},
	} {
		if l.length != n {
			return fmt.Errorf("%s has %d values for %d nodes: the file is damaged, save the model again", l.name, l.length, n)
		}
	}
	if len(t.SplitType) != n && len(t.SplitType) != 0 {
		return fmt.Errorf("split_type has %d values for %d nodes: the file is damaged, save the model again", len(t.SplitType), n)
	}
	return nil
}

func (t *tree) split(node *forest.Node, from int64, features int) error {
	feature := t.Feature[from]
	if feature < 0 || feature >= int64(features) {
		return fmt.Errorf("it splits feature %d of %d: the file is damaged, save the model again", feature, features)
	}
	if len(t.SplitType) > 0 && t.SplitType[from] != 0 {
		return fmt.Errorf("its split of feature %d is categorical: encode categories as numbers (one-hot) "+
			"and train without enable_categorical", feature)
	}
	node.Feature = int32(feature)
	node.Threshold = math.Nextafter32(t.Condition[from], float32(math.Inf(-1)))
	node.MissingLeft = t.DefaultLeft[from]
	return nil
}
