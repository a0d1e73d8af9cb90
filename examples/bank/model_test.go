package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/evaluation"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/grow"
	"github.com/spanwarden/spanwarden/internal/modelfile"
)

// The features of API-TAD by their names there; the model of the bank has them
// first.
var paperFeatures = []string{"inter_api_access", "api_access_unique", "max_api_call", "data_out", "num_failed"}

// shapes are those that do not grow with the number of people behind an address.
var shapes = []string{"calls_per_endpoint", "resources_per_endpoint", "failed_ratio"}

// windows are those of some recordings of the bank, a row for each client and
// window, with these features.
func windows(t *testing.T, pattern string, features []string) *dataset.Table {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("..", "..", "testdata", "bank", "windows", pattern))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	table, err := dataset.Open(t.Context(), nil, dataset.Options{Label: "label", Features: features}, paths...)
	require.NoError(t, err)
	return table
}

// figuresOf are the figures of a forest at the trials, and the part of the attacks'
// windows that stand above all others.
func figuresOf(t *testing.T, f *forest.Forest) (figures evaluation.Figures, recall float64) {
	t.Helper()
	trials := windows(t, "trial*.csv.gz", f.Features)
	attack := int32(slices.Index(trials.Classes, "attack"))
	positive := make([]bool, trials.Rows())
	for i, label := range trials.Labels {
		positive[i] = label == attack
	}
	scores, err := evaluation.Scores(t.Context(), f, trials)
	require.NoError(t, err)
	of := scores[0]
	if f.Kind == forest.IsolationForest {
		figures, err = evaluation.JudgeAnomalies(t.Context(), f, trials, 0.5)
	} else {
		figures, err = evaluation.Judge(t.Context(), f, trials)
		of = scores[slices.Index(f.Classes, "attack")]
	}
	require.NoError(t, err)
	recall, _ = evaluation.RecallAt(0, positive, of)
	return figures, recall
}

func row(what string, f evaluation.Figures, recall float64) string {
	attack := f.Class(slices.Index(f.Classes, "attack"))
	return fmt.Sprintf("| %s | %.3f | %.3f | %.3f | %.2f |\n", what, f.Accuracy(), attack.F1, f.AUC, recall)
}

// TestLayerTwoOnTheBank trains on some days of the bank and judges others: other
// seeds, other customers, and thefts at other paces. What is asserted is a little
// below what was measured when it was written.
func TestLayerTwoOnTheBank(t *testing.T) {
	shipped, err := modelfile.Load("model.json.gz")
	require.NoError(t, err)
	var table strings.Builder
	table.WriteString("\n| Trained on | accuracy | attack F1 | AUC | recall at no false alarm |\n| --- | ---: | ---: | ---: | ---: |\n")
	for _, tt := range []struct {
		name       string
		features   []string
		kind       forest.Kind
		f1, auc    float64
		recallZero float64 // negative: not asked for, as customers' windows tie with the worst attacks
	}{
		{"API-TAD's five features, random forest", paperFeatures, forest.RandomForest, 0.95, 0.985, -1},
		{"API-TAD's five features, bagging", paperFeatures, forest.Bagging, 0.95, 0.985, -1},
		{"all features, random forest", shipped.Features, forest.RandomForest, 0.98, 0.995, 0.8},
		{"all features, bagging", shipped.Features, forest.Bagging, 0.98, 0.995, 0.7},
	} {
		training := windows(t, "training*.csv.gz", tt.features)
		f, err := grow.Grow(t.Context(), training, grow.Settings{Kind: tt.kind, Trees: 60, MinLeaf: 3, Seed: 1})
		require.NoError(t, err)
		figures, recall := figuresOf(t, f)
		table.WriteString(row(tt.name, figures, recall))
		attack := slices.Index(figures.Classes, "attack")
		f1 := figures.Class(attack).F1
		assert.Greater(t, f1, tt.f1, tt.name)
		assert.Greater(t, f1, figures.PredictAllF1(attack), "%s: better than calling everything an attack", tt.name)
		assert.Greater(t, figures.AUC, tt.auc, tt.name)
		assert.Greater(t, recall, tt.recallZero, tt.name)
	}
	t.Log(&table)
	if runtime.GOARCH == "amd64" { // others may round otherwise
		text, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
		require.NoError(t, err)
		assert.Contains(t, string(text), table.String(), "the README's table is the measured one")
	}
}

// The model that the demonstration uses is the one that `make model` makes.
func TestTheShippedModel(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("skipped: the model was trained on amd64, other processors may round otherwise")
	}
	f, err := modelfile.Load("model.json.gz")
	require.NoError(t, err)
	assert.Equal(t, paperFeatures, f.Features[:5])
	again, err := grow.Grow(t.Context(), windows(t, "training*.csv.gz", f.Features),
		grow.Settings{Kind: forest.RandomForest, Trees: 60, MinLeaf: 3, Seed: 1})
	require.NoError(t, err)
	again.Origin = f.Origin
	assert.Equal(t, modelfile.Digest(again), modelfile.Digest(f), "train it anew with `make model`")
}

// An isolation forest knows no attacks: it learns the quiet windows and what is
// unlike them.
func TestIsolationForestOnTheBank(t *testing.T) {
	training := windows(t, "training*.csv.gz", shapes)
	var quiet []int
	normal := int32(slices.Index(training.Classes, "normal"))
	for i, label := range training.Labels {
		if label == normal {
			quiet = append(quiet, i)
		}
	}
	f, err := grow.Grow(t.Context(), training.Select(quiet), grow.Settings{Kind: forest.IsolationForest, Seed: 1})
	require.NoError(t, err)
	figures, recall := figuresOf(t, f)
	t.Logf("AUC %.3f, recall at no false alarm %.2f", figures.AUC, recall)
	assert.Greater(t, figures.AUC, 0.82)
	assert.Greater(t, recall, 0.15)
}
