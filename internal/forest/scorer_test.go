package forest

import (
	"math"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func mustScore(t require.TestingT, f *Forest) *Scorer {
	s, err := NewScorer(f)
	require.NoError(t, err)
	return s
}

// stump splits one feature at a threshold; probabilities say which way a row went.
func stump(features, feature int, threshold float32, missingLeft bool) *Forest {
	return &Forest{
		Kind: RandomForest, Features: names("feature", features), Classes: []string{"left", "right"},
		Trees: []Tree{{
			Nodes: []Node{
				{Feature: int32(feature), Threshold: threshold, Next: 1, MissingLeft: missingLeft, Cover: 2},
				{Feature: Leaf, Next: 0, Cover: 1},
				{Feature: Leaf, Next: 1, Cover: 1},
			},
			Values: []float64{1, 0, 0, 1}, Output: AllOutputs,
		}},
	}
}

func TestRawFollowsTheDefinition(t *testing.T) {
	for _, kind := range allKinds {
		t.Run(string(kind), rapid.MakeCheck(func(t *rapid.T) {
			f := drawForest(t, kind, small)
			s := mustScore(t, f)
			for range 8 {
				row := drawRow(t, len(f.Features))
				require.Equal(t, referenceRaw(f, row), s.Raw(row), "%v", row)
			}
		}))
	}
}

func TestScoresAreProbabilities(t *testing.T) {
	for _, kind := range allKinds {
		t.Run(string(kind), rapid.MakeCheck(func(t *rapid.T) {
			f := drawForest(t, kind, small)
			s := mustScore(t, f)
			row := drawRow(t, len(f.Features))
			scores := slices.Clone(s.Score(row))
			sum := 0.0
			for _, v := range scores {
				require.GreaterOrEqual(t, v, 0.0)
				require.LessOrEqual(t, v, 1+1e-12)
				sum += v
			}
			if kind == IsolationForest {
				require.Len(t, scores, 1)
				require.Positive(t, sum)
			} else {
				require.Len(t, scores, len(f.Classes))
				require.InDelta(t, 1, sum, 1e-12)
			}
			best := slices.Index(scores, slices.Max(scores))
			require.Equal(t, best, s.Decide(row))
		}))
	}
}

// Every meeting of a threshold and a value that are hard for keys.
func TestEverySpecialValueGoesItsWay(t *testing.T) {
	for _, threshold := range special {
		for _, missingLeft := range []bool{false, true} {
			f := stump(1, 0, threshold, missingLeft)
			s := mustScore(t, f)
			for _, x := range append([]float32{nan, math.Float32frombits(0xFFFFFFFF), math.Float32frombits(0x7F800001)}, special...) {
				row := []float32{x}
				assert.Equal(t, referenceRaw(f, row), s.Raw(row), "%v at most %v, missing left: %v", x, threshold, missingLeft)
			}
		}
	}
}

func TestKeysAreInTheOrderOfTheValues(t *testing.T) {
	value := rapid.OneOf(rapid.SampledFrom(special), rapid.Float32(), rapid.Custom(func(t *rapid.T) float32 {
		return math.Float32frombits(rapid.Uint32().Draw(t, "bits"))
	})).Filter(func(x float32) bool { return x == x })
	rapid.Check(t, func(t *rapid.T) {
		a, b := value.Draw(t, "a"), value.Draw(t, "b")
		require.Equal(t, a < b, keyOf(a) < keyOf(b), "%v %v", a, b)
		require.Equal(t, a == b, keyOf(a) == keyOf(b), "%v %v", a, b)
		require.Greater(t, keyOf(a), uint32(smallestKey))
		require.Less(t, keyOf(a), uint32(largestKey))
	})
}

// The last feature's slots are next to those of the leaves.
func TestTheLastOfTheMostFeatures(t *testing.T) {
	for _, missingLeft := range []bool{false, true} {
		f := stump(MaxFeatures, MaxFeatures-1, 1, missingLeft)
		s := mustScore(t, f)
		row := make([]float32, MaxFeatures)
		for _, x := range []float32{0, 1, 2, nan} {
			row[MaxFeatures-1] = x
			assert.Equal(t, referenceRaw(f, row), s.Raw(row), "%v", x)
		}
	}
}

func TestTheDeepestTree(t *testing.T) {
	f := chain(MaxDepth, 1)
	s := mustScore(t, f)
	for _, x := range []float32{-1, 0.5, 100, MaxDepth - 1, MaxDepth} {
		row := []float32{x}
		assert.Equal(t, referenceRaw(f, row), s.Raw(row), "%v", x)
	}
}

// chain is one tree of a path that leads left as long as a value is small enough;
// each split looks at the next feature in turn.
func chain(splits, features int) *Forest {
	t := Tree{Nodes: make([]Node, 2*splits+1), Output: AllOutputs}
	for i := range splits {
		t.Nodes[max(0, 2*i-1)] = Node{
			Feature: int32(i % features), Threshold: float32(splits - 1 - i), Next: int32(2*i + 1), Cover: float64(splits + 1 - i),
		}
		t.Nodes[2*i+2] = Node{Feature: Leaf, Next: int32(i), Cover: 1}
		t.Values = append(t.Values, float64(i+1))
	}
	t.Nodes[2*splits-1] = Node{Feature: Leaf, Next: int32(splits), Cover: 1}
	t.Values = append(t.Values, float64(splits))
	return &Forest{Kind: IsolationForest, Features: names("feature", features), SampleSize: 256, Trees: []Tree{t}}
}

func TestScoreOfEachKind(t *testing.T) {
	forest := func(kind Kind, classes int, trees ...Tree) *Forest {
		f := &Forest{Kind: kind, Features: names("feature", 1), Classes: names("class", classes), Trees: trees}
		if kind == IsolationForest {
			f.SampleSize = 2
		}
		return f
	}
	// lone is a tree of one leaf.
	lone := func(output int, values ...float64) Tree {
		return Tree{Nodes: []Node{{Feature: Leaf, Cover: 1}}, Values: values, Output: output}
	}
	boosted := forest(Boosting, 2, lone(0, math.Log(2)))
	boosted.Base = []float64{math.Log(1.5)}
	for _, c := range []struct {
		name       string
		forest     *Forest
		raw, score []float64
		decide     int
	}{
		{
			"mean of probabilities", forest(RandomForest, 2, lone(AllOutputs, 1, 0), lone(AllOutputs, 0.25, 0.75)),
			[]float64{0.625, 0.375},
			[]float64{0.625, 0.375},
			0,
		},
		{
			"three classes", forest(Bagging, 3, lone(AllOutputs, 0.25, 0.25, 0.5), lone(AllOutputs, 0, 1, 0)),
			[]float64{0.125, 0.625, 0.25},
			[]float64{0.125, 0.625, 0.25},
			1,
		},
		{
			"the first of equals", forest(RandomForest, 3, lone(AllOutputs, 0, 0.5, 0.5)),
			[]float64{0, 0.5, 0.5},
			[]float64{0, 0.5, 0.5},
			1,
		},
		{"path length", forest(IsolationForest, 0, lone(AllOutputs, 1), lone(AllOutputs, 3)), []float64{2}, []float64{0.25}, 0},
		{
			"longest path length", forest(IsolationForest, 0, lone(AllOutputs, MaxPathLength)),
			[]float64{MaxPathLength},
			[]float64{math.Exp2(-MaxPathLength)},
			0,
		},
		{"log-odds", boosted, []float64{math.Log(3)}, []float64{0.25, 0.75}, 1},
		{"even odds", forest(Boosting, 2, lone(0, 0)), []float64{0}, []float64{0.5, 0.5}, 0},
		{"certainty", forest(Boosting, 2, lone(0, MaxValue), lone(0, MaxValue)), []float64{2 * MaxValue}, []float64{0, 1}, 1},
		{"certainty of the other", forest(Boosting, 2, lone(0, -MaxValue)), []float64{-MaxValue}, []float64{1, 0}, 0},
		{
			"softmax", forest(Boosting, 3, lone(2, math.Log(6)), lone(1, math.Log(3))),
			[]float64{0, math.Log(3), math.Log(6)},
			[]float64{0.1, 0.3, 0.6},
			2,
		},
		{
			"softmax of extremes", forest(Boosting, 3, lone(0, -MaxValue), lone(2, MaxValue)),
			[]float64{-MaxValue, 0, MaxValue},
			[]float64{0, 0, 1},
			2,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := mustScore(t, c.forest)
			row := []float32{7}
			assert.InDeltaSlice(t, c.raw, s.Raw(row), 1e-15)
			assert.InDeltaSlice(t, c.score, s.Score(row), 1e-15)
			assert.Equal(t, c.decide, s.Decide(row))
		})
	}
}

