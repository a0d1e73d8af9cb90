package lightgbm

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// tree is one of the file: splits and leaves are numbered apart, a child that is a
// leaf is written as -1-number. Splits have one value in each of their lists.
type tree struct {
	feature, decision, left, right []int
	threshold                      []float64
	splitRows                      []float64
	leafValue, leafRows            []float64
}

// isRead tells the keys of a tree that matter from those that are passed over.
func isRead(key string) bool {
	switch key {
	case "is_linear", "num_leaves", "leaf_value", "split_feature", "decision_type", "left_child", "right_child",
		"threshold", "internal_count", "leaf_count":
		return true
	}
	return false
}

// readTree reads the lines KEY=VALUE up to an empty one.
func readTree(in *lines, features, maxNodes int) (*tree, error) {
	values := map[string]string{}
	for {
		line, _ := in.next()
		if line == "" {
			break
		}
		key, value, found := strings.Cut(line, "=")
		if !found {
			return nil, fmt.Errorf("line %d is %.40q instead of KEY=VALUE: save the model again", in.number, line)
		}
		if !isRead(key) {
			continue // and not kept: there may be any number of them
		}
		if _, twice := values[key]; twice {
			return nil, fmt.Errorf("line %d gives %s a second time: the file is damaged, save the model again", in.number, key)
		}
		values[key] = value
	}
	if linear := values["is_linear"]; linear != "" && linear != "0" {
		return nil, errors.New("its leaves are linear models: train with linear_tree=false")
	}
	leaves, err := integer("num_leaves", values["num_leaves"], 1, forest.MaxNodes)
	if err != nil {
		return nil, err
	}
	if 2*leaves-1 > maxNodes {
		return nil, fmt.Errorf("with it there are more than %d nodes: train fewer or smaller trees", forest.MaxNodes)
	}

	r := reader{values: values}
	t := &tree{leafValue: r.floats("leaf_value", leaves)}
	if leaves == 1 {
		t.leafRows = []float64{1} // a tree that found no split writes none
		return t, r.err
	}
	t.feature = r.integers("split_feature", leaves-1)
	t.decision = r.integers("decision_type", leaves-1)
	t.left = r.integers("left_child", leaves-1)
	t.right = r.integers("right_child", leaves-1)
	t.threshold = r.thresholds("threshold", leaves-1)
	t.splitRows = r.floats("internal_count", leaves-1)
	t.leafRows = r.floats("leaf_count", leaves)
	for i, f := range t.feature {
		if r.err == nil && (f < 0 || f >= features) {
			return nil, fmt.Errorf("split %d is of feature %d, there are %d: save the model again", i, f, features)
		}
	}
	return t, r.err
}

// reader of lists; it keeps the first error.
type reader struct {
	values map[string]string
	err    error
}

func (r *reader) integers(key string, n int) []int {
	return list(r, key, n, func(s string) (int, error) {
		v, err := strconv.ParseInt(s, 10, 32)
		return int(v), err
	})
}

// thresholds may be infinite: so LightGBM writes a split of what is missing from what is not.
func (r *reader) thresholds(key string, n int) []float64 {
	return list(r, key, n, func(s string) (float64, error) {
		v, err := strconv.ParseFloat(s, 64)
		if math.IsNaN(v) {
			err = strconv.ErrSyntax
		}
		return v, err
	})
}

func (r *reader) floats(key string, n int) []float64 {
	values := r.thresholds(key, n)
	if r.err == nil && slices.ContainsFunc(values, func(v float64) bool { return math.IsInf(v, 0) }) {
		r.err = fmt.Errorf("%s has an infinite value: the file is damaged, save the model again", key)
	}
	return values
}

func list[T any](r *reader, key string, n int, value func(string) (T, error)) []T {
	if r.err != nil {
		return nil
	}
	text, found := r.values[key]
	if have := countFields(text); !found || have != n {
		r.err = fmt.Errorf("%s has %d values instead of %d: the file is damaged, save the model again", key, have, n)
		return nil
	}
	values := make([]T, 0, n)
	for field := range strings.FieldsSeq(text) {
		v, err := value(field)
		if err != nil {
			r.err = fmt.Errorf("%s has the value %.20q: the file is damaged, save the model again", key, field)
			return nil
		}
		values = append(values, v)
	}
	return values
}

// convert writes a tree breadth first, its leaves times a factor.
func (t *tree) convert(factor float64) (forest.Tree, error) {
	var to forest.Tree
	splits, leaves := len(t.left), len(t.leafValue)
	seen := make([]bool, splits+leaves) // splits first
	order := make([]int, 1, splits+leaves)
	if splits == 0 {
		order[0] = ^0
	}
	for i := 0; i < len(order); i++ {
		from := order[i]
		if from < 0 {
			leaf := ^from
			to.Nodes = append(to.Nodes, forest.Node{Feature: forest.Leaf, Next: int32(len(to.Values)), Cover: t.leafRows[leaf]})
			to.Values = append(to.Values, factor*t.leafValue[leaf])
			continue
		}
		node, err := t.split(from)
		if err != nil {
			return to, fmt.Errorf("split %d: %w", from, err)
		}
		node.Next = int32(len(order))
		to.Nodes = append(to.Nodes, node)
		for _, child := range []int{t.left[from], t.right[from]} {
			at := child
			if child < 0 {
				at = splits + ^child
			}
			if child == 0 || child >= splits || at >= len(seen) || seen[at] {
				return to, fmt.Errorf("split %d: its child %d is none of %d splits and %d leaves or has a parent already: "+
					"the file is damaged, save the model again", from, child, splits, leaves)
			}
			seen[at] = true
			order = append(order, child)
		}
	}
	if len(order) != splits+leaves {
		return to, fmt.Errorf("only %d of %d splits and leaves can be reached: the file is damaged, save the model again",
			len(order), splits+leaves)
	}
	forest.CompleteCovers(to.Nodes)
	return to, nil
}
