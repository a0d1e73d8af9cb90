package forest_test

import (
	"fmt"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// slowOrFailing is a forest of one tree: calls of more than 100 ms are slow, unless
// more than two failed.
func slowOrFailing() *forest.Forest {
	return &forest.Forest{
		Kind: forest.RandomForest, Features: []string{"duration", "failed"}, Classes: []string{"usual", "attack"},
		Trees: []forest.Tree{{
			Nodes: []forest.Node{
				{Feature: 1, Threshold: 2, Next: 1, Cover: 100, MissingLeft: true},
				{Feature: 0, Threshold: 100, Next: 3, Cover: 80, MissingLeft: true},
				{Feature: forest.Leaf, Next: 0, Cover: 20},
				{Feature: forest.Leaf, Next: 1, Cover: 60},
				{Feature: forest.Leaf, Next: 2, Cover: 20},
			},
			Values: []float64{0.1, 0.9, 1, 0, 0.75, 0.25},
			Output: forest.AllOutputs,
		}},
	}
}

func ExampleScorer() {
	f := slowOrFailing()
	scorer, err := forest.NewScorer(f)
	if err != nil {
		fmt.Println(err)
		return
	}
	row := []float32{140, 7}
	fmt.Println(scorer.Score(row), f.Classes[scorer.Decide(row)])
	// Output: [0.1 0.9] attack
}

func ExampleForest_Explain() {
	f := slowOrFailing()
	base, contributions := f.Explain([]float32{140, 7}, 1)
	fmt.Printf("usually %.2f\n", base)
	for i, c := range contributions {
		fmt.Printf("%+.3f %s\n", c, f.Features[i])
	}
	// Output:
	// usually 0.23
	// +0.075 duration
	// +0.595 failed
}

func ExampleScore() {
	// c(256) is 10.24: so long are the paths of rows like any other.
	for _, meanPathLength := range []float64{2, 6, 10.24, 13} {
		fmt.Printf("%.2f\n", forest.Score(meanPathLength, 256))
	}
	// Output:
	// 0.87
	// 0.67
	// 0.50
	// 0.41
}