func TestIsolationScoreIsNeverZero(t *testing.T) {
	assert.Positive(t, Score(MaxPathLength, 2))
	assert.Equal(t, 1.0, Score(0, 256))
	assert.InDelta(t, 0.5, Score(AveragePathLength(256), 256), 1e-15)
	for _, n := range []int{-1, 0, 1} {
		assert.Equal(t, 0.5, Score(3, n))
	}
}

func TestAveragePathLength(t *testing.T) {
	for n, want := range map[float64]float64{0: 0, 1: 0, 2: 1, 3: 1.2073924, 256: 10.2447709} {
		assert.InDelta(t, want, AveragePathLength(n), 1e-7, "%v rows", n)
	}
}

func TestRowsOfAnotherLength(t *testing.T) {
	for _, kind := range allKinds {
		t.Run(string(kind), rapid.MakeCheck(func(t *rapid.T) {
			f := drawForest(t, kind, small)
			s := mustScore(t, f)
			row := drawRow(t, len(f.Features))
			have := rapid.IntRange(0, len(row)).Draw(t, "have")
			for i := have; i < len(row); i++ {
				row[i] = nan
			}
			want := slices.Clone(s.Raw(row))
			s.Raw(make([]float32, len(row))) // must leave nothing behind
			require.Equal(t, want, s.Raw(row[:have]), "short")
			require.Equal(t, want, s.Raw(append(slices.Clone(row), 1, nan, 2)), "long")
		}))
	}
}

