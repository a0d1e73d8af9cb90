package evaluation

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/grow"
)

var apitadFeatures = []string{"inter_api_access_duration(sec)", "api_access_uniqueness", "sequence_length(count)"}

const folds = 5

// seeds is how many are tried. Five take minutes, many under the race detector: one
// is enough where the tests end before that.
func seeds(t *testing.T) int {
	t.Helper()
	if deadline, ends := t.Deadline(); ends && time.Until(deadline) < 40*time.Minute {
		t.Log("one seed, as the tests end soon: with -timeout 60m there are five")
		return 1
	}
	return 5
}

// apitad are the rows of the public data set that layer 1 of API-TAD is evaluated
// on, and the folds of each seed.
type apitad struct {
	*dataset.Table
	path           string
	attack, normal int       // classes
	sessions       []bool    // rows that are one session, not a mean of several
	folds          [][][]int // of each seed
}

func readAPITAD(t *testing.T) apitad {
	t.Helper()
	folder := os.Getenv("SPANWARDEN_DATA")
	if folder == "" || testing.Short() {
		t.Skip("skipped API-TAD's Table III: set SPANWARDEN_DATA to a folder that holds api-access/behavior.csv.gz " +
			"(Kaggle, tangodelta/api-access-behaviour-anomaly-dataset), and give it minutes: without -short")
	}
	path := filepath.Join(folder, "api-access", "behavior.csv.gz")
	table, err := dataset.Open(t.Context(), nil, dataset.Options{
		Features: append(slices.Clone(apitadFeatures), "num_sessions"),
		Label:    "behavior_type",
		Classes:  map[string]string{"bot": "attack"},
	}, path)
	require.NoError(t, err)
	require.Equal(t, []string{"attack", "normal", "outlier"}, table.Classes)
	data := apitad{Table: table, path: path, attack: 0, normal: 1}
	for _, n := range table.Columns[3] {
		data.sessions = append(data.sessions, n == 1)
	}
	table.Features, table.Columns = table.Features[:3], table.Columns[:3]
	for seed := range seeds(t) {
		of, err := Folds(table, folds, uint64(seed))
		require.NoError(t, err)
		data.folds = append(data.folds, of)
	}
	return data
}

// overSeeds are figures of each seed.
type overSeeds struct {
	Accuracy []float64 `json:"accuracy"`
	AttackF1 []float64 `json:"attack_f1"`
}

// shownOverSeeds shows as many digits as the seeds agree on, and one more.
func shownOverSeeds(values []float64) string {
	mean, sd := meanAndDeviation(values)
	switch len(values) {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%.3f (one seed)", mean)
	}
	digits := min(4, max(1, int(math.Ceil(-math.Log10(max(sd, 1e-9))))))
	return fmt.Sprintf("%.*f ± %.*f", digits, mean, digits, sd)
}

// predict returns the prediction for each row of a forest that was trained on the
// other folds, those that use says.
func (a apitad) predict(t *testing.T, seed int, table *dataset.Table, settings grow.Settings, use func(row int) bool) []int32 {
	t.Helper()
	predicted := make([]int32, table.Rows())
	settings.Seed = uint64(seed)
	for _, fold := range a.folds[seed] {
		train := slices.DeleteFunc(others(table.Rows(), fold), func(row int) bool { return !use(row) })
		f, err := grow.Grow(t.Context(), table.Select(train), settings)
		require.NoError(t, err)
		scores, err := Scores(t.Context(), f, table.Select(fold))
		require.NoError(t, err)
		for i, class := range Predictions(scores) {
			predicted[fold[i]] = class
		}
	}
	return predicted
}

// compare counts the rows of which use says so.
func (a apitad) compare(predicted []int32, use func(row int) bool) *Confusion {
	c := NewConfusion(a.Classes)
	for row, class := range predicted {
		if use(row) {
			c.Counts[a.Labels[row]][class]++
		}
	}
	return c
}

// ours cross-validates with all seeds: means of the folds, as scikit-learn has it.
func (a apitad) ours(t *testing.T, table *dataset.Table, settings grow.Settings) (of overSeeds) {
	t.Helper()
	for seed, folds := range a.folds {
		predicted := a.predict(t, seed, table, settings, all)
		var accuracy, attack float64
		for _, fold := range folds {
			in := make(map[int]bool)
			for _, row := range fold {
				in[row] = true
			}
			c := a.compare(predicted, func(row int) bool { return in[row] })
			accuracy += c.Accuracy() / float64(len(folds))
			attack += c.Class(a.attack).F1 / float64(len(folds))
		}
		of.Accuracy, of.AttackF1 = append(of.Accuracy, accuracy), append(of.AttackF1, attack)
	}
	return of
}

func all(int) bool { return true }

// scikitLearn cross-validates its classifiers on the same folds.
func (a apitad) scikitLearn(t *testing.T) (names []string, figures map[string]overSeeds) {
	t.Helper()
	classes := make([]string, a.Rows())
	for i, class := range a.Labels {
		classes[i] = a.Classes[class]
	}
	task, err := json.Marshal(map[string]any{"rows": a.Columns, "classes": classes, "folds": a.folds})
	require.NoError(t, err)
	out := json.NewDecoder(bytes.NewReader(script(t, time.Hour, task, "apitad.py")))
	figures = make(map[string]overSeeds)
	for out.More() {
		var line struct {
			Classifier string
			overSeeds
		}
		require.NoError(t, out.Decode(&line))
		names = append(names, line.Classifier)
		figures[line.Classifier] = line.overSeeds
	}
	return names, figures
}

