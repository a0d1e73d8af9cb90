package main

import (
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/recording"
)

// trained is a model of the behaviour with classes attack, bot and normal.
func trained(t *testing.T) string {
	t.Helper()
	model := filepath.Join(t.TempDir(), "model.json")
	_, _, err := command("train", "--data", file(t, "rows.csv", behaviour(600, 1)), "--label", "kind", "--features", "gap,calls",
		"--trees", "10", "--out", model)
	require.NoError(t, err)
	return model
}

func TestEvaluateSeveralClasses(t *testing.T) {
	model := trained(t)
	rows := behaviour(400, 3)
	got := evaluateJSON(t, "--model", model, "--data", file(t, "unseen.csv.gz", rows), "--label", "kind")
	require.Len(t, got.Classes, 3)
	require.NotNil(t, got.AUC)
	assert.Greater(t, *got.AUC, 0.97)

	// Columns are found by name, wherever they stand.
	var turned strings.Builder
	for line := range strings.Lines(rows) {
		cells := strings.Split(strings.TrimSpace(line), ",")
		turned.WriteString(strings.Join([]string{cells[3], cells[2], cells[1]}, ",") + "\n")
	}
	assert.Equal(t, got, evaluateJSON(t, "--model", model, "--data", file(t, "turned.csv", turned.String()), "--label", "kind"))

	// Where names are others, their order says which they are.
	named := strings.Replace(rows, "gap,calls", "a,b", 1)
	assert.Equal(t, got, evaluateJSON(t, "--model", model, "--data", file(t, "named.csv", named), "--label", "kind", "--features", "a,b"))
}

// Classes of the model are put together like those of the rows.
func TestEvaluateMergesTheModelsClasses(t *testing.T) {
	model := trained(t)
	args := []string{"--model", model, "--data", file(t, "unseen.csv", behaviour(400, 3)), "--label", "kind", "--classes"}
	got := evaluateJSON(t, append(args, "attack=bot,attack")...)
	assert.Len(t, got.Classes, 2)
	assert.Equal(t, 56, got.Classes["attack"].Support)
	assert.Len(t, got.Confusion["attack"], 2)
	assert.Greater(t, got.Classes["attack"].F1, 0.9)
	require.NotNil(t, got.AUC)

	// What stands alone is more of the same flag.
	named := evaluateJSON(t, append(args, "harm=bot,attack", "fine=normal")...)
	assert.Equal(t, got.AUC, named.AUC)
	assert.Equal(t, got.Classes["attack"], named.Classes["harm"])
	assert.Equal(t, got.Classes["normal"], named.Classes["fine"])
}

func TestEvaluateShowsNamesThatCannotBePrinted(t *testing.T) {
	rows := strings.ReplaceAll(behaviour(300, 1), "bot", "b\x1b[31m")
	model, data := filepath.Join(t.TempDir(), "model.json"), file(t, "rows.csv", rows)
	stdout, stderr, err := command("train", "--data", data, "--label", "kind", "--features", "gap,calls",
		"--trees", "3", "--cv", "2", "--out", model)
	require.NoError(t, err)
	assert.Contains(t, stdout, `recall "b\x1b[31m"`)
	assert.Contains(t, stderr, `30 "b\x1b[31m"`)
	shown, _, err := command("evaluate", "--model", model, "--data", data, "--label", "kind")
	require.NoError(t, err)
	assert.Contains(t, shown, "\n"+`"b\x1b[31m"  `)
	assert.NotContains(t, stdout+stderr+shown, "\x1b")
}

func TestEvaluateRowsOfOneClass(t *testing.T) {
	var normal strings.Builder
	for line := range strings.Lines(behaviour(100, 4)) {
		if !strings.Contains(line, "bot") && !strings.Contains(line, "attack") {
			normal.WriteString(line)
		}
	}
	model, data := trained(t), file(t, "normal.csv", normal.String())
	got := evaluateJSON(t, "--model", model, "--data", data, "--label", "kind")
	assert.Nil(t, got.AUC, "of one class there is nothing to tell apart")
	assert.Greater(t, got.Accuracy, 0.9)
	require.Len(t, got.Classes, 3, "also those that no row is of")
	assert.Zero(t, got.Classes["attack"].Recall)
	assert.Len(t, got.Confusion["bot"], 3)
	stdout, _, err := command("evaluate", "--model", model, "--data", data, "--label", "kind")
	require.NoError(t, err)
	assert.Regexp(t, `\nAUC +-\n$`, stdout)
	assert.NotContains(t, stdout, "NaN")
}

