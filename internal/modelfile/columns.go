package modelfile

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// columns is a tree as it is written. What is nil is left out: it follows from the
// others.
type columns struct {
	output      int       // forest.AllOutputs is left out
	order       order     // breadthFirst is left out, and any if there is next
	feature     []int32   // of each node, forest.Leaf for a leaf
	threshold   []float32 // of each split
	next        []int32   // of each node; left out unless they are in no order
	missingLeft []int32   // splits, by node; left out if missing values follow the majority
	cover       []float64 // of each node, or of each leaf if that of a split is the sum of its children's
	values      []float64 // of each leaf; left out of an isolation tree if they are its path lengths
}

// pack turns a tree into columns, as few as will do.
func pack(f *forest.Forest, t *forest.Tree) *columns {
	nodes := t.Nodes
	c := &columns{
		output:    t.Output,
		feature:   make([]int32, 0, len(nodes)),
		threshold: make([]float32, 0, len(nodes)/2),
		values:    t.Values,
	}
	for i := range nodes {
		n := &nodes[i]
		c.feature = append(c.feature, n.Feature)
		if n.Feature != forest.Leaf {
			c.threshold = append(c.threshold, n.Threshold)
		}
	}
	var ordered bool
	if c.order, ordered = orderOf(nodes, c.feature); !ordered {
		c.next = make([]int32, len(nodes))
		for i := range nodes {
			c.next[i] = nodes[i].Next
		}
	}
	c.packMissing(nodes)
	c.packCover(nodes)
	if f.Kind == forest.IsolationForest && ordered && slices.Equal(t.Values, pathLengths(nodes)) {
		c.values = nil
	}
	return c
}

func (c *columns) packMissing(nodes []forest.Node) {
	if c.next == nil && followsMajority(nodes) {
		return
	}
	c.missingLeft = []int32{}
	for i := range nodes {
		if n := &nodes[i]; n.MissingLeft && n.Feature != forest.Leaf {
			c.missingLeft = append(c.missingLeft, int32(i))
		}
	}
}

func (c *columns) packCover(nodes []forest.Node) {
	if c.next == nil && coverAddsUp(nodes) {
		c.cover = make([]float64, len(nodes)/2+1)
		for i := range nodes {
			if n := &nodes[i]; n.Feature == forest.Leaf {
				c.cover[n.Next] = n.Cover
			}
		}
		return
	}
	c.cover = make([]float64, len(nodes))
	for i := range nodes {
		c.cover[i] = nodes[i].Cover
	}
}

// tree is pack's inverse. It refuses columns that do not fit together; whether they
// make a sensible tree is for Forest.Validate.
func (c *columns) tree(f *forest.Forest) (forest.Tree, error) {
	next, err := c.arrange()
	if err == nil {
		err = c.check(f)
	}
	if err != nil {
		return forest.Tree{}, err
	}
	nodes := make([]forest.Node, len(c.feature))
	splits := 0
	leavesOnly := len(c.cover) < len(nodes)
	for i := range nodes {
		n := &nodes[i]
		n.Feature, n.Next = c.feature[i], next[i]
		if n.Feature != forest.Leaf {
			n.Threshold = c.threshold[splits]
			splits++
		}
		switch {
		case !leavesOnly:
			n.Cover = c.cover[i]
		case n.Feature == forest.Leaf:
			n.Cover = c.cover[n.Next]
		}
	}
	if leavesOnly {
		addUpCover(nodes)
	}
	for _, i := range c.missingLeft {
		nodes[i].MissingLeft = true
	}
	if c.missingLeft == nil {
		for i := range nodes {
			nodes[i].MissingLeft = majorityLeft(nodes, &nodes[i])
		}
	}
	values := c.values
	if values == nil {
		values = pathLengths(nodes)
	}
	return forest.Tree{Nodes: nodes, Values: values, Output: c.output}, nil
}

// arrange returns Next of each node.
func (c *columns) arrange() ([]int32, error) {
	splits := 0
	for i, feature := range c.feature {
		if feature < forest.Leaf {
			return nil, within("feature", element(i, fmt.Errorf("%d: it must be a feature, counting from 0, or %d for a leaf",
				feature, forest.Leaf)))
		}
		if feature != forest.Leaf {
			splits++
		}
	}
	if nodes := len(c.feature); nodes != 2*splits+1 {
		return nil, within("feature", fmt.Errorf("%d splits and %d leaves: a tree has one leaf more than it has splits", splits, nodes-splits))
	}
	switch {
	case c.order != breadthFirst && c.order != depthFirst:
		return nil, within("order", fmt.Errorf("%q: it must be %q, or be left out of a tree whose nodes are breadth first",
			clip(string(c.order)), depthFirst))
	case c.next != nil && c.order != breadthFirst:
		return nil, within("order", errors.New("a tree that has next has no order besides"))
	case c.next != nil:
		return c.next, nil
	}
	next, ok := c.order.next(c.feature)
	if !ok {
		return nil, within("feature", errors.New("these splits and leaves are not those of one tree in its order: "+
			"breadth first, split k has the children 2k+1 and 2k+2, counting from 0"))
	}
	return next, nil
}

// check compares the lengths of the columns.
func (c *columns) check(f *forest.Forest) error {
	nodes, splits := len(c.feature), len(c.feature)/2
	leaves, width := nodes-splits, f.Outputs()
	if c.output != forest.AllOutputs {
		width = 1
	}
	if c.next != nil && (c.missingLeft == nil || c.values == nil) {
		return within("next", errors.New("a tree that has it must have missing_left and values as well"))
	}
	length := func(column string, have, want int, what string) error {
		if have == want {
			return nil
		}
		return within(column, fmt.Errorf("%d numbers where there must be %d, %s", have, want, what))
	}
	errs := []error{length("threshold", len(c.threshold), splits, "one for each split")}
	if c.next != nil {
		errs = append(errs, length("next", len(c.next), nodes, "one for each node"))
	}
	if c.next != nil || len(c.cover) != leaves {
		errs = append(errs, length("cover", len(c.cover), nodes, "one for each node"))
	}
	if c.values != nil || f.Kind != forest.IsolationForest {
		errs = append(errs, length("values", len(c.values), leaves*width, "for each leaf as many as the outputs that it adds to"))
	}
	for i, node := range c.missingLeft {
		if node < 0 || int(node) >= nodes || c.feature[node] == forest.Leaf || i > 0 && node <= c.missingLeft[i-1] {
			errs = append(errs, within("missing_left", element(i, fmt.Errorf("%d: it must be a split, and larger than the one before", node))))
			break
		}
	}
	return cmp.Or(errs...)
}
