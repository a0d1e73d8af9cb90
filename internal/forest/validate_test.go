package forest

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestValidateNamesPlaceAndMend(t *testing.T) {
	inf := math.Inf(1)
	split := func(f *Forest) *Node { return &f.Trees[0].Nodes[0] }
	leaf := func(f *Forest) *Node { return &f.Trees[0].Nodes[2] }
	boost := func(f *Forest) {
		f.Kind = Boosting
		f.Trees[0].Values, f.Trees[0].Output = []float64{-1, 1}, 0
	}
	isolate := func(f *Forest) {
		f.Kind, f.Classes, f.SampleSize = IsolationForest, nil, 256
		f.Trees[0].Values = []float64{1, 9.5}
	}
	for _, c := range []struct {
		want  string // "" for a valid forest
		spoil func(f *Forest)
	}{
		{"", func(*Forest) {}},
		{"", func(f *Forest) { f.Kind = Bagging }},
		{"", boost},
		{"", isolate},
		{"", func(f *Forest) { split(f).Threshold = float32(inf) }},
		{"", func(f *Forest) { f.Trees[0].Values[0], f.Trees[0].Values[1] = 0.9999995, 0 }},
		{"", func(f *Forest) { f.Trees[0].Nodes[1].Next, f.Trees[0].Nodes[2].Next = 1, 0 }},
		{"", func(f *Forest) { boost(f); f.Base = []float64{0.5} }},
		{"", func(f *Forest) { *f = *chain(MaxDepth, MaxFeatures) }},

		{`unknown kind "": take random_forest, bagging`, func(f *Forest) { f.Kind = "" }},
		{"0 features: a forest needs 1 to 512", func(f *Forest) { f.Features = nil }},
		{"513 features: a forest needs 1 to 512", func(f *Forest) { f.Features = names("feature", 513) }},
		{"feature 1 has no name: give it one", func(f *Forest) { f.Features[1] = "" }},
		{"the name of feature 0 has 257 bytes: shorten it to 256", func(f *Forest) { f.Features[0] = strings.Repeat("x", 257) }},
		{`feature 0 and feature 1 are both named "feature 1": rename one`, func(f *Forest) { f.Features[0] = "feature 1" }},
		{"1 classes: a forest of the kind random_forest needs 2 to 256", func(f *Forest) { f.Classes = f.Classes[:1] }},
		{"257 classes: a forest of the kind random_forest needs 2 to 256", func(f *Forest) { f.Classes = names("class", 257) }},
		{"2 classes: a forest of the kind isolation_forest needs 0 to 0", func(f *Forest) { f.Kind = IsolationForest }},
		{"class 0 has no name", func(f *Forest) { f.Classes[0] = "" }},
		{`class 0 and class 1 are both named "left"`, func(f *Forest) { f.Classes[1] = "left" }},
		{"0 trees: a forest needs 1 to 10000", func(f *Forest) { f.Trees = nil }},
		{"10001 trees: a forest needs 1 to 10000", func(f *Forest) { f.Trees = make([]Tree, MaxTrees+1) }},
		{"tree 0 has no nodes: give it a leaf at least", func(f *Forest) { f.Trees[0].Nodes = nil }},

		{"sample size 1: say on how many rows each tree was grown", func(f *Forest) { isolate(f); f.SampleSize = 1 }},
		{"sample size 256: only an isolation forest has one, leave it 0", func(f *Forest) { f.SampleSize = 256 }},
		{"a base of 2 values: only boosted trees add to one", func(f *Forest) { f.Base = []float64{0, 0} }},
		{"a base of 2 values: give one for each of the 1 outputs", func(f *Forest) { boost(f); f.Base = []float64{0, 0} }},
		{"the base of output 0 is NaN: it must be a number within ±1e+100", func(f *Forest) { boost(f); f.Base = []float64{math.NaN()} }},
		{"the base of output 0 is 1e+101", func(f *Forest) { boost(f); f.Base = []float64{1e101} }},

		{
			"tree 0: output 0: in a forest of the kind random_forest each tree adds to all outputs, mark it with -1",
			func(f *Forest) { f.Trees[0].Output = 0 },
		},
		{"tree 0: output -1: a boosted tree adds to one of the 1 outputs", func(f *Forest) { boost(f); f.Trees[0].Output = AllOutputs }},
		{"tree 0: output 1: a boosted tree adds to one of the 1 outputs", func(f *Forest) { boost(f); f.Trees[0].Output = 1 }},
		{
			"tree 0: 3 values for 3 nodes: a tree of that many has 2 leaves, each with 2 values",
			func(f *Forest) { f.Trees[0].Values = f.Trees[0].Values[:3] },
		},
		{"tree 0: 5 values for 3 nodes", func(f *Forest) { f.Trees[0].Values = append(f.Trees[0].Values, 0) }},

		{"node 0: feature 2: there are 2, number them from 0, or mark a leaf with -1", func(f *Forest) { split(f).Feature = 2 }},
		{"node 0: feature -2: there are 2", func(f *Forest) { split(f).Feature = -2 }},
		{"node 0: the threshold is not a number", func(f *Forest) { split(f).Threshold = nan }},
		{"node 0: left child 0: children come after their parent", func(f *Forest) { split(f).Next = 0 }},
		{"node 0: left child -1: children come after their parent", func(f *Forest) { split(f).Next = -1 }},
		{"node 0: children 2 and 3 of 3 nodes: add the missing ones", func(f *Forest) { split(f).Next = 2 }},
		{"node 0: children 2147483647 and 2147483648 of 3 nodes", func(f *Forest) { split(f).Next = math.MaxInt32 }},
		{"node 1: no split before it leads there", func(f *Forest) { *split(f) = *leaf(f) }},
		{"node 2: children 4 and 5: another split has one of them, each node has one parent", func(f *Forest) {
			*f = *chain(4, 2)
			f.Trees[0].Nodes[1].Next, f.Trees[0].Nodes[2] = 4, f.Trees[0].Nodes[1]
			f.Trees[0].Nodes[2].Next = 4
		}},
		{"node 1023: more than 512 splits on the path there", func(f *Forest) { *f = *chain(MaxDepth+1, 1) }},
		{"node 2: cover 0: it must be greater than 0 and at most 1e+100", func(f *Forest) { leaf(f).Cover = 0 }},
		{"node 0: cover NaN", func(f *Forest) { split(f).Cover = math.NaN() }},
		{"node 0: cover -1", func(f *Forest) { split(f).Cover = -1 }},
		{"node 2: cover +Inf", func(f *Forest) { leaf(f).Cover = inf }},
		{"node 2: leaf number 2: there are 2 leaves, number them from 0", func(f *Forest) { leaf(f).Next = 2 }},
		{"node 2: leaf number -1: there are 2 leaves", func(f *Forest) { leaf(f).Next = -1 }},
		{"node 2: leaf number 0: another leaf has it", func(f *Forest) { leaf(f).Next = 0 }},

		{"node 2: value NaN of the leaf: it must be a probability from 0 to 1", func(f *Forest) { f.Trees[0].Values[2] = math.NaN() }},
		{"node 1: value -0.1 of the leaf: it must be a probability", func(f *Forest) { f.Trees[0].Values[0] = -0.1 }},
		{"node 1: value 1.1 of the leaf: it must be a probability", func(f *Forest) { f.Trees[0].Values[0] = 1.1 }},
		{"node 1: the leaf's probabilities add up to 0.5: divide", func(f *Forest) { f.Trees[0].Values[0] = 0.5 }},
		{"node 1: the leaf's probabilities add up to 1.5: divide", func(f *Forest) { f.Trees[0].Values[1] = 0.5 }},
		{
			"node 2: value -1 of the leaf: it must be a path length from 0 to 1000",
			func(f *Forest) { isolate(f); f.Trees[0].Values[1] = -1 },
		},
		{"node 2: value 1001 of the leaf: it must be a path length", func(f *Forest) { isolate(f); f.Trees[0].Values[1] = 1001 }},
		{
			"node 1: value -Inf of the leaf: it must be a number from -1e+100 to 1e+100",
			func(f *Forest) { boost(f); f.Trees[0].Values[0] = -inf },
		},
	} {
		f := stump(2, 1, 1, false)
		c.spoil(f)
		err := f.Validate()
		if c.want == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, c.want)
		}
	}
	assert.ErrorContains(t, (*Forest)(nil).Validate(), "there is no forest")
}

