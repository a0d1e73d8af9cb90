package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/modelfile"
)

// behaviour is a CSV file of rows: quick bots and slow attackers besides usual
// clients, with noise and missing values.
func behaviour(rows int, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	b.WriteString("client,gap,calls,kind\n")
	for i := range rows {
		kind, gap, calls := "normal", 10+5*random.NormFloat64(), 30+8*random.NormFloat64()
		switch {
		case i%10 == 0:
			kind, gap, calls = "bot", 0.5+0.1*random.NormFloat64(), 300+50*random.NormFloat64()
		case i%25 == 1:
			kind, gap, calls = "attack", 60+5*random.NormFloat64(), 30+8*random.NormFloat64()
		}
		if i%17 == 3 {
			fmt.Fprintf(&b, "c%d,,%g,%s\n", i, calls, kind)
			continue
		}
		fmt.Fprintf(&b, "c%d,%g,%g,%s\n", i, gap, calls, kind)
	}
	return b.String()
}

// figures are what evaluate --json writes.
type figures struct {
	Accuracy float64  `json:"accuracy"`
	MacroF1  float64  `json:"macro_f1"`
	AUC      *float64 `json:"auc"`
	Classes  map[string]struct {
		Precision, Recall, F1 float64
		Support               int
	} `json:"classes"`
	Confusion map[string]map[string]int `json:"confusion"`
}

func evaluateJSON(t *testing.T, args ...string) (f figures) {
	t.Helper()
	stdout, _, err := command(append([]string{"evaluate", "--json"}, args...)...)
	require.NoError(t, err)
	decoder := json.NewDecoder(strings.NewReader(stdout))
	decoder.DisallowUnknownFields()
	require.NoError(t, decoder.Decode(&f))
	return f
}

func TestTrainAndEvaluate(t *testing.T) {
	for _, kind := range []string{"random_forest", "bagging"} {
		model := filepath.Join(t.TempDir(), "model.json")
		stdout, stderr, err := command("train", "--data", file(t, "rows.csv.gz", behaviour(1000, 1)), "--label", "kind",
			"--classes", "attack=bot,attack", "--features", "gap,calls", "--kind", kind, "--trees", "20", "--out", model)
		require.NoError(t, err)
		assert.Empty(t, stdout)
		assert.Contains(t, stderr, "1000 rows: 140 attack, 860 normal\n")
		assert.Regexp(t, `20 trees with \d+ nodes, grown in \d`, stderr)
		assert.Regexp(t, `model\.json has [\d.]+ KiB\n$`, stderr)
		f, err := modelfile.Load(model)
		require.NoError(t, err)
		assert.Equal(t, []string{"gap", "calls"}, f.Features)
		assert.Equal(t, []string{"attack", "normal"}, f.Classes)
		assert.Equal(t, "1000 rows of rows.csv.gz, classes by kind", f.Origin)

		unseen := file(t, "unseen.csv", behaviour(500, 2))
		got := evaluateJSON(t, "--model", model, "--data", unseen, "--label", "kind", "--classes", "attack=bot,attack")
		assert.Greater(t, got.Accuracy, 0.97)
		assert.Greater(t, got.MacroF1, 0.95)
		require.NotNil(t, got.AUC)
		assert.Greater(t, *got.AUC, 0.97)
		assert.Equal(t, 70, got.Classes["attack"].Support)
		assert.Equal(t, 430, got.Classes["normal"].Support)
		right := got.Confusion["attack"]["attack"] + got.Confusion["normal"]["normal"]
		assert.InDelta(t, float64(right)/500, got.Accuracy, 1e-12)
		assert.InDelta(t, float64(got.Confusion["attack"]["attack"])/70, got.Classes["attack"].Recall, 1e-12)

		stdout, _, err = command("evaluate", "--model", model, "--data", unseen, "--label", "kind", "--threshold", "0.5")
		require.ErrorContains(t, err, "--threshold is for isolation forests alone, and "+model+" is a "+kind)
		assert.Empty(t, stdout)
		stdout, _, err = command("evaluate", "--model", model, "--data", unseen, "--label", "kind", "--classes", "attack=bot")
		require.NoError(t, err)
		assert.Contains(t, stdout, "model.json: "+kind+" of 20 trees on 500 rows: 70 attack, 430 normal (trained on 1000 rows of rows.csv.gz")
		assert.Regexp(t, `class +precision +recall +F1 +F1 of predict-all +rows\nattack( +[01]\.\d{4}){3} +0\.2456 +70\n`, stdout)
		assert.Regexp(t, `accuracy +`+fmt.Sprintf("%.4f", got.Accuracy), stdout)
	}
}

