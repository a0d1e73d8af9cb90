package sklearn_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/modelfile"
	"github.com/spanwarden/spanwarden/internal/sklearnpython"
)

var update = flag.Bool("update", false, "train the models in testdata anew")

// python is a Python that has scikit-learn.
type python string

// run runs a program, which leaves no bytecode behind.
func (p python) run(args ...string) (out string, err error) {
	command := exec.Command(string(p), args...)
	command.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	var both bytes.Buffer
	command.Stdout, command.Stderr = &both, &both
	err = command.Run()
	return both.String(), err
}

// told is a row, and what scikit-learn says of it.
type told struct {
	row    []float32
	scores []float64 // of an isolation forest -score_samples
	class  int
}

func readTold(t *testing.T, path string, features int) []told {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	rows := make([]told, len(records))
	for i, record := range records {
		r := &rows[i]
		for _, text := range record[:features] {
			x, err := strconv.ParseFloat(text, 32)
			require.NoError(t, err)
			r.row = append(r.row, float32(x))
		}
		for _, text := range record[features : len(record)-1] {
			x, err := strconv.ParseFloat(text, 64)
			require.NoError(t, err)
			r.scores = append(r.scores, x)
		}
		r.class, err = strconv.Atoi(record[len(record)-1])
		require.NoError(t, err)
	}
	return rows
}

// agrees compares Spanwarden's scores with scikit-learn's, on at least so many
// different rows.
func agrees(t *testing.T, folder, name string, distinct int) {
	t.Helper()
	f, err := modelfile.Load(filepath.Join(folder, name+".json"))
	require.NoError(t, err)
	scorer, err := forest.NewScorer(f)
	require.NoError(t, err)
	rows := readTold(t, filepath.Join(folder, name+".csv"), len(f.Features))
	different := make(map[[6]float32]bool)
	classes := make(map[int]bool)
	unequal, furthest := 0, 0.0
	for _, r := range rows {
		different[[6]float32(r.row)] = true
		classes[r.class] = true
		scores := scorer.Score(r.row)
		require.Len(t, scores, len(r.scores))
		for i, want := range r.scores {
			if scores[i] != want {
				unequal++
				furthest = max(furthest, math.Abs(scores[i]-want))
			}
		}
		if f.Kind != forest.IsolationForest {
			require.Equal(t, r.class, slices.Index(scores, slices.Max(scores)), "%v: %v", r.row, r.scores)
		}
	}
	assert.GreaterOrEqual(t, len(different), distinct)
	if name != "one_row_each" && f.Kind != forest.IsolationForest {
		assert.Len(t, classes, len(f.Classes), "all classes are predicted of some row")
	}
	if f.Kind == forest.IsolationForest { // scikit-learn adds up in another order
		assert.LessOrEqual(t, furthest, 1e-12)
	} else {
		assert.Zero(t, unequal, "scores of %d rows differ, by %g at most", len(rows), furthest)
	}
}

func TestScikitLearnAgrees(t *testing.T) {
	p, folder := python(sklearnpython.Find(t)), t.TempDir()
	out, err := p.run(filepath.Join("testdata", "train.py"), folder)
	require.NoError(t, err, out)
	for name, kind := range map[string]forest.Kind{
		"random_forest": forest.RandomForest, "weighted": forest.RandomForest, "extra_trees": forest.RandomForest,
		"bagging": forest.Bagging, "bagging_of_features": forest.Bagging, "one_row_each": forest.Bagging, "unseen_class": forest.Bagging,
		"tree": forest.Bagging, "newer": forest.Bagging,
		"isolation": forest.IsolationForest, "isolation_of_features": forest.IsolationForest,
	} {
		t.Run(name, func(t *testing.T) {
			agrees(t, folder, name, 10_000)
			path := filepath.Join(folder, name+".json")
			f, err := modelfile.Load(path)
			require.NoError(t, err)
			assert.Equal(t, kind, f.Kind)
			data, err := os.ReadFile(path)
			require.NoError(t, err)
			var ours bytes.Buffer
			require.NoError(t, modelfile.Write(&ours, f))
			assert.True(t, bytes.Equal(data, ours.Bytes()), "Spanwarden writes the same file")
			assert.Equal(t, name == "newer", bytes.Contains(data, []byte(`"missing_left":[`)), "it is left out otherwise")
		})
	}
	t.Run("rounding", func(t *testing.T) { roundedDown(t, filepath.Join(folder, "rounding.csv")) })
	t.Run("refusals", func(t *testing.T) { refuses(t, filepath.Join(folder, "refusals.txt")) })
	t.Run("command", func(t *testing.T) { p.exports(t, folder) })
}

