package evaluation

import "encoding/json"

// Figures are what a classifier is judged by.
type Figures struct {
	*Confusion
	// AUC is the area under the ROC curve, of one class against the other or the
	// mean over several; NaN where it is not defined.
	AUC float64
}

// jsonClass are the figures of a class in JSON.
type jsonClass struct {
	Precision *float64 `json:"precision"`
	Recall    *float64 `json:"recall"`
	F1        *float64 `json:"f1"`
	Support   int      `json:"support"`
}

// MarshalJSON writes the classes that occur, in the truth or as a prediction.
// What is not defined is null.
func (f Figures) MarshalJSON() ([]byte, error) {
	classes, confusion := make(map[string]jsonClass), make(map[string]map[string]int)
	for i, name := range f.Classes {
		if !f.occurs(i) {
			continue
		}
		c := f.Class(i)
		classes[name] = jsonClass{orNil(c.Precision), orNil(c.Recall), orNil(c.F1), c.Support}
		confusion[name] = make(map[string]int)
		for j, other := range f.Classes {
			if f.occurs(j) {
				confusion[name][other] = f.Counts[i][j]
			}
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
