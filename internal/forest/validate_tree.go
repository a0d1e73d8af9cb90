package forest

import (
	"errors"
	"fmt"
	"math"
)

// treeCheck validates trees one by one; its slices are long enough for any.
type treeCheck struct {
	forest *Forest
	// depth of each node that a parent has claimed, the root's is 1; 0: not claimed.
	depth []int16
	given []bool // numbers of leaves that are taken
}

func (c *treeCheck) check(t *Tree) error {
	width, err := c.width(t)
	if err != nil {
		return err
	}
	depth := c.depth[:len(t.Nodes)]
	clear(depth)
	clear(c.given)
	depth[0] = 1
	// A tree whose nodes have one parent each has one leaf more than splits.
	leaves := (len(t.Nodes) + 1) / 2
	if len(t.Values) != leaves*width {
		return fmt.Errorf("%d values for %d nodes: a tree of that many has %d leaves, each with %d values",
			len(t.Values), len(t.Nodes), leaves, width)
	}
	for i := range t.Nodes {
		n := &t.Nodes[i]
		switch {
		case depth[i] == 0:
			err = errors.New("no split before it leads there: order the nodes so that parents come first, and leave out the others")
		case !(n.Cover > 0 && n.Cover <= MaxValue):
			err = fmt.Errorf("cover %v: it must be greater than 0 and at most %g, count the training rows that came by", n.Cover, MaxValue)
		case n.Feature == Leaf:
			err = c.leaf(t, n, leaves, width)
		default:
			err = c.split(n, i, depth)
		}
		if err != nil {
			return fmt.Errorf("node %d: %w", i, err)
		}
	}
	return nil
}

// width is how many values each leaf of the tree has.
func (c *treeCheck) width(t *Tree) (int, error) {
	outputs := c.forest.Outputs()
	switch boosting := c.forest.Kind == Boosting; {
	case !boosting && t.Output != AllOutputs:
		return 0, fmt.Errorf("output %d: in a forest of the kind %s each tree adds to all outputs, mark it with %d",
			t.Output, c.forest.Kind, AllOutputs)
	case !boosting:
		return outputs, nil
	case t.Output < 0 || t.Output >= outputs:
		return 0, fmt.Errorf("output %d: a boosted tree adds to one of the %d outputs, number them from 0", t.Output, outputs)
	}
	return 1, nil
}

// split claims the children of node i.
func (c *treeCheck) split(n *Node, i int, depth []int16) error {
	switch left := int(n.Next); {
	case n.Feature < 0 || int(n.Feature) >= len(c.forest.Features):
		return fmt.Errorf("feature %d: there are %d, number them from 0, or mark a leaf with %d", n.Feature, len(c.forest.Features), Leaf)
	case math.IsNaN(float64(n.Threshold)):
		return errors.New("the threshold is not a number: no value is at most that, so make the node a leaf")
	case left <= i:
		return fmt.Errorf("left child %d: children come after their parent, reorder the nodes", left)
	case left >= len(depth)-1:
		return fmt.Errorf("children %d and %d of %d nodes: add the missing ones, or make the node a leaf", left, left+1, len(depth))
	case depth[left] != 0 || depth[left+1] != 0:
		return fmt.Errorf("children %d and %d: another split has one of them, each node has one parent", left, left+1)
	case depth[i] > MaxDepth:
		return fmt.Errorf("more than %d splits on the path there: grow the tree less deep", MaxDepth)
	}
	depth[n.Next], depth[n.Next+1] = depth[i]+1, depth[i]+1
	return nil
}

func (c *treeCheck) leaf(t *Tree, n *Node, leaves, width int) error {
	switch {
	case n.Next < 0 || int(n.Next) >= leaves:
		return fmt.Errorf("leaf number %d: there are %d leaves, number them from 0", n.Next, leaves)
	case c.given[n.Next]:
		return fmt.Errorf("leaf number %d: another leaf has it, number each differently", n.Next)
	}
	c.given[n.Next] = true
	return c.values(t.Values[int(n.Next)*width:][:width])
}

// values checks those of one leaf.
func (c *treeCheck) values(values []float64) error {
	low, high := -float64(MaxValue), float64(MaxValue)
	meant := "a number"
	switch c.forest.Kind {
	case RandomForest, Bagging:
		low, high, meant = 0, 1, "a probability"
	case IsolationForest:
		low, high, meant = 0, MaxPathLength, "a path length"
	}
	sum := 0.0
	for _, v := range values {
		if !within(v, low, high) {
			return fmt.Errorf("value %v of the leaf: it must be %s from %g to %g", v, meant, low, high)
		}
		sum += v
	}
	if high == 1 && !within(sum, 1-sumTolerance, 1+sumTolerance) {
		return fmt.Errorf("the leaf's probabilities add up to %v: divide the classes' weights by their sum", sum)
	}
	return nil
}

// sumTolerance is how far a leaf's probabilities may add up to something else than
// 1: as much as float32 leaves open with many classes.
const sumTolerance = 1e-6
