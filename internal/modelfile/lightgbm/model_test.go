package lightgbm

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// The models in testdata were trained by LightGBM itself, 4.6.0.99 and 3.3.5 (v3_), and what it answers is in the
// tables: testdata/make.py.
func TestRealModels(t *testing.T) {
	for _, name := range models(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := unzip(t, name+".txt.gz")
			require.True(t, Is(data))
			f, err := Parse(data)
			require.NoError(t, err)
			require.Equal(t, forest.Boosting, f.Kind)

			scorer, err := forest.NewScorer(f)
			require.NoError(t, err)

			rows, want := rows(t), table(t, name+".scores.csv.gz")
			require.Len(t, want, len(rows))
			require.Len(t, f.Classes, len(want[0]))
			for i, row := range rows {
				require.InDeltaSlice(t, want[i], scorer.Score(row), 1e-6, "row %d: %v", i, row)
				if sure(want[i]) {
					require.Equal(t, slices.Index(want[i], slices.Max(want[i])), scorer.Decide(row), "row %d: %v", i, row)
				}
			}
		})
	}
}

// Contributions show more than scores do: they are made of covers, on all paths.
func TestRealContributions(t *testing.T) {
	for _, name := range models(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := Parse(unzip(t, name+".txt.gz"))
			require.NoError(t, err)
			rows, want := rows(t), table(t, name+".shap.csv.gz")
			factors := map[string]float64{"sigmoid": 0.7, "forest": 1. / 8, "forest_classes": 1. / 5}
			factor, found := factors[strings.TrimPrefix(name, "v3_")]
			if !found {
				factor = 1
			}
			for i, each := range want {
				for k := range each { // of the log-odds, whereas LightGBM's are of the trees' sum
					each[k] *= factor
				}
				features := len(f.Features)
				if len(each) == 2*(features+1) { // multiclass of two classes: a forest has the difference
					for k := range features + 1 {
						each[k] = each[features+1+k] - each[k]
					}
					each = each[:features+1]
				}
				var got []float64
				for output := range f.Outputs() {
					base, contributions := f.Explain(rows[i], output)
					got = append(append(got, contributions...), base)
				}
				require.InDeltaSlice(t, each, got, 1e-4, "row %d: %v", i, rows[i])
			}
		})
	}
}

func models(t *testing.T) []string {
	paths, err := filepath.Glob("testdata/*.scores.csv.gz")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(paths), 15)
	for i, p := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(p), ".scores.csv.gz")
	}
	return paths
}

func unzip(tb testing.TB, name string) []byte {
	file, err := os.Open(filepath.Join("testdata", name))
	require.NoError(tb, err)
	defer file.Close()
	z, err := gzip.NewReader(file)
	require.NoError(tb, err)
	data, err := io.ReadAll(z)
	require.NoError(tb, err)
	return data
}

func table(t *testing.T, name string) [][]float64 {
	lines, err := csv.NewReader(bytes.NewReader(unzip(t, name))).ReadAll()
	require.NoError(t, err)
	rows := make([][]float64, len(lines))
	for i, line := range lines {
		for _, s := range line {
			v, err := strconv.ParseFloat(s, 64)
			require.NoError(t, err)
			rows[i] = append(rows[i], v)
		}
	}
	return rows
}

func rows(t *testing.T) [][]float32 {
	var all [][]float32
	for _, values := range table(t, "rows.csv.gz") {
		row := make([]float32, len(values))
		for i, v := range values {
			row[i] = float32(v)
		}
		all = append(all, row)
	}
	require.Len(t, all, 300)
	return all
}

// sure reports whether two classes are not as good as equal.
func sure(scores []float64) bool {
	s := slices.Sorted(slices.Values(scores))
	return s[len(s)-1]-s[len(s)-2] > 2e-6
}