func TestValidateCountsNodesBeforeItLooksAtThem(t *testing.T) {
	f := stump(1, 0, 1, false)
	nodes := make([]Node, MaxNodes/1000)
	for range 1001 {
		f.Trees = append(f.Trees, Tree{Nodes: nodes, Output: AllOutputs})
	}
	require.ErrorContains(t, f.Validate(), "more than 4194304 nodes by tree 1001")
}

func TestValidateAcceptsWhatIsDrawn(t *testing.T) {
	for _, kind := range allKinds {
		t.Run(string(kind), rapid.MakeCheck(func(t *rapid.T) {
			require.NoError(t, drawForest(t, kind, small).Validate())
		}))
	}
}

// garble changes something of a forest, as a broken file or a careless program
// would.
func garble(random *rand.Rand, f *Forest) {
	numbers := []float64{0, -1, 1, 0.5, math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, 5e-324}
	number := func() float64 { return numbers[random.IntN(len(numbers))] }
	index := func(n int) int32 {
		return []int32{0, 1, -1, -2, int32(n) - 1, int32(n), math.MaxInt32, math.MinInt32, int32(random.IntN(n + 1))}[random.IntN(9)]
	}
	if random.IntN(8) == 0 || len(f.Trees) == 0 {
		switch random.IntN(6) {
		case 0:
			f.Kind = append(allKinds, "", "other")[random.IntN(6)]
		case 1:
			f.Features = f.Features[:random.IntN(len(f.Features)+1)]
		case 2:
			f.Classes = append(f.Classes, "one more")
		case 3:
			f.Base = append(f.Base, number())
		case 4:
			f.SampleSize = int(index(256))
		case 5:
			f.Trees = f.Trees[:random.IntN(len(f.Trees)+1)]
		}
		return
	}
	t := &f.Trees[random.IntN(len(f.Trees))]
	if len(t.Nodes) == 0 {
		return
	}
	n := &t.Nodes[random.IntN(len(t.Nodes))]
	switch random.IntN(8) {
	case 0:
		n.Feature = index(len(f.Features))
	case 1, 2:
		n.Next = index(len(t.Nodes))
	case 3:
		n.Threshold = float32(number())
	case 4:
		n.Cover = number()
	case 5:
		t.Output = int(index(f.Outputs()))
	case 6:
		t.Nodes = t.Nodes[:random.IntN(len(t.Nodes)+1)]
	case 7:
		if i := random.IntN(len(t.Values) + 1); i < len(t.Values) {
			t.Values[i] = number()
		} else {
			t.Values = t.Values[:random.IntN(i+1)]
		}
	}
}

// useGarbled garbles a forest a few times. Whatever Validate lets pass must give
// scores and explanations that are numbers.
func useGarbled(t *rapid.T) {
	f := drawForest(t, rapid.SampledFrom(allKinds).Draw(t, "kind"), small)
	random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "garble"), 0))
	for range rapid.IntRange(0, 5).Draw(t, "times") {
		garble(random, f)
	}
	s, err := NewScorer(f)
	if err != nil {
		return
	}
	row := drawRow(t, rapid.IntRange(0, len(f.Features)+2).Draw(t, "values"))
	numbers := append([]float64{}, s.Raw(row)...)
	numbers = append(numbers, s.Score(row)...)
	for output := -1; output <= f.Outputs(); output++ {
		base, contributions := f.Explain(row, output)
		numbers = append(append(numbers, base), contributions...)
	}
	for _, x := range numbers {
		require.False(t, math.IsNaN(x) || math.IsInf(x, 0), "%v", numbers)
	}
}

func TestGarbledForests(t *testing.T) { rapid.Check(t, useGarbled) }

func FuzzGarbledForests(f *testing.F) { f.Fuzz(rapid.MakeFuzz(useGarbled)) }
