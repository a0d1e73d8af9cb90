package evaluation

import (
	"encoding/json"
	"math"
)

// Figures are what a classifier is judged by.
type Figures struct {
	*Confusion
	// AUC is the area under the ROC curve, of one class against the other or the
	// mean over several; NaN where it is not defined.
	AUC float64
}

// jsonClass are the figures of a class in JSON.
type jsonClass struct {
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	F1        float64 `json:"f1"`
	Support   int     `json:"support"`
}

// MarshalJSON writes all of the classes, also those that do not occur. Precision,
// recall and F1 are 0 where they are not defined, as with zero_division=0 of
// scikit-learn; the other figures are null there.
func (f Figures) MarshalJSON() ([]byte, error) {
	classes, confusion := make(map[string]jsonClass), make(map[string]map[string]int)
	for i, name := range f.Classes {
		c := f.Class(i)
		classes[name] = jsonClass{orZero(c.Precision), orZero(c.Recall), orZero(c.F1), c.Support}
		confusion[name] = make(map[string]int)
		for j, other := range f.Classes {
			confusion[name][other] = f.Counts[i][j]
		}
	}
	return json.Marshal(struct {
		Accuracy  *float64                  `json:"accuracy"`
		MacroF1   *float64                  `json:"macro_f1"`
		Classes   map[string]jsonClass      `json:"classes"`
		Confusion map[string]map[string]int `json:"confusion"`
		AUC       *float64                  `json:"auc"`
	}{orNil(f.Accuracy()), orNil(f.MacroF1()), classes, confusion, orNil(f.AUC)})
}

func orZero(figure float64) float64 {
	if math.IsNaN(figure) {
		return 0
	}
	return figure
}

func orNil(figure float64) *float64 {
	if math.IsNaN(figure) {
		return nil
	}
	return &figure
}
