package grow

import (
	"fmt"
	"testing"

	"github.com/spanwarden/spanwarden/internal/forest"
)

func BenchmarkGrow(b *testing.B) {
	const rows = 20_000
	for _, shape := range []struct{ features, depth, classes int }{{5, 8, 2}, {8, 12, 2}, {10, 16, 2}, {10, 0, 2}, {10, 0, 6}, {40, 0, 2}} {
		t := synthetic(1, rows, shape.features, shape.classes)
		for _, kind := range []forest.Kind{forest.RandomForest, forest.Bagging} {
			for _, workers := range []int{1, 2} {
				name := fmt.Sprintf("%s/features=%d/depth=%d/classes=%d/workers=%d", kind, shape.features, shape.depth, shape.classes, workers)
				b.Run(name, func(b *testing.B) {
					s := Settings{Kind: kind, MaxDepth: shape.depth, Workers: workers}
					b.ReportAllocs()
					for b.Loop() {
						s.Seed++
						if _, err := Grow(b.Context(), t, s); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		}
	}
}
