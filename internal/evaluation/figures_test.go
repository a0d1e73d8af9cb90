package evaluation

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// byHand has rows
//
//	           attack  normal  outlier  (predicted)
//	attack          3       1        0
//	normal          2       4        0
//	outlier         0       0        0
//	unheard         1       0        0
var byHand = &Confusion{
	Classes: []string{"attack", "normal", "outlier", "unheard"},
	Counts:  [][]int{{3, 1, 0, 0}, {2, 4, 0, 0}, {0, 0, 0, 0}, {1, 0, 0, 0}},
}

func TestFiguresByHand(t *testing.T) {
	assert.Equal(t, 11, byHand.Rows())
	assert.InDelta(t, 7.0/11, byHand.Accuracy(), 1e-15)

	attack := byHand.Class(0)
	assert.Equal(t, ClassFigures{Precision: 3.0 / 6, Recall: 3.0 / 4, F1: 6.0 / 10, Support: 4}, attack)
	normal := byHand.Class(1)
	assert.Equal(t, ClassFigures{Precision: 4.0 / 5, Recall: 4.0 / 6, F1: 8.0 / 11, Support: 6}, normal)

	absent := byHand.Class(2)
	assert.Zero(t, absent.Support)
	for _, figure := range []float64{absent.Precision, absent.Recall, absent.F1} {
		assert.True(t, math.IsNaN(figure), "a class that does not occur has no figures")
	}
	unheard := byHand.Class(3)
	assert.True(t, math.IsNaN(unheard.Precision), "a class that is never predicted has no precision")
	assert.Zero(t, unheard.Recall)
	assert.Zero(t, unheard.F1)
	assert.InDelta(t, (0.6+8.0/11+0)/3, byHand.MacroF1(), 1e-15, "the class that does not occur is left out")

	assert.InDelta(t, 2*(4.0/11)/(1+4.0/11), byHand.PredictAllF1(0), 1e-15)
	assert.Zero(t, byHand.PredictAllF1(2))

	empty := NewConfusion(byHand.Classes)
	assert.True(t, math.IsNaN(empty.Accuracy()) && math.IsNaN(empty.MacroF1()) && math.IsNaN(empty.PredictAllF1(0)))
	empty.Add(byHand)
	empty.Add(byHand)
	assert.Equal(t, [][]int{{6, 2, 0, 0}, {4, 8, 0, 0}, {0, 0, 0, 0}, {2, 0, 0, 0}}, empty.Counts)
}

func TestFiguresInJSON(t *testing.T) {
	got, err := json.Marshal(Figures{Confusion: byHand, AUC: math.NaN()})
	require.NoError(t, err)
	assert.JSONEq(t, `{
		"accuracy": 0.6363636363636364,
		"macro_f1": 0.4424242424242424,
		"classes": {
			"attack":  {"precision": 0.5, "recall": 0.75, "f1": 0.6, "support": 4},
			"normal":  {"precision": 0.8, "recall": 0.6666666666666666, "f1": 0.7272727272727273, "support": 6},
			"outlier": {"precision": 0, "recall": 0, "f1": 0, "support": 0},
			"unheard": {"precision": 0, "recall": 0, "f1": 0, "support": 1}
		},
		"confusion": {
			"attack":  {"attack": 3, "normal": 1, "outlier": 0, "unheard": 0},
			"normal":  {"attack": 2, "normal": 4, "outlier": 0, "unheard": 0},
			"outlier": {"attack": 0, "normal": 0, "outlier": 0, "unheard": 0},
			"unheard": {"attack": 1, "normal": 0, "outlier": 0, "unheard": 0}
		},
		"auc": null
	}`, string(got))

	got, err = json.Marshal(Figures{Confusion: NewConfusion([]string{"a"}), AUC: 0.75})
	require.NoError(t, err)
	assert.JSONEq(t, `{"accuracy": null, "macro_f1": null, "auc": 0.75, "confusion": {"a": {"a": 0}},
		"classes": {"a": {"precision": 0, "recall": 0, "f1": 0, "support": 0}}}`, string(got))
}

// The F1 of predicting a class for every row is what a matrix of such predictions
// says it is.
func TestPredictAllF1(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		truth := rapid.SliceOfN(rapid.Int32Range(0, 2), 1, 30).Draw(t, "truth")
		names := []string{"a", "b", "c"}
		for class := range names {
			all := make([]int32, len(truth))
			for i := range all {
				all[i] = int32(class)
			}
			c := Compare(names, truth, all)
			require.InDelta(t, c.Class(class).F1, c.PredictAllF1(class), 1e-15)
		}
	})
}