func TestTrainIsDeterministic(t *testing.T) {
	data := file(t, "rows.csv", behaviour(300, 1))
	train := func(args ...string) string {
		args = append([]string{"train", "--data", data, "--label", "kind", "--features", "gap,calls", "--trees", "7", "--out", "-"}, args...)
		stdout, _, err := command(args...)
		require.NoError(t, err)
		return stdout
	}
	one := train("--workers", "1")
	assert.Equal(t, one, train("--workers", "3"))
	assert.NotEqual(t, one, train("--seed", "2"))
	assert.NotEqual(t, one, train("--balanced"))
	assert.NotEqual(t, one, train("--max-depth", "2"))
	assert.NotEqual(t, one, train("--min-leaf", "20"))
	assert.NotEqual(t, one, train("--max-features", "2"))
	assert.NotEqual(t, one, train("--origin", "the first of March"))
}

func TestTrainReadsSeveralFilesAndStandardInput(t *testing.T) {
	var errs bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs([]string{
		"train", "--data", file(t, "a.csv", behaviour(100, 1)), "--data", "-", "--label", "kind", "--features", "calls", "--trees", "3",
		"--out", filepath.Join(t.TempDir(), "m.json"),
	})
	cmd.SetIn(strings.NewReader("kind,calls\nprobe,1\nprobe,2\n"))
	cmd.SetErr(&errs)
	require.NoError(t, cmd.Execute())
	assert.Contains(t, errs.String(), "102 rows: 4 attack, 10 bot, 86 normal, 2 probe\n")
}

func TestTrainCrossValidates(t *testing.T) {
	data := file(t, "rows.csv", behaviour(500, 1))
	args := []string{
		"train", "--data", data, "--label", "kind", "--classes", "attack=bot", "--features", "gap,calls", "--trees", "10", "--cv", "5",
	}
	stdout, stderr, err := command(args...)
	require.NoError(t, err)
	assert.Regexp(t, `^stratified cross-validation, 5 folds
 +mean +sd
accuracy +0\.9\d{3}  ±  0\.0\d{3}
macro F1 +0\.9\d{3}  ±  0\.\d{4}
AUC +(0\.9\d{3}|1\.0000)  ±  0\.\d{4}
precision attack +(0\.9\d{3}|1\.0000)  ±  0\.\d{4}
recall attack +(0\.9\d{3}|1\.0000)  ±  0\.\d{4}
F1 attack +0\.9\d{3}  ±  0\.\d{4}
precision normal +(0\.9\d{3}|1\.0000)  ±  0\.\d{4}
recall normal +(0\.9\d{3}|1\.0000)  ±  0\.\d{4}
F1 normal +0\.9\d{3}  ±  0\.\d{4}
$`, stdout)
	assert.NotContains(t, stderr, "nodes", "no model is asked for")

	again, _, err := command(append(args, "--workers", "1")...)
	require.NoError(t, err)
	assert.Equal(t, stdout, again)

	model := filepath.Join(t.TempDir(), "model.json")
	again, _, err = command(append(args, "--out", model)...)
	require.NoError(t, err)
	assert.Equal(t, stdout, again)
	assert.FileExists(t, model)
}

