package xgboost

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// outputs says how the trees' sums become probabilities.
type outputs struct {
	groups int // trees of how many classes there are: 1 if they give log-odds
	base   []float64
}

// outputs of the model by its objective.
func (m *file) outputs() (*outputs, error) {
	p := &m.Learner.Param
	name := m.Learner.Objective.Name
	targets, err := p.NumTarget.integer("num_target", 1, 0, 1<<30)
	if err != nil {
		return nil, err
	}
	if targets > 1 {
		return nil, fmt.Errorf("%d targets: a model of one target can be read, train one for each", targets)
	}
	classes, err := p.NumClass.integer("num_class", 0, 0, forest.MaxClasses)
	if err != nil {
		return nil, err
	}
	multi := false
	switch name {
	case "binary:logistic", "reg:logistic", "binary:logitraw":
		if classes > 2 {
			return nil, fmt.Errorf("num_class is %d, but the objective %s has two: train with multi:softprob", classes, name)
		}
	case "multi:softprob", "multi:softmax":
		if classes < 2 {
			return nil, fmt.Errorf("num_class is %d: %s needs at least two, set it when training", classes, name)
		}
		multi = true
	default:
		return nil, refuse(name)
	}

	scores, err := p.BaseScore.floats()
	if err != nil || len(scores) == 0 {
		return nil, fmt.Errorf("base_score is %.20q, no number: save the model again", string(p.BaseScore))
	}
	if !multi {
		return m.binary(scores)
	}
	return softmax(classes, scores)
}

func (m *file) binary(scores []float32) (*outputs, error) {
	if len(scores) != 1 {
		return nil, fmt.Errorf("base_score has %d values for one target: save the model again", len(scores))
	}
	base := scores[0]
	if m.Learner.Objective.Name == "binary:logitraw" && !m.before(1, 4) {
		return &outputs{1, []float64{float64(base)}}, nil // a margin; before 1.4 a probability, too
	}
	if base < 0 || base > 1 {
		return nil, fmt.Errorf("base_score is %v, no probability: set it between 0 and 1 when training", base)
	}
	const least float32 = 1e-6 // XGBoost's kRtEps: since 3.x the ends are allowed and mean this
	base = min(max(base, least), 1-least)
	odds := float32(1/base) - 1 // in float32, as XGBoost does: near the ends that shows
	return &outputs{1, []float64{-math.Log(float64(odds))}}, nil
}

// softmax has base scores that are margins, one for all or one each. Of two classes
// the log-odds are the difference of the margins.
func softmax(classes int, scores []float32) (*outputs, error) {
	if len(scores) != 1 && len(scores) != classes {
		return nil, fmt.Errorf("base_score has %d values for %d classes: save the model again", len(scores), classes)
	}
	base := make([]float64, classes)
	for i := range base {
		base[i] = float64(scores[i%len(scores)])
	}
	if classes == 2 {
		base = []float64{base[1] - base[0]}
	}
	return &outputs{classes, base}, nil
}

// tree says which output a tree of a class adds to, and with which sign.
func (o *outputs) tree(group int) (output int, sign float64) {
	switch {
	case o.groups != 2:
		return group, 1
	case group == 0:
		return 0, -1
	}
	return 0, 1
}

func (m *file) before(major, minor int) bool {
	v := m.Version
	return len(v) >= 2 && (v[0] < major || v[0] == major && v[1] < minor)
}

// refuse says why an objective gives no probabilities of classes.
func refuse(name string) error {
	kind, _, _ := strings.Cut(name, ":")
	why := "is not known here"
	switch {
	case name == "":
		return errors.New("no objective: the file is damaged or no model, save it with save_model")
	case name == "binary:hinge":
		why = "says 0 or 1 without a probability"
	case kind == "rank":
		why = "ranks rows"
	case kind == "survival":
		why = "estimates survival times"
	case kind == "reg", kind == "count":
		why = "estimates a number"
	}
	return fmt.Errorf("the objective %.40q %s, probabilities of classes are needed: "+
		"train with binary:logistic or multi:softprob", name, why)
}
