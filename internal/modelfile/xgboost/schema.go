package xgboost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// file has what is needed of XGBoost's schema; the rest is not looked at.
type file struct {
	Learner learner `json:"learner"`
	Version release `json:"version"`
}

type learner struct {
	FeatureNames names   `json:"feature_names"` // may be empty
	Booster      booster `json:"gradient_booster"`
	Param        struct {
		BaseScore  scalar `json:"base_score"` // a number, since 3.1 a list of them
		NumClass   scalar `json:"num_class"`  // 0 for two classes
		NumFeature scalar `json:"num_feature"`
		NumTarget  scalar `json:"num_target"` // since 1.6
	} `json:"learner_model_param"`
	Objective struct {
		Name string `json:"name"`
	} `json:"objective"`
}

// booster is a gbtree, or a dart, which has a gbtree inside.
type booster struct {
	Name   string `json:"name"`
	Model  model  `json:"model"`
	GBTree struct {
		Model model `json:"model"`
	} `json:"gbtree"`
	WeightDrop weights `json:"weight_drop"`
}

type model struct {
	Param struct {
		NumTrees scalar `json:"num_trees"`
	} `json:"gbtree_model_param"`
	Trees      trees   `json:"trees"`
	TreeInfo   groups  `json:"tree_info"`   // the class of each tree
	WeightDrop weights `json:"weight_drop"` // since 3.4 a dart is a gbtree with these
}

// tree has one value a node in each list.
type tree struct {
	Param struct {
		NumNodes scalar `json:"num_nodes"`
		// SizeLeafVector is 0 or 1 (1.x writes 0) unless leaves have several values.
		SizeLeafVector scalar `json:"size_leaf_vector"`
	} `json:"tree_param"`
	Left        integers `json:"left_children"` // -1 in a leaf
	Right       integers `json:"right_children"`
	Feature     integers `json:"split_indices"`
	Condition   floats   `json:"split_conditions"` // a leaf's value
	DefaultLeft flags    `json:"default_left"`
	Hessian     floats   `json:"sum_hessian"`
	SplitType   integers `json:"split_type"` // since 1.3; 1: categorical
}

type trees []tree

// UnmarshalJSON decodes one tree after the other, and stops after too many trees or
// nodes: a file of empty ones shall not take far more memory than it has bytes.
func (t *trees) UnmarshalJSON(data []byte) error {
	*t = nil
	d := json.NewDecoder(bytes.NewReader(data))
	if open, err := d.Token(); err != nil || open != json.Delim('[') {
		return errors.New("trees: no list, save the model again")
	}
	nodes := 0
	for d.More() {
		if len(*t) == forest.MaxTrees {
			return fmt.Errorf("more than %d trees: train fewer rounds", forest.MaxTrees)
		}
		*t = append(*t, tree{})
		if err := d.Decode(&(*t)[len(*t)-1]); err != nil {
			return fmt.Errorf("tree %d: %w", len(*t)-1, err)
		}
		if nodes += (*t)[len(*t)-1].longest(); nodes > forest.MaxNodes {
			return fmt.Errorf("more than %d nodes: train fewer or smaller trees", forest.MaxNodes)
		}
	}
	return nil
}

// longest of the lists, which may still differ in length.
func (t *tree) longest() int {
	return max(len(t.Left), len(t.Right), len(t.Feature), len(t.Condition), len(t.DefaultLeft), len(t.Hessian), len(t.SplitType))
}

// names of the features.
type names []string

// UnmarshalJSON decodes one name after the other and stops after too many.
func (n *names) UnmarshalJSON(data []byte) error {
	*n = nil
	d := json.NewDecoder(bytes.NewReader(data))
	open, err := d.Token()
	if err == nil && open == nil { // null
		return nil
	}
	if err != nil || open != json.Delim('[') {
		return errors.New("feature_names: no list, save the model again")
	}
	for d.More() {
		if len(*n) == forest.MaxFeatures {
			return fmt.Errorf("more than %d feature_names: train on fewer features", forest.MaxFeatures)
		}
		token, err := d.Token()
		if err != nil {
			return err
		}
		name, isText := token.(string)
		if !isText {
			return fmt.Errorf("name %d of feature_names is no text: save the model again", len(*n))
		}
		*n = append(*n, name)
	}
	return nil
}

// scalar is the text of a number, which XGBoost writes as a string; "" if there is none.
type scalar string