// TestAPITADTableIII trains the classifiers of API-TAD's Table III on the public
// part of its data: three features, three classes, stratified five-fold
// cross-validation for each of five seeds. Ours must be as good as
// scikit-learn's on the same folds.
//
// The figures say little about live traffic, see TestAPITADLeaks.
func TestAPITADTableIII(t *testing.T) {
	a := readAPITAD(t)
	ours := map[string]overSeeds{
		"random forest": a.ours(t, a.Table, grow.Settings{Kind: forest.RandomForest, Trees: 100}),
		"bagging":       a.ours(t, a.Table, grow.Settings{Kind: forest.Bagging, Trees: 100}),
		"decision tree": a.ours(t, a.Table, grow.Settings{Kind: forest.Bagging, Trees: 1, WholeSample: true}),
	}
	paper := map[string]string{"random forest": "0.9163", "decision tree": "0.8972"}
	names := []string{"random forest", "bagging", "decision tree"}
	var theirs map[string]overSeeds
	// A subtest, so that ours are printed where there is no scikit-learn.
	t.Run("scikit-learn", func(t *testing.T) { names, theirs = a.scikitLearn(t) })

	var b strings.Builder
	b.WriteString("| classifier | accuracy | attack F1 | scikit-learn's accuracy | attack F1 | the paper's accuracy |\n")
	b.WriteString("|---|---|---|---|---|---|\n")
	for _, name := range names {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n", name,
			shownOverSeeds(ours[name].Accuracy), shownOverSeeds(ours[name].AttackF1),
			shownOverSeeds(theirs[name].Accuracy), shownOverSeeds(theirs[name].AttackF1), paper[name])
	}
	t.Logf("%d rows, %d features, %d seeds\n%s", a.Rows(), len(a.Features), len(a.folds), &b)

	for name, of := range ours {
		accuracy, _ := meanAndDeviation(of.Accuracy)
		attack, _ := meanAndDeviation(of.AttackF1)
		other, has := theirs[name]
		if !has {
			continue
		}
		theirAccuracy, _ := meanAndDeviation(other.Accuracy)
		theirAttack, _ := meanAndDeviation(other.AttackF1)
		assert.InDelta(t, theirAccuracy, accuracy, 0.004, "%s, accuracy", name)
		assert.InDelta(t, theirAttack, attack, 0.02, "%s, attack F1", name)
	}
}

// TestAPITADLeaks measures how much of Table III is knowledge about attacks. Most
// of the rows of some classes are means over sessions, so whether a length is a
// whole number tells the class; of single sessions, which live traffic has, much
// less is found.
func TestAPITADLeaks(t *testing.T) {
	a := readAPITAD(t)
	settings := grow.Settings{Kind: forest.RandomForest, Trees: 100}

	bits := &dataset.Table{Features: []string{"whole length", "whole number of endpoints"}, Classes: a.Classes, Labels: a.Labels}
	bits.Columns = make([][]float32, 2)
	for _, row := range exactly(t, a.path, "sequence_length(count)", "api_access_uniqueness") {
		bits.Columns[0] = append(bits.Columns[0], bit(isWhole(row[0])))
		bits.Columns[1] = append(bits.Columns[1], bit(isWhole(row[0]*row[1])))
	}
	control := a.ours(t, bits, settings)
	t.Logf("a forest that knows two bits only: accuracy %s, attack F1 %s", shownOverSeeds(control.Accuracy), shownOverSeeds(control.AttackF1))
	accuracy, _ := meanAndDeviation(control.Accuracy)
	assert.InDelta(t, 0.9258, accuracy, 0.003, "two bits that say nothing about behaviour")

	single := func(row int) bool { return a.sessions[row] }
	var whole, byAll, bySingle singleSessions
	for seed := range a.folds {
		predicted := a.predict(t, seed, a.Table, settings, all)
		whole.add(a, a.compare(predicted, all))
		byAll.add(a, a.compare(predicted, single))
		bySingle.add(a, a.compare(a.predict(t, seed, a.Table, settings, single), single))
	}
	t.Logf("all rows: %s", whole)
	t.Logf("single sessions, trained on all rows: %s", byAll)
	t.Logf("single sessions, trained on single sessions: %s", bySingle)
	mean, _ := meanAndDeviation(byAll.attack)
	wholeMean, _ := meanAndDeviation(whole.attack)
	assert.Less(t, mean, wholeMean-0.05, "attacks of single sessions are harder to find")
}

// exactly reads columns with all of their digits: a product of float32 is no whole
// number.
func exactly(t *testing.T, path string, columns ...string) (values [][]float64) {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	rows, err := csv.NewReader(unzipped).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] {
		var of []float64
		for _, column := range columns {
			value, err := strconv.ParseFloat(row[slices.Index(rows[0], column)], 64)
			require.NoError(t, err)
			of = append(of, value)
		}
		values = append(values, of)
	}
	return values
}

func bit(is bool) float32 {
	if is {
		return 1
	}
	return 0
}

func isWhole(v float64) bool { return math.Abs(v-math.Round(v)) < 1e-6 }

// singleSessions are figures of each seed, of all folds together: a fold has few
// rows of the rarest class.
type singleSessions struct{ accuracy, attack, normal []float64 }

func (s *singleSessions) add(a apitad, c *Confusion) {
	s.accuracy = append(s.accuracy, c.Accuracy())
	s.attack = append(s.attack, c.Class(a.attack).F1)
	s.normal = append(s.normal, c.Class(a.normal).F1)
}

func (s singleSessions) String() string {
	return fmt.Sprintf("accuracy %s, attack F1 %s, normal F1 %s",
		shownOverSeeds(s.accuracy), shownOverSeeds(s.attack), shownOverSeeds(s.normal))
}