func TestIsolationForest(t *testing.T) {
	folder := t.TempDir()
	model := filepath.Join(folder, "model.json")
	_, stderr, err := command("train", "--data", file(t, "rows.csv", behaviour(2000, 1)), "--features", "gap,calls",
		"--kind", "isolation_forest", "--sample-size", "128", "--margin", "0.5", "--out", model)
	require.NoError(t, err)
	assert.Contains(t, stderr, "2000 rows\n")
	f, err := modelfile.Load(model)
	require.NoError(t, err)
	assert.Equal(t, 128, f.SampleSize)

	unseen := file(t, "unseen.csv", behaviour(500, 2))
	rows := []string{"--model", model, "--data", unseen, "--label", "kind"}
	low := evaluateJSON(t, append(rows, "--classes", "attack=bot", "--threshold", "0.4")...)
	high := evaluateJSON(t, append(rows, "--classes", "attack=bot", "--threshold", "0.6")...)
	require.NotNil(t, low.AUC)
	assert.Greater(t, *low.AUC, 0.8)
	assert.Equal(t, low.AUC, high.AUC, "the AUC needs no threshold")
	assert.GreaterOrEqual(t, low.Classes["attack"].Recall, high.Classes["attack"].Recall)
	assert.Greater(t, low.Confusion["normal"]["attack"], high.Confusion["normal"]["attack"])

	// What is not called attack is the class that is not benign.
	named := evaluateJSON(t, append(rows, "--classes", "strange=bot,attack", "--classes", "benign=normal", "--threshold", "0.6")...)
	assert.Equal(t, high.Confusion["attack"]["attack"], named.Confusion["strange"]["strange"])

	_, _, err = command(append([]string{"evaluate"}, rows...)...)
	assert.ErrorContains(t, err, "are of the classes attack, bot, normal")
	assert.ErrorContains(t, err, "--classes attack=… --classes normal=…")
	_, _, err = command(append([]string{"evaluate", "--classes", "x=bot,attack", "--classes", "y=normal"}, rows...)...)
	assert.ErrorContains(t, err, "--classes attack=… --classes normal=…")
}

