package grow_test

import (
	"context"
	"fmt"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/grow"
)

func ExampleGrow() {
	// Clients by their requests a minute and the part of these that failed.
	table := &dataset.Table{
		Features: []string{"requests", "failed"},
		Columns: [][]float32{
			{3, 5, 8, 2, 90, 120, 4, 60},
			{0, 0.2, 0, 0, 0.1, 0, 0.9, 0.95},
		},
		Classes: []string{"visitor", "scraper", "prober"},
		Labels:  []int32{0, 0, 0, 0, 1, 1, 2, 2},
	}
	// One plain decision tree that gives each class the same weight.
	f, err := grow.Grow(context.Background(), table, grow.Settings{
		Kind: forest.Bagging, Trees: 1, WholeSample: true,
		ClassWeights: grow.Balanced(table),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	tree := f.Trees[0]
	for i, n := range tree.Nodes {
		if n.Feature == forest.Leaf {
			fmt.Printf("%d: leaf, %.1f\n", i, tree.Values[int(n.Next)*len(f.Classes):][:len(f.Classes)])
		} else {
			fmt.Printf("%d: %s <= %g leads to %d, else %d\n", i, f.Features[n.Feature], n.Threshold, n.Next, n.Next+1)
		}
	}
	// Output:
	// 0: requests <= 75 leads to 1, else 2
	// 1: failed <= 0.55 leads to 3, else 4
	// 2: leaf, [0.0 1.0 0.0]
	// 3: leaf, [1.0 0.0 0.0]
	// 4: leaf, [0.0 0.0 1.0]
}
