package forest

import (
	"fmt"
	"math"
	"math/rand/v2"

	"pgregory.net/rapid"
)

var (
	allKinds = []Kind{RandomForest, Bagging, IsolationForest, Boosting}

	// Thresholds and values come from few numbers, so that they often meet.
	special = []float32{
		float32(math.Inf(-1)), -math.MaxFloat32, -2.5, -1, -math.SmallestNonzeroFloat32, float32(math.Copysign(0, -1)),
		0, math.SmallestNonzeroFloat32, 3e-40, 1, math.Nextafter32(1, 2), 2.5, math.MaxFloat32, float32(math.Inf(1)),
	}
	nan = float32(math.NaN())
)

// shape bounds a random forest.
type shape struct {
	features, classes, trees, depth, splits int
}

var small = shape{features: 6, classes: 4, trees: 2*lanes + 2, depth: 12, splits: 30}

// drawForest draws a valid forest. Covers have nothing to do with each other.
func drawForest(t *rapid.T, kind Kind, most shape) *Forest {
	f := &Forest{Kind: kind, Features: names("feature", rapid.IntRange(1, most.features).Draw(t, "features"))}
	if kind == IsolationForest {
		f.SampleSize = rapid.IntRange(2, 300).Draw(t, "sample size")
	} else {
		f.Classes = names("class", rapid.IntRange(2, most.classes).Draw(t, "classes"))
	}
	trees := rapid.IntRange(1, most.trees).Draw(t, "trees")
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	if kind == Boosting && random.IntN(4) > 0 {
		for range f.Outputs() {
			f.Base = append(f.Base, random.NormFloat64())
		}
	}
	for range trees {
		f.Trees = append(f.Trees, randomTree(random, f, most))
	}
	return f
}

// exampleForest returns the same valid forest at each call.
func exampleForest(kind Kind) *Forest {
	return rapid.Custom(func(t *rapid.T) *Forest { return drawForest(t, kind, small) }).Example(1)
}

func names(what string, n int) []string {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprint(what, " ", i))
	}
	return all
}

func randomTree(random *rand.Rand, f *Forest, most shape) Tree {
	t := Tree{Nodes: []Node{{}}, Output: AllOutputs}
	depths := []int{0}
	splits := random.IntN(most.splits + 1)
	var leaves []int
	for i := 0; i < len(t.Nodes); i++ {
		t.Nodes[i].Cover = math.Ceil(100 * random.ExpFloat64())
		if splits == 0 || depths[i] == most.depth || i > 0 && i+1 < len(t.Nodes) && random.IntN(3) == 0 {
			leaves = append(leaves, i)
			continue
		}
		splits--
		n := &t.Nodes[i]
		n.Feature, n.Next = int32(random.IntN(len(f.Features))), int32(len(t.Nodes))
		n.Threshold, n.MissingLeft = special[random.IntN(len(special))], random.IntN(2) == 0
		depths = append(depths, depths[i]+1, depths[i]+1)
		t.Nodes = append(t.Nodes, Node{}, Node{})
	}
	for number, i := range random.Perm(len(leaves)) {
		n := &t.Nodes[leaves[i]]
		n.Feature, n.Next = Leaf, int32(number)
		t.Values = append(t.Values, randomValues(random, f)...)
	}
	if f.Kind == Boosting {
		t.Output = random.IntN(f.Outputs())
	}
	return t
}

// randomValues returns those of one leaf.
func randomValues(random *rand.Rand, f *Forest) []float64 {
	switch f.Kind {
	case IsolationForest:
		return []float64{20 * random.Float64()}
	case Boosting:
		return []float64{random.NormFloat64()}
	}
	values := make([]float64, len(f.Classes))
	if random.IntN(2) == 0 {
		values[random.IntN(len(values))] = 1
		return values
	}
	sum := 0.0
	for i := range values {
		values[i] = random.Float64()
		sum += values[i]
	}
	for i := range values {
		values[i] /= sum
	}
	return values
}

// drawRow draws the values of n features, some of them missing.
func drawRow(t *rapid.T, n int) []float32 {
	value := rapid.OneOf(rapid.SampledFrom(append([]float32{nan}, special...)), rapid.Float32())
	return rapid.SliceOfN(value, n, n).Draw(t, "row")
}

// referenceRaw follows the definition, node by node.
func referenceRaw(f *Forest, row []float32) []float64 {
	sums := make([]float64, f.Outputs())
	copy(sums, f.Base)
	for _, t := range f.Trees {
		n := t.Nodes[0]
		for n.Feature != Leaf {
			x := float64(row[n.Feature])
			if x <= float64(n.Threshold) || math.IsNaN(x) && n.MissingLeft {
				n = t.Nodes[n.Next]
			} else {
				n = t.Nodes[n.Next+1]
			}
		}
		if t.Output != AllOutputs {
			sums[t.Output] += t.Values[n.Next]
			continue
		}
		for i := range sums {
			sums[i] += t.Values[int(n.Next)*len(sums)+i]
		}
	}
	if f.Kind != Boosting {
		for i := range sums {
			sums[i] /= float64(len(f.Trees))
		}
	}
	return sums
}
