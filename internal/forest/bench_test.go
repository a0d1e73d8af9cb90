package forest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

const (
	benchTrees = 100
	grownOn    = 20_000  // rows
	benchRows  = 1 << 14 // others than those the trees were grown on
)

// Depths are bounds but for that of 40, where the leaves are pure.
var benchShapes = []shape{{features: 5, depth: 8}, {features: 8, depth: 12}, {features: 10, depth: 16}, {features: 10, depth: 40}}

func (s shape) String() string { return fmt.Sprintf("%dx%d", s.features, s.depth) }

// sample is data of two classes that no few splits tell apart; one label in ten is
// wrong. Some features are skewed, some are counts.
type sample struct {
	rows   [][]float32
	second []bool // of the second class
}

func newSample(random *rand.Rand, n, features int) sample {
	s := sample{rows: make([][]float32, n), second: make([]bool, n)}
	for i := range s.rows {
		wave := 0.0
		for f := range features {
			x := random.NormFloat64()
			switch f % 3 {
			case 1:
				x = math.Exp(x)
			case 2:
				x = math.Round(4 * x)
			}
			s.rows[i] = append(s.rows[i], float32(x))
			wave += math.Sin(float64(f+1) * x)
		}
		s.second[i] = (wave > 0) != (random.IntN(10) == 0)
	}
	return s
}

func (s sample) count(rows []int) (second int) {
	for _, i := range rows {
		if s.second[i] {
			second++
		}
	}
	return second
}

// grower grows a tree on a sample.
type grower struct {
	sample
	random *rand.Rand
	tree   Tree
}

// growBenchForest grows trees on bootstrapped rows by the best of a few random
// splits: as deep, as full and as pure at the leaves as those of other growers.
func growBenchForest(s shape) *Forest {
	random := rand.New(rand.NewPCG(uint64(s.features), uint64(s.depth)))
	data := newSample(random, grownOn, s.features)
	f := &Forest{Kind: RandomForest, Features: names("feature", s.features), Classes: names("class", 2)}
	for range benchTrees {
		rows := make([]int, grownOn)
		for i := range rows {
			rows[i] = random.IntN(grownOn)
		}
		g := grower{sample: data, random: random, tree: Tree{Nodes: make([]Node, 1), Output: AllOutputs}}
		g.grow(0, rows, s.depth)
		f.Trees = append(f.Trees, g.tree)
	}
	return f
}

// grow makes the node a leaf or a split, and reorders the rows that get there.
func (g *grower) grow(node int32, rows []int, depth int) {
	second := g.count(rows)
	feature, threshold := Leaf, float32(0)
	if depth > 0 && second > 0 && second < len(rows) {
		feature, threshold = g.bestSplit(rows, second)
	}
	n := Node{Feature: int32(feature), Threshold: threshold, Cover: float64(len(rows))}
	if feature == Leaf {
		n.Next = int32(len(g.tree.Values) / 2)
		p := float64(second) / float64(len(rows))
		g.tree.Nodes[node] = n
		g.tree.Values = append(g.tree.Values, 1-p, p)
		return
	}
	n.Next = int32(len(g.tree.Nodes))
	g.tree.Nodes[node] = n
	g.tree.Nodes = append(g.tree.Nodes, Node{}, Node{})
	left := 0
	for i, r := range rows {
		if g.rows[r][feature] <= threshold {
			rows[i], rows[left] = rows[left], rows[i]
			left++
		}
	}
	g.grow(n.Next, rows[:left], depth-1)
	g.grow(n.Next+1, rows[left:], depth-1)
}

// bestSplit is that of six with the lowest Gini impurity; its feature is Leaf if
// none splits the rows.
func (g *grower) bestSplit(rows []int, second int) (feature int, threshold float32) {
	feature = Leaf
	best := math.Inf(1)
	for range 6 {
		f := g.random.IntN(len(g.rows[0]))
		at := g.rows[rows[g.random.IntN(len(rows))]][f]
		left, leftSecond := 0, 0
		for _, r := range rows {
			if g.rows[r][f] <= at {
				left++
				if g.second[r] {
					leftSecond++
				}
			}
		}
		impurity := gini(left, leftSecond) + gini(len(rows)-left, second-leftSecond)
		if left < len(rows) && impurity < best {
			best, feature, threshold = impurity, f, at
		}
	}
	return feature, threshold
}

func gini(n, second int) float64 { return float64(second) * float64(n-second) / float64(n) }

func BenchmarkScore(b *testing.B) {
	for _, shape := range benchShapes {
		f := growBenchForest(shape)
		s := mustScore(b, f)
		rows := newSample(rand.New(rand.NewPCG(7, 7)), benchRows, shape.features).rows
		b.Run(shape.String(), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				s.Score(rows[i%benchRows])
			}
			b.ReportMetric(float64(len(s.forest.nodes))/benchTrees, "nodes/tree")
		})
	}
}

func BenchmarkExplain(b *testing.B) {
	for _, shape := range benchShapes {
		f := growBenchForest(shape)
		rows := newSample(rand.New(rand.NewPCG(7, 7)), benchRows, shape.features).rows
		b.Run(shape.String(), func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				f.Explain(rows[i%benchRows], 1)
			}
		})
	}
}

func BenchmarkNewScorer(b *testing.B) {
	for _, shape := range benchShapes {
		f := growBenchForest(shape)
		b.Run(shape.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustScore(b, f)
			}
		})
	}
}
