// Package lightgbm reads models that LightGBM wrote as text: Booster.save_model or
// the command line's output_model, of the versions v3 (LightGBM 3.x) and v4.
//
// Read are the classifiers whose answers are probabilities:
//
//	binary          classes "0" and "1"; leaves are multiplied by its sigmoid parameter
//	cross_entropy   the same
//	multiclass      classes "0" to "k-1"
//
// of the boosting types gbdt (goss included), dart and rf, whose leaves are divided
// by the number of its rounds. Of two classes in multiclass the forest has the
// difference: their log-odds. Not read, with an error that says so: other
// objectives, categorical splits, linear trees.
//
// Where a split has no missing type, LightGBM takes NaN for 0: such rows go where 0
// goes. Where it takes zeros for missing (zero_as_missing=true), a split can be read
// only if zeros go the way that its threshold sends them. Values within ±1e-35 are
// 0 to it, which thresholds in that range are moved for. Thresholds are float64; as
// rows are float32, rounding them down changes no decision. Covers are leaf_count
// and internal_count, from which LightGBM's predict_contrib works; an empty leaf
// counts for 1e-16 rows.
package lightgbm

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// Is reports whether data looks like a LightGBM model: its first line is "tree", and
// a version follows.
func Is(data []byte) bool {
	first, rest, found := bytes.Cut(data, []byte("\n"))
	return found && string(bytes.TrimRight(first, "\r")) == "tree" &&
		bytes.Contains(rest[:min(len(rest), 256)], []byte("version=v"))
}

// Parse reads a model. The forest is valid; its kind is [forest.Boosting]. What
// cannot be read, or says what a forest cannot, is an error that tells what to do.
// The caller bounds the bytes.
func Parse(data []byte) (*forest.Forest, error) {
	f, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("LightGBM model: %w", err)
	}
	return f, nil
}

func parse(data []byte) (*forest.Forest, error) {
	if !Is(data) {
		return nil, errors.New(`it does not begin with the lines "tree" and "version=": save it with Booster.save_model`)
	}
	in := &lines{rest: data}
	in.next() // tree
	h, err := readHeader(in)
	if err != nil {
		return nil, err
	}
	out, err := h.outputs()
	if err != nil {
		return nil, err
	}
	f := &forest.Forest{Kind: forest.Boosting, Features: h.features, Origin: "LightGBM, " + h.objective}
	for i := range max(2, out.groups) {
		f.Classes = append(f.Classes, strconv.Itoa(i))
	}
	if f.Trees, err = readTrees(in, h, out); err != nil {
		return nil, err
	}
	if err := f.Validate(); err != nil {
		return nil, err
	}
	return f, nil
}

// readTrees reads from behind the header to the line "end of trees".
func readTrees(in *lines, h *header, out outputs) ([]forest.Tree, error) {
	var trees []forest.Tree
	nodes := 0
	for {
		line, found := in.next()
		switch {
		case !found:
			return nil, fmt.Errorf(`it breaks off after tree %d, without "end of trees": save the model again`, len(trees)-1)
		case line == "":
			continue
		case line == "end of trees":
			return trees, out.finish(trees, h)
		case line != "Tree="+strconv.Itoa(len(trees)):
			return nil, fmt.Errorf(`line %d is %.40q instead of "Tree=%d": save the model again`, in.number, line, len(trees))
		case len(trees) == forest.MaxTrees:
			return nil, fmt.Errorf("more than %d trees: train fewer rounds", forest.MaxTrees)
		}
		var t forest.Tree
		output, factor := out.tree(len(trees))
		read, err := readTree(in, len(h.features), forest.MaxNodes-nodes)
		if err == nil {
			t, err = read.convert(factor)
		}
		if err != nil {
			return nil, fmt.Errorf("tree %d: %w", len(trees), err)
		}
		t.Output = output
		nodes += len(t.Nodes)
		trees = append(trees, t)
	}
}

// lines of a file, without their ends.
type lines struct {
	rest   []byte
	number int // of the last line, from 1
}

func (l *lines) next() (line string, found bool) {
	if len(l.rest) == 0 {
		return "", false
	}
	first, rest, _ := bytes.Cut(l.rest, []byte("\n"))
	l.rest = rest
	l.number++
	return strings.TrimSuffix(string(first), "\r"), true
}

// peek returns the next line's beginning, at most n bytes, and leaves it there.
func (l *lines) peek(n int) string {
	return string(l.rest[:min(len(l.rest), n)])
}
