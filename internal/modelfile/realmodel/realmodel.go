// Package realmodel lets a reader of another library's models prove itself on those that the library trained itself, with
// what the library answers in tables beside them. It serves tests alone: no other code may import it.
package realmodel

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// Library is how the models of a library are stored and read. They are in testdata, in the directory of the test.
type Library struct {
	Suffix string // of a model's file, behind its name
	Is     func(data []byte) bool
	Parse  func(data []byte) (*forest.Forest, error)
	// Factors, by the name of a model without v3_, make contributions to the log-odds of the library's own. Those of any
	// other model are that already.
	Factors map[string]float64
}

// Data is the file of a model.
func (l Library) Data(tb testing.TB, name string) []byte {
	return unzip(tb, name+l.Suffix)
}

// CheckScores checks that each of the models is read, scores as the library does and decides likewise.
func (l Library) CheckScores(t *testing.T, names []string) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := l.Data(t, name)
			require.True(t, l.Is(data))
			f, err := l.Parse(data)
			require.NoError(t, err)
			require.Equal(t, forest.Boosting, f.Kind)

			scorer, err := forest.NewScorer(f)
			require.NoError(t, err)

			rows, want := rows(t), table(t, name+scoresSuffix)
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

// CheckContributions checks that each of the models explains as the library does. Contributions show more than scores do:
// they are made of covers, on all paths.
func (l Library) CheckContributions(t *testing.T, names []string) {
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, err := l.Parse(l.Data(t, name))
			require.NoError(t, err)
			rows, want := rows(t), table(t, name+contributionsSuffix)
			factor, found := l.Factors[strings.TrimPrefix(name, "v3_")]
			if !found {
				factor = 1
			}
			for i, each := range want {
				for k := range each {
					each[k] *= factor
				}
				features := len(f.Features)
				if len(each) == 2*(features+1) { // of two classes with trees of their own: a forest has the difference
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

// CheckAny checks, of whatever a fuzzer thinks of, that nothing panics, and that what can be read is valid.
func (l Library) CheckAny(t *testing.T, data []byte) {
	l.Is(data)
	model, err := l.Parse(data)
	if err != nil {
		return
	}
	if err := model.Validate(); err != nil {
		t.Fatal(err)
	}
}

// sure reports whether two classes are not as good as equal.
func sure(scores []float64) bool {
	s := slices.Sorted(slices.Values(scores))
	return s[len(s)-1]-s[len(s)-2] > 2e-6
}
