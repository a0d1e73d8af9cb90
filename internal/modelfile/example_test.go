package modelfile_test

import (
	"bytes"
	"fmt"
	"os"

	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/modelfile"
)

func ExampleWrite() {
	f := &forest.Forest{
		Kind: forest.Bagging, Features: []string{"requests"}, Classes: []string{"normal", "attack"},
		Trees: []forest.Tree{{
			Output: forest.AllOutputs,
			Nodes: []forest.Node{
				{Feature: 0, Threshold: 99.5, Next: 1, Cover: 10, MissingLeft: true},
				{Feature: forest.Leaf, Next: 0, Cover: 8},
				{Feature: forest.Leaf, Next: 1, Cover: 2},
			},
			Values: []float64{1, 0, 0.25, 0.75}, // the classes' probabilities in the leaves
		}},
	}
	var file bytes.Buffer
	if err := modelfile.Write(&file, f); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	_, text, _ := bytes.Cut(file.Bytes(), []byte(`"trees":`))
	fmt.Printf("%s", text)

	again, err := modelfile.Parse(file.Bytes())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return
	}
	fmt.Println(modelfile.Digest(f) == modelfile.Digest(again))
	// Output:
	// [{"feature":[0,-1,-1],"threshold":[99.5],"cover":[8,2],"values":[1,0,0.25,0.75]}]}}
	// true
}