func TestClonesScoreAtTheSameTime(t *testing.T) {
	f := exampleForest(IsolationForest)
	s := mustScore(t, f)
	var clones sync.WaitGroup
	for worker := range 4 {
		own := s.Clone()
		clones.Go(func() {
			for i := range 200 {
				row := make([]float32, len(f.Features))
				for k := range row {
					row[k] = special[(worker+i*(k+1))%len(special)]
				}
				assert.Equal(t, referenceRaw(f, row), own.Raw(row))
			}
		})
	}
	clones.Wait()
}

func TestScoreAllocatesNothing(t *testing.T) {
	for _, kind := range allKinds {
		f := exampleForest(kind)
		s := mustScore(t, f)
		row := make([]float32, len(f.Features))
		assert.Zero(t, testing.AllocsPerRun(20, func() {
			s.Score(row)
			s.Raw(row)
			s.Decide(row)
		}), "%s", kind)
	}
}

func TestScorerDoesNotReferToTheForest(t *testing.T) {
	f := stump(1, 0, 1, false)
	s := mustScore(t, f)
	f.Trees[0].Nodes[0].Threshold = -1
	f.Trees[0].Values[0] = 0
	assert.Equal(t, []float64{1, 0}, s.Score([]float32{1}))
}

func TestNewScorerRefusesWhatIsNotValid(t *testing.T) {
	f := stump(1, 0, 1, false)
	f.Trees[0].Nodes[2].Cover = 0
	_, err := NewScorer(f)
	require.ErrorContains(t, err, "tree 0: node 2: cover 0")
	_, err = NewScorer(nil)
	require.Error(t, err)
}