func TestTrainSaysWhatToMend(t *testing.T) {
	data := file(t, "rows.csv", behaviour(60, 1))
	rows := []string{"--data", data, "--label", "kind", "--features", "gap,calls"}
	forest := append([]string{"--out", filepath.Join(t.TempDir(), "m.json")}, rows...)
	isolation := append([]string{"--kind", "isolation_forest"}, forest...)
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "--data is missing"},
		{nil, "--label is missing: name the column of the classes, or train --kind isolation_forest"},
		{rows, "--out is missing"},
		{append([]string{"--out", "-", "--cv", "5"}, rows...), "--cv and --out - both write to standard output"},
		{
			[]string{"--data", data, "--label", "kind", "--out", "-"},
			"--features is missing: " + data + ": no features are named: columns of numbers are gap, calls",
		},
		{
			[]string{"--data", data, "--label", "kind", "--features", "gap,hour", "--out", "-"},
			`there is no column "hour": the columns are client, gap, calls, kind`,
		},
		{
			[]string{"--data", data, "--label", "sort", "--features", "gap", "--out", "-"},
			`there is no column "sort": the columns are client, gap, calls, kind`,
		},
		{
			[]string{"--data", data, "--label", "kind", "--features", "client", "--out", "-"},
			`rows.csv: line 2, column "client": "c0" is no number`,
		},
		{append([]string{"--classes", "bot"}, forest...), `--classes is "bot": write the class and its values, as in attack=bot,attack`},
		{append([]string{"--classes", "=bot"}, forest...), `--classes is "=bot"`},
		{append([]string{"--classes", "a=bot", "--classes", "b=bot"}, forest...), `--classes puts "bot" into "a" and "b": choose one`},
		{append([]string{"--data", "-", "--data", "-"}, forest...), "standard input can be read once"},
		{append([]string{"--kind", "boosting"}, forest...), `--kind is "boosting": use random_forest, bagging or isolation_forest`},
		{append([]string{"--trees", "0"}, forest...), "--trees is 0: use a value from 1 to 10000"},
		{append([]string{"--max-depth", "-1"}, forest...), "--max-depth is -1"},
		{append([]string{"--max-features", "3"}, forest...), "--max-features is 3: use a value from 1 to 2, the number of features"},
		{append([]string{"--min-leaf", "-1"}, forest...), "--min-leaf is -1"},
		{append([]string{"--workers", "-1"}, forest...), "--workers is -1"},
		{append([]string{"--cv", "1"}, forest...), "--cv is 1: use at least 2 folds"},
		{append([]string{"--cv", "10"}, forest...), `class "attack" has 3 rows, fewer than the 10 folds`},
		{append([]string{"--sample-size", "9"}, forest...), "--sample-size is for isolation forests alone"},
		{append([]string{"--margin", "1"}, forest...), "--margin is for isolation forests alone"},
		{append([]string{"--sample-size", "1"}, isolation...), "--sample-size is 1"},
		{append([]string{"--margin", "-1"}, isolation...), "--margin is -1"},
		{append([]string{"--margin", "NaN"}, isolation...), "--margin is NaN"},
		{append([]string{"--margin", "10.5"}, isolation...), "--margin is 10.5: use a value from 0 to 10"},
		{append([]string{"--margin", "Inf", "--trees", "0"}, isolation...), "--margin is +Inf: use a value from 0 to 10"},
		{append([]string{"--classes", "attack=bot", "more.csv"}, forest...), `"more.csv" belongs to no flag: name files with --data`},
		{append([]string{"attack=bot"}, forest...), `"attack=bot" belongs to no flag: is it a class and its values`},
		{append([]string{"--cv", "5"}, isolation...), "judge it with spanwarden evaluate"},
		{append([]string{"--min-leaf", "2"}, isolation...), "--min-leaf means nothing to an isolation forest"},
		{append([]string{"--max-features", "2"}, isolation...), "--max-features means nothing to an isolation forest"},
		{append([]string{"--balanced"}, isolation...), "--balanced means nothing to an isolation forest"},
		{append([]string{"--classes", "attack=bot,normal"}, forest...), `all rows are of class "attack"`},
		{
			[]string{"--kind", "isolation_forest", "--data", data, "--features", "gap", "--classes", "a=b", "--out", "-"},
			"--classes needs --label",
		},
		{append([]string{"--out", filepath.Join(t.TempDir(), "missing", "m.json")}, rows...), "--out: stat "},
		{append([]string{"--out", t.TempDir()}, rows...), "is no file that can be replaced"},
		{
			[]string{"--data", file(t, "bare.csv", "a,b\n"), "--features", "a", "--out", "-", "--label", "b"},
			"bare.csv: there are no rows below the header line",
		},
	} {
		_, _, err := command(append([]string{"train"}, test.args...)...)
		assert.ErrorContains(t, err, test.want, "%q", test.args)
	}
}

func TestTrainKeepsTheModelThatItCannotReplace(t *testing.T) {
	model := file(t, "model.json", "an older model")
	_, _, err := command("train", "--data", file(t, "rows.csv", behaviour(60, 1)), "--label", "kind", "--classes", "x=bot,attack,normal",
		"--features", "gap", "--out", model)
	require.Error(t, err)
	kept, err := os.ReadFile(model)
	require.NoError(t, err)
	assert.Equal(t, "an older model", string(kept))
}