func TestEvaluateSaysWhatToMend(t *testing.T) {
	model := trained(t)
	data := file(t, "rows.csv", behaviour(60, 1))
	rows := []string{"--model", model, "--data", data, "--label", "kind"}
	for _, test := range []struct {
		args []string
		want string
	}{
		{nil, "--model is missing"},
		{nil, "--data is missing"},
		{nil, "--label is missing"},
		{append([]string{"--cv", "5"}, rows...), "spanwarden train --cv 5 trains and judges anew for each fold"},
		{append([]string{"--threshold", "NaN"}, rows...), "--threshold is NaN"},
		{
			[]string{"--model", model, "--data", file(t, "benign.csv", "gap,calls,kind\n1,2,benign\n"), "--label", "kind"},
			`the model has no class "benign": its classes are attack, bot, normal; say which of these its rows are: --classes CLASS=benign`,
		},
		{
			[]string{"--model", model, "--data", file(t, "b.csv", "gap,calls,kind\n1,2,b\n"), "--label", "kind", "--classes", "x=b"},
			`the model has no class "x": its classes are attack, bot, normal; name one of these before the = of --classes`,
		},
		{
			[]string{"--model", model, "--data", file(t, "e.csv", "gap,calls,kind\n1,2,\x1b[2J\n"), "--label", "kind"},
			`say which of these its rows are: --classes CLASS="\x1b[2J"`,
		},
		{append([]string{"--classes", "attack=bot,attack,normal"}, rows...), "leave at least two to tell apart"},
		{append([]string{"--classes", "attack=bot", "normal"}, rows...), `"normal" belongs to no flag: name files with --data`},
		{append([]string{"attack=bot"}, rows...), `"attack=bot" belongs to no flag: is it a class and its values, as in --classes`},
		{append([]string{"--features", "gap"}, rows...), "--features names 1 columns, the model has 2 features: gap, calls"},
		{
			[]string{"--model", model, "--data", file(t, "other.csv", "gap,kind\n1,bot\n"), "--label", "kind"},
			`there is no column "calls": the columns are gap, kind`,
		},
		{[]string{"--model", model, "--data", file(t, "bare.csv", "gap,calls,kind\n"), "--label", "kind"}, "bare.csv: there are no rows"},
		{[]string{"--model", data, "--data", data, "--label", "kind"}, "read the model " + data},
		{[]string{"--model", filepath.Join(t.TempDir(), "missing.json"), "--data", data, "--label", "kind"}, "missing.json"},
	} {
		_, _, err := command(append([]string{"evaluate"}, test.args...)...)
		assert.ErrorContains(t, err, test.want, "%q", test.args)
	}
}

// unzipped are the lines of a file that another package's tests have.
func unzipped(t *testing.T, path string) []string {
	t.Helper()
	f, err := recording.Open(path)
	require.NoError(t, err)
	defer f.Close()
	text, err := io.ReadAll(f)
	require.NoError(t, err)
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

// Models of XGBoost and LightGBM name classes 0, 1 ...; --classes says what these
// are. Judged by the answers of those libraries themselves they are always right.
func TestEvaluateModelsOfOthers(t *testing.T) {
	for _, test := range []struct{ library, model string }{
		{"xgboost", "binary.json.gz"},
		{"xgboost", "three_classes.json.gz"},
		{"lightgbm", "binary.txt.gz"},
		{"lightgbm", "three_classes.txt.gz"},
	} {
		folder := filepath.Join("..", "..", "internal", "modelfile", test.library, "testdata")
		name, _, _ := strings.Cut(test.model, ".")
		scores := unzipped(t, filepath.Join(folder, name+".scores.csv.gz"))
		var rows strings.Builder
		rows.WriteString("bytes,packets,rate,ratio,flag,tiny,kind\n")
		names := []string{"normal", "attack", "outlier"}
		var counts [3]int
		for i, row := range unzipped(t, filepath.Join(folder, "rows.csv.gz")) {
			best, class := -1.0, 0
			for j, text := range strings.Split(scores[i], ",") {
				score, err := strconv.ParseFloat(text, 64)
				require.NoError(t, err)
				if score > best {
					best, class = score, j
				}
			}
			rows.WriteString(row + "," + names[class] + "\n")
			counts[class]++
		}
		args := []string{"--model", filepath.Join(folder, test.model), "--data", file(t, "rows.csv", rows.String()), "--label", "kind"}
		_, _, err := command(append([]string{"evaluate"}, args...)...)
		assert.ErrorContains(t, err, "--classes CLASS=", test)

		got := evaluateJSON(t, append(args, "--classes", "0=normal", "--classes", "1=attack", "--classes", "2=outlier")...)
		assert.Equal(t, 1.0, got.Accuracy, test)
		assert.Equal(t, counts[1], got.Confusion["1"]["1"], test)
		assert.Positive(t, counts[1])
	}
}