// roundedDown checks that no float32 is between a threshold and what it became.
func roundedDown(t *testing.T, path string) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	records, err := csv.NewReader(file).ReadAll()
	require.NoError(t, err)
	inexact := 0
	for _, record := range records {
		exact, err := strconv.ParseFloat(record[0], 64)
		require.NoError(t, err)
		x, err := strconv.ParseFloat(record[1], 32)
		require.NoError(t, err)
		if math.IsInf(x, 0) {
			require.Equal(t, "1e999", strings.TrimPrefix(record[2], "-"))
		}
		written, _ := strconv.ParseFloat(record[2], 32) // of what is too large, infinity and an error
		require.Equal(t, x, written)
		require.LessOrEqual(t, x, exact)
		if next := math.Nextafter32(float32(x), float32(math.Inf(1))); !math.IsInf(float64(next), 0) {
			require.Greater(t, float64(next), exact)
		}
		if float64(float32(exact)) > exact {
			inexact++
		}
	}
	assert.Greater(t, inexact, len(records)/5, "of those that rounding to the nearest would raise")
}

func refuses(t *testing.T, path string) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	wants := []string{
		"a RandomForestRegressor cannot be exported: exported are RandomForestClassifier",
		"a BaggingClassifier of KNeighborsClassifier cannot be exported",
		"it predicts 2 things at once",
		"is not fitted yet",
		"train with max_samples of at least 2",
		"an isolation forest has no classes",
		"the estimator does not know the names of its features: give all 6",
		"5 feature names for 6",
		"two of the feature names are equal",
		"2 class names for 3, in the order of classes_ of the estimator, normal, probing, walking",
		"the class names are in another order than classes_",
	}
	require.Len(t, lines, len(wants))
	for i, want := range wants {
		assert.Contains(t, lines[i], want)
	}
}

// exports runs export.py as its users do.
func (p python) exports(t *testing.T, folder string) {
	t.Helper()
	const script = "export.py"
	model, path := filepath.Join(folder, "tree.joblib"), filepath.Join(folder, "command.json")
	out, err := p.run(script, model, "--features", "plain,adjacent,count,huge,below zero,tiny",
		"--classes", "normal,probing,walking", "--out", path)
	require.NoError(t, err, out)
	assert.Contains(t, out, "classes: 0 is normal, 1 is probing, 2 is walking")
	got, err := os.ReadFile(path)
	require.NoError(t, err)
	want, err := os.ReadFile(filepath.Join(folder, "tree.json"))
	require.NoError(t, err)
	assert.Equal(t, string(want), string(got))
	zipped, err := modelfile.Load(filepath.Join(folder, "tree.json.gz"))
	require.NoError(t, err)
	assert.Contains(t, out, modelfile.Digest(zipped))

	out, err = p.run(script, model, "--features", "a,b", "--out", path)
	assert.Error(t, err)
	assert.Equal(t, model+": 2 feature names for 6, in the order of the names of the columns\n", out)
	out, err = p.run(script, model, "--features", "a,b,c,d,e,f", "--origin", strings.Repeat("x", modelfile.MaxOrigin+1), "--out", path)
	assert.Error(t, err)
	assert.Contains(t, out, "the origin has more than 1024 bytes: say in fewer words")
}

// The models and what scikit-learn says of the rows are stored.
func TestStoredModelsAgree(t *testing.T) {
	if *update {
		out, err := python(sklearnpython.Find(t)).run(filepath.Join("testdata", "train.py"), "--sample", "testdata")
		require.NoError(t, err, out)
	}
	for _, name := range []string{"forest", "isolation"} {
		t.Run(name, func(t *testing.T) { agrees(t, "testdata", name, 200) })
	}
}
