package grow

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
)

// synthetic returns rows of two or more classes, all different: clusters in half of the features,
// an interaction, noise features and some rows with the wrong label.
func synthetic(seed uint64, rows, features, classes int) *dataset.Table {
	random := rand.New(rand.NewPCG(seed, 1))
	t := &dataset.Table{Labels: make([]int32, rows)}
	for c := range classes {
		t.Classes = append(t.Classes, fmt.Sprint("class ", c))
	}
	for f := range features {
		t.Features = append(t.Features, fmt.Sprint("feature ", f))
		t.Columns = append(t.Columns, make([]float32, rows))
	}
	for i := range rows {
		sum := 0.0
		for f := range features {
			v := random.NormFloat64()
			t.Columns[f][i] = float32(v)
			switch f % 5 {
			case 0:
				sum += v
			case 1:
				sum += math.Sin(3 * v)
			case 2:
				sum += v * float64(t.Columns[f-1][i])
			}
		}
		p := 1 / (1 + math.Exp(-sum/math.Sqrt(float64(features)/5)))
		t.Labels[i] = int32(min(int(p*float64(classes)), classes-1))
		if random.Float64() < 0.1 {
			t.Labels[i] = random.Int32N(int32(classes))
		}
	}
	return t
}

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
