// Package xgboost reads models that XGBoost wrote as JSON: save_model("m.json"),
// of versions 1.0 to 3.x.
//
// A model is read as Booster.predict uses it, with all of its trees: one that was
// stopped early is cut with booster[:booster.best_iteration+1] before it is saved.
// Read are the classifiers whose answers are probabilities:
//
//	binary:logistic, reg:logistic   classes "0" and "1"
//	binary:logitraw                 the same, its margins taken as log-odds
//	multi:softprob, multi:softmax   classes "0" to "k-1"
//
// of the boosters gbtree (num_parallel_tree and lossguide included) and dart, whose
// weights are multiplied into the leaves. Of two classes in multi:softprob the
// forest has the difference: their log-odds. Not read, with an error that says so:
// other objectives, gblinear, categorical splits, leaves of several values, UBJSON.
//
// XGBoost goes left where x < split, in float32; a [forest.Node] where x <= its
// threshold: it gets the next smaller float32. Covers are sum_hessian. Where that is
// zero, as in leaves that no training row reached, a leaf counts for 1e-16, the least
// hessian that XGBoost gives a row, and a split for what is below it.
package xgboost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// Is reports whether data looks like an XGBoost model: a JSON object with the key
// "learner", or what XGBoost writes as UBJSON, which [Parse] refuses with advice.
func Is(data []byte) bool {
	if isUBJSON(data) {
		return true
	}
	data = bytes.TrimLeft(data, " \t\r\n")
	if len(data) == 0 || data[0] != '{' {
		return false
	}
	d := json.NewDecoder(bytes.NewReader(data))
	if _, err := d.Token(); err != nil {
		return false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return false
		}
		if key == "learner" {
			return true
		}
		var skipped json.RawMessage
		if d.Decode(&skipped) != nil {
			return false
		}
	}
	return false
}

// isUBJSON knows the first bytes of such a file: an object whose first key is
// "learner", its length in front as an integer of one of UBJSON's types.
func isUBJSON(data []byte) bool {
	key := []byte("learner")
	at := bytes.Index(data[:min(len(data), 32)], key)
	return at >= 3 && data[0] == '{' && bytes.IndexByte([]byte("iUIlL"), data[1]) >= 0 && data[at-1] == byte(len(key))
}

// Parse reads a model. The forest is valid; its kind is [forest.Boosting]. What
// cannot be read, or says what a forest cannot, is an error that tells what to do.
// The caller bounds the bytes.
func Parse(data []byte) (*forest.Forest, error) {
	f, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("XGBoost model: %w", err)
	}
	return f, nil
}

func parse(data []byte) (*forest.Forest, error) {
	if isUBJSON(data) {
		return nil, errors.New(`the file is UBJSON, XGBoost's binary form: save it as JSON, save_model("model.json")`)
	}
	var m file
	if err := json.Unmarshal(data, &m); err != nil {
		return nil, explain(err, data)
	}
	f, err := m.forest()
	if err != nil {
		return nil, err
	}
	if err := f.Validate(); err != nil {
		return nil, err
	}
	return f, nil
}

// explain says why JSON broke off and what to do. XGBoost writes NaN where JSON has
// no word for it: in splits of categories, and after a training on infinite values.
func explain(err error, data []byte) error {
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return err
	}
	at := max(0, int(syntax.Offset)-1)
	rest := data[min(at, len(data)):]
	if bytes.HasPrefix(rest, []byte("NaN")) || bytes.HasPrefix(rest, []byte("Inf")) {
		return fmt.Errorf("byte %d begins a %.3s: encode categories as numbers (one-hot), "+
			"train without enable_categorical and on finite values", at, rest)
	}
	return fmt.Errorf("no JSON from byte %d on (%w): the file is cut short or damaged, save the model again", at, err)
}
