package grow

import (
	"fmt"
	"testing"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// 100 trees on 20 000 different rows.
func BenchmarkGrow(b *testing.B) {
	const rows = 20_000
	for _, shape := range []struct{ features, depth, classes int }{{5, 8, 2}, {8, 12, 2}, {10, 16, 2}, {10, 0, 2}, {10, 0, 6}} {
		table := synthetic(1, rows, shape.features, shape.classes)
		for _, kind := range []forest.Kind{forest.RandomForest, forest.Bagging} {
			for _, workers := range []int{1, 2} {
				name := fmt.Sprintf("%s/features=%d/depth=%d/classes=%d/workers=%d", kind, shape.features, shape.depth, shape.classes, workers)
				b.Run(name, func(b *testing.B) { benchmark(b, table, Settings{Kind: kind, MaxDepth: shape.depth, Workers: workers}) })
			}
		}
	}
	table := synthetic(1, rows, 10, 2)
	for _, margin := range []float64{0, 0.5} {
		b.Run(fmt.Sprint(forest.IsolationForest, "/features=10/margin=", margin), func(b *testing.B) {
			benchmark(b, table, Settings{Kind: forest.IsolationForest, Margin: margin, Workers: 1})
		})
	}
}

func benchmark(b *testing.B, table *dataset.Table, s Settings) {
	b.ReportAllocs()
	for b.Loop() {
		s.Seed++
		if _, err := Grow(b.Context(), table, s); err != nil {
			b.Fatal(err)
		}
	}
}