// maxScalar bytes have room for a base score of each of the classes.
const maxScalar = 64 * forest.MaxClasses

// UnmarshalJSON takes a string's content, and anything else as it is.
func (s *scalar) UnmarshalJSON(data []byte) error {
	if len(data) > maxScalar {
		return fmt.Errorf("%.20q… has %d bytes where a number is expected: the file is damaged, save the model again", begin(data), len(data))
	}
	if data[0] != '"' {
		*s = scalar(data)
		return nil
	}
	return json.Unmarshal(data, (*string)(s))
}

// integer reads a whole number from low to high, absent if there is none.
func (s scalar) integer(what string, absent, low, high int) (int, error) {
	if s == "" {
		return absent, nil
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(s)))
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s is %.20q: whole numbers from %d to %d can be read", what, string(s), low, high)
	}
	return n, nil
}

// floats reads a number, or a list of them, as XGBoost writes it into a string: "5E-1" or "[1E-1,9E-1]".
func (s scalar) floats() ([]float32, error) {
	text := strings.TrimSpace(string(s))
	if !strings.HasPrefix(text, "[") {
		text = "[" + text + "]"
	}
	return list([]byte(text), forest.MaxClasses, float)
}

// float rounds to float32, as XGBoost does; there is no infinity.
func float(s string) (float32, error) {
	x, err := strconv.ParseFloat(s, 32)
	if err == nil && math.IsNaN(x) || math.IsInf(x, 0) {
		err = strconv.ErrRange
	}
	return float32(x), err
}

func whole(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }

// Each list has the bound of what it has values for.
type (
	floats   []float32 // of nodes
	integers []int64   // of nodes
	flags    []bool    // of nodes
	weights  []float32 // of trees
	groups   []int64   // of trees
	release  []int     // major, minor, patch
)

// UnmarshalJSON takes finite numbers.
func (f *floats) UnmarshalJSON(data []byte) (err error) {
	*f, err = list(data, forest.MaxNodes, float)
	return err
}

// UnmarshalJSON takes whole numbers only.
func (i *integers) UnmarshalJSON(data []byte) (err error) {
	*i, err = list(data, forest.MaxNodes, whole)
	return err
}

// UnmarshalJSON takes finite numbers.
func (w *weights) UnmarshalJSON(data []byte) (err error) {
	*w, err = list(data, forest.MaxTrees, float)
	return err
}

// UnmarshalJSON takes whole numbers only.
func (g *groups) UnmarshalJSON(data []byte) (err error) {
	*g, err = list(data, forest.MaxTrees, whole)
	return err
}

// UnmarshalJSON takes up to three whole numbers.
func (r *release) UnmarshalJSON(data []byte) (err error) {
	*r, err = list(data, 3, strconv.Atoi)
	return err
}

// UnmarshalJSON takes 0 and 1, or false and true.
func (f *flags) UnmarshalJSON(data []byte) (err error) {
	*f, err = list(data, forest.MaxNodes, strconv.ParseBool)
	return err
}

// list reads a JSON list of at most so many simple values, and counts them before it
// makes room for them. encoding/json would take null for zero.
func list[T any](data []byte, most int, value func(string) (T, error)) ([]T, error) {
	inner, open := bytes.CutPrefix(bytes.TrimSpace(data), []byte("["))
	inner, closed := bytes.CutSuffix(inner, []byte("]"))
	if !open || !closed {
		return nil, fmt.Errorf("%.20q is no list: the file is damaged, save the model again", begin(data))
	}
	inner = bytes.TrimSpace(inner)
	if len(inner) == 0 {
		return nil, nil
	}
	n := 1 + bytes.Count(inner, []byte(","))
	if n > most {
		return nil, fmt.Errorf("%d values in a list of at most %d: the file is damaged, save the model again", n, most)
	}
	values := make([]T, 0, n)
	for word := range bytes.SplitSeq(inner, []byte(",")) {
		v, err := value(string(bytes.TrimSpace(word)))
		if err != nil {
			return nil, fmt.Errorf("value %d of a list is %.20q: the file is damaged, save the model again", len(values), begin(word))
		}
		values = append(values, v)
	}
	return values, nil
}

// begin has room for the 20 letters that an error quotes; fmt would copy all before it cuts.
func begin(text []byte) []byte { return text[:min(len(text), 20*utf8.UTFMax)] }
