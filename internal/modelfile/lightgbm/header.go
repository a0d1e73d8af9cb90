package lightgbm

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// header is what stands before the first tree.
type header struct {
	objective string // with its parameters
	classes   int
	perRound  int // trees
	average   bool
	features  []string
	trees     int // as many as there should be, -1 if the file does not say
}

// maxObjective is far above what LightGBM writes: the forest keeps it in words.
const maxObjective = 512

// readHeader reads the lines KEY=VALUE up to the first tree.
func readHeader(in *lines) (*header, error) {
	values := map[string]string{}
	for !strings.HasPrefix(in.peek(5), "Tree=") && !strings.HasPrefix(in.peek(12), "end of trees") {
		line, found := in.next()
		if !found {
			return nil, errors.New("it breaks off before the first tree: save the model again")
		}
		key, value, _ := strings.Cut(line, "=")
		switch key {
		case "version", "num_class", "num_tree_per_iteration", "max_feature_idx", "objective", "average_output",
			"feature_names", "tree_sizes":
			if _, twice := values[key]; twice {
				return nil, fmt.Errorf("line %d gives %s a second time: the file is damaged, save the model again", in.number, key)
			}
			values[key] = value
		}
	}
	if v := values["version"]; v != "v3" && v != "v4" {
		return nil, fmt.Errorf("its version is %.20q: v3 and v4 can be read, load and save it with LightGBM 3 or 4", v)
	}
	h := &header{objective: values["objective"], trees: -1}
	if n := len(h.objective); n > maxObjective {
		return nil, fmt.Errorf("the objective has %d bytes, more than %d: the file is damaged, save the model again", n, maxObjective)
	}
	_, h.average = values["average_output"]
	if sizes, ok := values["tree_sizes"]; ok {
		h.trees = countFields(sizes)
	}
	var last int
	for _, n := range []struct {
		to        *int
		key       string
		low, high int
	}{
		{&h.classes, "num_class", 1, forest.MaxClasses},
		{&h.perRound, "num_tree_per_iteration", 1, forest.MaxClasses},
		{&last, "max_feature_idx", 0, forest.MaxFeatures - 1},
	} {
		var err error
		if *n.to, err = integer(n.key, values[n.key], n.low, n.high); err != nil {
			return nil, err
		}
	}
	if n := countFields(values["feature_names"]); n != last+1 {
		return nil, fmt.Errorf("%d feature_names for %d features: save the model again", n, last+1)
	}
	h.features = strings.Fields(values["feature_names"])
	return h, nil
}

func integer(key, value string, low, high int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < low || n > high {
		return 0, fmt.Errorf("%s is %.20q: whole numbers from %d to %d can be read", key, value, low, high)
	}
	return n, nil
}

func countFields(s string) int {
	n := 0
	for range strings.FieldsSeq(s) {
		n++
	}
	return n
}

// outputs says how the trees' sums become probabilities.
type outputs struct {
	groups int     // trees of how many classes there are, in turn: 1 if they give log-odds
	factor float64 // of the sums
}

// outputs of the model by its objective, which is a name and parameters NAME:VALUE.
func (h *header) outputs() (outputs, error) {
	name, parameters, _ := strings.Cut(h.objective, " ")
	out := outputs{groups: h.perRound, factor: 1}
	classes := 1
	switch name {
	case "binary":
		for p := range strings.FieldsSeq(parameters) {
			text, found := strings.CutPrefix(p, "sigmoid:")
			if !found {
				continue
			}
			sigmoid, err := strconv.ParseFloat(text, 64)
			if err != nil || !(sigmoid > 0) || math.IsInf(sigmoid, 0) {
				return out, fmt.Errorf("the objective's sigmoid is %.20q: it must be greater than 0, save the model again", text)
			}
			out.factor = sigmoid
		}
	case "cross_entropy":
	case "multiclass":
		classes = max(2, h.classes)
	default:
		return out, refuse(name)
	}
	if h.classes != classes || h.perRound != classes {
		return out, fmt.Errorf("num_class is %d and num_tree_per_iteration %d, but the objective is %q: save the model again",
			h.classes, h.perRound, name)
	}
	return out, nil
}

// refuse says why an objective gives no probabilities of classes.
func refuse(name string) error {
	why := "does not give them"
	switch name {
	case "":
		return errors.New("no objective: a model with a function of one's own as objective cannot be read, " +
			"train with objective=binary or objective=multiclass")
	case "multiclassova":
		why = "gives each class a probability of its own, which do not add up to 1"
	case "lambdarank", "rank_xendcg":
		why = "ranks rows"
	case "regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie":
		why = "estimates a number"
	}
	return fmt.Errorf("probabilities of classes are needed, but the objective %.40q %s: "+
		"train with objective=binary or objective=multiclass", name, why)
}

// tree says which output a tree adds to, and with which factor. Of two classes the
// log-odds are the difference of their sums.
func (o outputs) tree(number int) (output int, factor float64) {
	group := number % o.groups
	switch {
	case o.groups != 2:
		return group, o.factor
	case group == 0:
		return 0, -o.factor
	}
	return 0, o.factor
}

// finish checks how many trees there are, and takes the mean of a random forest's.
func (o outputs) finish(trees []forest.Tree, h *header) error {
	n := len(trees)
	switch {
	case n == 0:
		return errors.New("no trees: train at least one round")
	case n%o.groups != 0:
		return fmt.Errorf("%d trees for %d classes, some are missing: save the model again", n, o.groups)
	case h.trees >= 0 && h.trees != n:
		return fmt.Errorf("%d trees, but %d tree_sizes: save the model again", n, h.trees)
	}
	if h.average {
		rounds := float64(n / o.groups)
		for _, t := range trees {
			for i := range t.Values {
				t.Values[i] /= rounds
			}
		}
	}
	return nil
}
