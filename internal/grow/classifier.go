package grow

import (
	"context"
	"slices"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// classifier grows classification trees, depth first, so that what small nodes look
// at is still in the processor's caches.
type classifier struct {
	settings Settings
	labels   []int32
	random   chance
	search   search

	drawn   []uint32    // how often each row was
	samples [2][]sample // of nodes at even and odd depths; a node's are adjacent
	nodes   []forest.Node
	splits  []found // of each node
	values  []float64
	open    []open  // nodes to be visited, the next one last
	usable  []int32 // features that are not constant, in the order of the last draws

	// Of each open node a set of features that are constant in it.
	fixed [][]uint64
}

// found is what becomes of a split when its tree is complete: thresholds are looked
// up all at once, so that the processor need not wait for each of them.
type found struct {
	ranks [2]uint32 // of the values on both sides
	sure  bool      // where missing values go is known
}

// open is a node to be visited.
type open struct {
	node, depth int32
	begin, end  int32 // of its rows
}

func newClassifier(t *dataset.Table, m *matrix, s Settings) *classifier {
	g := &classifier{settings: s, labels: t.Labels, drawn: make([]uint32, t.Rows())}
	g.search.matrix = m
	g.search.node.minLeaf = uint32(s.MinLeaf)
	return g
}

func (g *classifier) grow(ctx context.Context, number int) (forest.Tree, error) {
	g.random.Seed(g.settings.Seed, uint64(number))
	g.plant()
	const often = 1 << 20 // rows between looks at the context
	for rows := 0; len(g.open) > 0; {
		next := g.open[len(g.open)-1]
		g.open = g.open[:len(g.open)-1]
		g.visit(next)
		if len(g.nodes) > forest.MaxNodes {
			return forest.Tree{}, errNodes
		}
		if rows += int(next.end - next.begin); rows > often {
			rows = 0
			if ctx.Err() != nil {
				return forest.Tree{}, context.Cause(ctx)
			}
		}
	}
	g.finish()
	return forest.Tree{Nodes: slices.Clone(g.nodes), Values: slices.Clone(g.values), Output: forest.AllOutputs}, nil
}

// finish does what can be done, or is done faster, when all nodes are known.
func (g *classifier) finish() {
	for i := range g.nodes {
		n := &g.nodes[i]
		if n.Feature == forest.Leaf {
			continue
		}
		n.Threshold = g.search.matrix.columns[n.Feature].threshold(g.splits[i].ranks)
		if !g.splits[i].sure {
			n.MissingLeft = g.nodes[n.Next].Cover >= g.nodes[n.Next+1].Cover
		}
	}
}

// plant draws the tree's sample for the root.
func (g *classifier) plant() {
	if g.settings.WholeSample {
		for row := range g.drawn {
			g.drawn[row] = 1
		}
	} else {
		clear(g.drawn)
		for range g.drawn {
			g.drawn[g.random.below(len(g.drawn))]++
		}
	}
	root := g.samples[0][:0]
	for row, times := range g.drawn {
		if times > 0 {
			root = append(root, sample{uint32(row), newTag(times, g.labels[row])})
		}
	}
	g.samples[0] = root
	g.samples[1] = resize(g.samples[1], len(root))

	g.usable = g.usable[:0]
	for f := range g.search.matrix.columns {
		if !g.search.matrix.columns[f].constant() {
			g.usable = append(g.usable, int32(f))
		}
	}
	g.nodes, g.splits, g.values = append(g.nodes[:0], forest.Node{}), append(g.splits[:0], found{}), g.values[:0]
	g.open = g.open[:0]
	g.push(open{end: int32(len(root))}, nil)
}

// push opens a node, in which some features are known to be constant.
func (g *classifier) push(o open, fixed []uint64) {
	at := len(g.open)
	if at == len(g.fixed) {
		g.fixed = append(g.fixed, make([]uint64, (len(g.search.matrix.columns)+63)/64))
	}
	if fixed == nil {
		clear(g.fixed[at])
	}
	copy(g.fixed[at], fixed)
	g.open = append(g.open, o)
}

// visit makes a node a leaf, or a split with its children behind all nodes.
func (g *classifier) visit(o open) {
	rows := g.samples[o.depth&1][o.begin:o.end]
	fixed := g.fixed[len(g.open)]
	n := &g.search.node
	n.count(rows, g.settings.ClassWeights)
	node := &g.nodes[o.node]
	node.Cover = n.weight
	if n.places == 1 || int(o.depth) == g.settings.MaxDepth || len(rows)/2 < g.settings.MinLeaf || !g.look(rows, fixed) {
		node.Feature, node.Next = forest.Leaf, int32(len(g.values)/len(g.settings.ClassWeights))
		for class, weight := range g.settings.ClassWeights {
			g.values = append(g.values, weight*float64(n.times[class])/n.weight)
		}
		return
	}
	best := &g.search.best
	node.Feature, node.MissingLeft = best.feature, best.missingLeft
	node.Next = int32(len(g.nodes))
	g.splits[o.node] = found{best.ranks, best.sawMissing}
	middle := o.begin + int32(g.search.divide(g.samples[o.depth&1^1][o.begin:o.end], rows))
	left := open{node: node.Next, depth: o.depth + 1, begin: o.begin, end: middle}
	right := open{node: node.Next + 1, depth: o.depth + 1, begin: middle, end: o.end}
	g.nodes = append(g.nodes, forest.Node{}, forest.Node{})
	g.splits = append(g.splits, found{}, found{})
	g.push(right, fixed)
	g.push(left, fixed)
}

// look looks for the best split of rows, and says whether there is one. It adds to
// the features that are constant.
func (g *classifier) look(rows []sample, fixed []uint64) bool {
	draw := g.settings.MaxFeatures < len(g.usable)
	looked := 0
	g.search.start()
	for j := 0; j < len(g.usable) && looked < g.settings.MaxFeatures; j++ {
		if draw {
			k := j + g.random.below(len(g.usable)-j)
			g.usable[j], g.usable[k] = g.usable[k], g.usable[j]
		}
		f := g.usable[j]
		switch {
		case fixed[f>>6]>>(f&63)&1 != 0:
		case g.search.try(f, rows):
			looked++
		default:
			fixed[f>>6] |= 1 << (f & 63)
		}
	}
	g.search.refine(rows)
	return g.search.found()
}