func TestTrainKeepsItsRows(t *testing.T) {
	data := file(t, "rows.csv", behaviour(60, 1))
	before, err := os.ReadFile(data)
	require.NoError(t, err)
	link := filepath.Join(t.TempDir(), "link.csv")
	require.NoError(t, os.Symlink(data, link))
	other := file(t, "other.csv", behaviour(60, 2))
	for _, out := range []string{data, link, filepath.Join(filepath.Dir(data), ".", "rows.csv")} {
		_, _, err := command("train", "--data", other, "--data", data, "--label", "kind", "--features", "gap", "--out", out)
		require.ErrorContains(t, err, "the model would replace the rows: name another file")
	}
	after, err := os.ReadFile(data)
	require.NoError(t, err)
	assert.Equal(t, before, after)
}

func TestTrainNotesValuesThatNoRowHas(t *testing.T) {
	data := file(t, "rows.csv", behaviour(60, 1))
	args := []string{"train", "--data", data, "--label", "kind", "--features", "gap", "--trees", "2", "--out", "-", "--classes"}
	_, stderr, err := command(append(args, "attack=bto,attack", "bot=bot,crawler")...)
	require.NoError(t, err)
	assert.Contains(t, stderr, "60 rows: 3 attack, 6 bot, 51 normal\n"+
		"note: --classes names \"bto\", a value of kind that no row has: is it spelled so?\n")
	assert.Contains(t, stderr, `names "crawler"`)
	_, stderr, err = command(append(args, "attack=bot,attack")...)
	require.NoError(t, err)
	assert.NotContains(t, stderr, "note:")
}

func TestTrainStops(t *testing.T) {
	data := file(t, "rows.csv", behaviour(3000, 1))
	model := filepath.Join(t.TempDir(), "model.json")
	for _, args := range [][]string{{"--trees", "10000"}, {"--trees", "2000", "--cv", "10"}} {
		ctx, cancel := context.WithCancel(t.Context())
		cmd := newCommand()
		cmd.SetArgs(append([]string{"train", "--data", data, "--label", "kind", "--features", "gap,calls", "--out", model}, args...))
		cmd.SetOut(&bytes.Buffer{})
		cmd.SetErr(writerFunc(func(text string) { // the rows are read, the trees are next
			if strings.Contains(text, "rows:") {
				cancel()
			}
		}))
		err := cmd.ExecuteContext(ctx)
		cancel()
		require.ErrorIs(t, err, context.Canceled)
		assert.NoFileExists(t, model)
	}
}

type writerFunc func(string)

func (f writerFunc) Write(p []byte) (int, error) {
	f(string(p))
	return len(p), nil
}

func TestTrainingBar(t *testing.T) {
	var b bytes.Buffer
	var clock time.Time
	now := func() time.Time { return clock }
	bar := newWorkBar(&b, now, "trees", 20)
	clock = clock.Add(time.Hour)
	bar.progress(5, 10)
	bar.end()
	assert.Empty(t, b.String(), "a buffer is no terminal")

	bar = newWorkBar(&b, now, "trees", 30)
	bar.out = &b
	bar.progress(1, 10) // within the first moment: not drawn
	assert.Empty(t, b.String())
	clock = clock.Add(time.Second)
	bar.progress(6, 10)
	bar.progress(7, 10) // at once: not drawn
	bar.progress(10, 10)
	clock = clock.Add(time.Second)
	bar.progress(5, 10)
	bar.progress(10, 10)
	bar.end() // between the folds and the model
	bar.progress(10, 10)
	bar.end()
	bar.end()
	assert.Equal(t, "\r6 of 30 trees [######........................]  20 %"+
		"\r15 of 30 trees [###############...............]  50 %"+
		"\r20 of 30 trees [####################..........]  67 %\n"+
		"\r30 of 30 trees [##############################] 100 %\n", b.String())

	b.Reset()
	bar = newWorkBar(&b, now, "trees", 10)
	bar.out = &b
	bar.progress(10, 10)
	bar.end()
	assert.Empty(t, b.String(), "what takes a moment only has no bar")
}
