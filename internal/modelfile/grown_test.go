package modelfile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/grow"
)

// grown is a forest grown on generated rows of 20 features, half of them counts.
func grown(tb testing.TB, rows int, s grow.Settings) *forest.Forest {
	tb.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	table := &dataset.Table{Classes: []string{"normal", "attack"}, Labels: make([]int32, rows)}
	for c := range 20 {
		table.Features = append(table.Features, fmt.Sprint("feature ", c))
		column := make([]float32, rows)
		for i := range column {
			column[i] = float32(random.NormFloat64())
			if c%2 == 1 {
				column[i] = float32(random.IntN(200))
			}
		}
		table.Columns = append(table.Columns, column)
	}
	for i := range rows {
		c := table.Columns
		if c[0][i]+c[1][i]/60-c[2][i]*c[4][i]+float32(random.NormFloat64()) > 2 {
			table.Labels[i] = 1
		}
	}
	f, err := grow.Grow(tb.Context(), table, s)
	require.NoError(tb, err)
	return f
}

func TestGrownForestsAreWrittenShort(t *testing.T) {
	for _, kind := range []forest.Kind{forest.RandomForest, forest.Bagging, forest.IsolationForest} {
		f := grown(t, 1000, grow.Settings{Kind: kind, Trees: 3, Seed: 1})
		for i := range f.Trees {
			c := pack(f, &f.Trees[i])
			assert.Nil(t, c.next, kind)
			assert.Nil(t, c.missingLeft, kind)
			assert.Len(t, c.cover, len(c.feature)/2+1, kind)
			assert.Equal(t, kind == forest.IsolationForest, c.values == nil, kind)
		}
		again, err := Parse(written(t, f))
		require.NoError(t, err)
		assert.Equal(t, f, again)
	}
}

func benchmarkForest(b *testing.B) (f *forest.Forest, data []byte) {
	b.Helper()
	f = grown(b, 20_000, grow.Settings{Kind: forest.RandomForest, Trees: 100, MaxDepth: 12, Seed: 1})
	data = written(b, f)
	b.SetBytes(int64(len(data)))
	return f, data
}

func BenchmarkParse(b *testing.B) {
	_, data := benchmarkForest(b)
	for b.Loop() {
		if _, err := Parse(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	f, data := benchmarkForest(b)
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err := w.Write(data)
	require.NoError(b, err)
	require.NoError(b, w.Close())
	var out bytes.Buffer
	for b.Loop() {
		out.Reset()
		if err := Write(&out, f); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(data)), "B")
	b.ReportMetric(float64(zipped.Len()), "B-gzipped")
}
