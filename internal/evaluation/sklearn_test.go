package evaluation

import (
	"bytes"
	"context"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/sklearnpython"
)

// script runs a script of testdata and returns what it writes.
func script(t *testing.T, patience time.Duration, input []byte, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, sklearnpython.Find(t), append([]string{filepath.Join("testdata", name)}, args...)...)
	cmd.Env = append(os.Environ(), "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdin = bytes.NewReader(input)
	var problems bytes.Buffer
	cmd.Stderr = &problems
	out, err := cmd.Output()
	require.NoError(t, err, "%s", &problems)
	return out
}

func TestFiguresAreScikitLearns(t *testing.T) {
	type scored struct {
		Truth     []int32     `json:"truth"`
		Predicted []int32     `json:"predicted"`
		Scores    [][]float64 `json:"scores"` // of each class, for all rows
	}
	random := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c", "d", "e"}
	var cases []scored
	var input bytes.Buffer
	for range 60 {
		classes := 2 + random.IntN(4)
		rows := classes + random.IntN(40)
		c := scored{Scores: make([][]float64, classes)}
		blind := random.IntN(classes + 1) // a class that is never predicted, often
		for i := range rows {
			truth := i // each class occurs, else scikit-learn has no AUC
			if i >= classes {
				truth = random.IntN(classes)
			}
			predicted := random.IntN(classes)
			if predicted == blind {
				predicted = (predicted + 1) % classes
			}
			c.Truth, c.Predicted = append(c.Truth, int32(truth)), append(c.Predicted, int32(predicted))
			// Votes of few trees: many ties. They add up to 1, as scikit-learn demands.
			votes := make([]int, classes)
			for range 8 {
				votes[random.IntN(classes)]++
			}
			for class, n := range votes {
				c.Scores[class] = append(c.Scores[class], float64(n)/8)
			}
		}
		cases = append(cases, c)
		line, err := json.Marshal(c)
		require.NoError(t, err)
		input.Write(append(line, '\n'))
	}

	answers := json.NewDecoder(bytes.NewReader(script(t, 5*time.Minute, input.Bytes(), "figures.py")))
	for i, c := range cases {
		var want struct {
			Accuracy, AUC         float64
			MacroF1               float64 `json:"macro_f1"`
			Labels, Support       []int
			Precision, Recall, F1 []float64
			Confusion             [][]int
		}
		require.NoError(t, answers.Decode(&want))
		got := Compare(names[:len(c.Scores)], c.Truth, c.Predicted)
		assert.InDelta(t, want.Accuracy, got.Accuracy(), 1e-12, "case %d", i)
		assert.InDelta(t, want.MacroF1, got.MacroF1(), 1e-12, "case %d", i)
		for at, class := range want.Labels {
			figures := got.Class(class)
			// Where precision or recall is not defined, scikit-learn says 0.
			assert.InDelta(t, want.Precision[at], orZero(figures.Precision), 1e-12, "case %d", i)
			assert.InDelta(t, want.Recall[at], orZero(figures.Recall), 1e-12, "case %d", i)
			assert.InDelta(t, want.F1[at], figures.F1, 1e-12, "case %d", i)
			assert.Equal(t, want.Support[at], figures.Support, "case %d", i)
			for other, predicted := range want.Labels {
				assert.Equal(t, want.Confusion[at][other], got.Counts[class][predicted], "case %d", i)
			}
		}
		auc := OneVsRestAUC(c.Truth, c.Scores)
		if len(c.Scores) == 2 {
			positive := make([]bool, len(c.Truth))
			for i, class := range c.Truth {
				positive[i] = class == 1
			}
			auc = AUC(positive, c.Scores[1])
		}
		assert.InDelta(t, want.AUC, auc, 1e-12, "case %d", i)
	}
}
