package ensemble

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/grow"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// client with so many calls in the window and failed ones in its past.
func client(calls, failed int) (*traffic.Vector, *trail.Past) {
	v := &traffic.Vector{
		Client: "192.0.2.7", TotalCalls: int64(calls), MaxAPICall: int64(calls), MaxAPIEndpoint: traffic.Endpoint{Method: "GET", Route: "/orders/{id}"},
		InterAPIAccess: math.NaN(),
	}
	return v, &trail.Past{Calls: calls, Failed: failed}
}

// grown is a forest of that kind: many calls or many failed ones make an attack.
func grown(t *testing.T, kind forest.Kind) *forest.Forest {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	table := &dataset.Table{Features: []string{"total_calls", "period_failed"}, Columns: make([][]float32, 2)}
	if kind != forest.IsolationForest {
		table.Classes = []string{"attack", "normal"}
	}
	for range 500 {
		calls, failed := random.IntN(60), random.IntN(30)
		table.Columns[0] = append(table.Columns[0], float32(calls))
		table.Columns[1] = append(table.Columns[1], float32(failed))
		if table.Classes != nil {
			label := int32(1)
			if calls > 40 || failed > 20 {
				label = 0
			}
			table.Labels = append(table.Labels, label)
		}
	}
	f, err := grow.Grow(t.Context(), table, grow.Settings{Kind: kind, Trees: 20, Seed: 3})
	require.NoError(t, err)
	return f
}

// boosted is a forest of two classes, or of three, with two trees for each output.
func boosted(classes int) *forest.Forest {
	f := &forest.Forest{Kind: forest.Boosting, Features: []string{"total_calls", "period_failed"}, Classes: []string{"attack", "normal", "odd"}[:classes]}
	for output := range f.Outputs() {
		for feature := range int32(2) {
			f.Trees = append(f.Trees, forest.Tree{
				Output: output, Values: []float64{-0.5 - float64(output), 1.5 + float64(feature)},
				Nodes: []forest.Node{
					{Feature: feature, Threshold: 20, Next: 1, Cover: 10},
					{Feature: forest.Leaf, Next: 0, Cover: 7},
					{Feature: forest.Leaf, Next: 1, Cover: 3},
				},
			})
		}
	}
	return f
}

func TestScoresOfAttackersAreHigher(t *testing.T) {
	for _, kind := range []forest.Kind{forest.RandomForest, forest.Bagging} {
		m, err := NewModel(grown(t, kind), []string{"attack"})
		require.NoError(t, err)
		assert.Greater(t, m.Score(client(55, 0)), 0.9)
		assert.Less(t, m.Score(client(5, 1)), 0.1)
	}
}

func TestBaseAndContributionsAddUpToTheScore(t *testing.T) {
	for name, f := range map[string]*forest.Forest{
		"random forest": grown(t, forest.RandomForest), "bagging": grown(t, forest.Bagging), "isolation forest": grown(t, forest.IsolationForest),
		"two boosted classes": boosted(2), "three boosted classes": boosted(3),
	} {
		m, err := NewModel(f, []string{"attack"})
		require.NoError(t, err, name)
		for _, x := range [][2]int{{0, 0}, {5, 1}, {50, 0}, {3, 29}, {59, 29}} {
			v, p := client(x[0], x[1])
			r := m.Explain(v, p)
			sum := r.Base
			for _, c := range r.Contributions {
				sum += c
			}
			assert.InDelta(t, m.Score(v, p), r.Score, 1e-12, name)
			assert.InDelta(t, r.Score, sum, 1e-9, "%s %v", name, x)
			assert.Equal(t, []float64{float64(x[0]), float64(x[1])}, r.Values)
		}
	}
}

func TestSeveralClassesCanBeAttacks(t *testing.T) {
	m, err := NewModel(boosted(3), []string{"attack", "odd"})
	require.NoError(t, err)
	normal, err := NewModel(boosted(3), []string{"normal"})
	require.NoError(t, err)
	v, p := client(30, 0)
	assert.InDelta(t, 1, m.Score(v, p)+normal.Score(v, p), 1e-12)
}

func TestWhatAModelSaysAgainstTheFirstOfTwoClasses(t *testing.T) {
	first, err := NewModel(boosted(2), []string{"attack"})
	require.NoError(t, err)
	second, err := NewModel(boosted(2), []string{"normal"})
	require.NoError(t, err)
	v, p := client(30, 0)
	assert.InDelta(t, 1, first.Score(v, p)+second.Score(v, p), 1e-12)
	assert.InDelta(t, -first.Explain(v, p).Contributions[0], second.Explain(v, p).Contributions[0], 1e-9)
}

func TestModelsThatDoNotMatchAreRefused(t *testing.T) {
	f := grown(t, forest.RandomForest)
	for want, attacks := range map[string][]string{
		"says bot, which is none of them":                        {"bot"},
		"says bots, which is none of them":                       {"attack", "bots"},
		"says attack twice: name it once":                        {"attack", "attack"},
		"says all of them: name those that are attacks, not all": {"attack", "normal"},
		"attack_classes is empty: name those that are attacks":   nil,
	} {
		_, err := NewModel(f, attacks)
		require.ErrorContains(t, err, "the model knows the classes attack, normal, and attack_classes")
		require.ErrorContains(t, err, want)
	}
	f.Features[1] = "num_users"
	_, err := NewModel(f, []string{"attack"})
	require.ErrorContains(t, err, `the model asks for what traffic does not have: there is no feature "num_users"`)
	f = grown(t, forest.IsolationForest)
	f.Trees = nil
	_, err = NewModel(f, nil)
	require.Error(t, err)
}

func TestLogarithm(t *testing.T) {
	features, err := feature.Named([]string{"total_calls", "inter_api_access", "failed_ratio", "data_out"})
	require.NoError(t, err)
	row := []float32{0, 0.999, 0.5, float32(math.NaN())}
	Logarithm(features, row)
	assert.InDeltaSlice(t, []float64{0, math.Log(1000), math.Log(51)}, []float64{float64(row[0]), float64(row[1]), float64(row[2])}, 1e-6)
	assert.True(t, math.IsNaN(float64(row[3])))
}

func TestScoringAllocatesNothing(t *testing.T) {
	m, err := NewModel(grown(t, forest.RandomForest), []string{"attack"})
	require.NoError(t, err)
	v, p := client(30, 2)
	assert.Zero(t, testing.AllocsPerRun(100, func() { m.Score(v, p) }))
}
