// Package ensemble puts a forest to work on clients: it finds the features that
// the forest asks for, scores, and says why in a sentence.
package ensemble

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// Model is a forest that judges clients. Not for concurrent use.
type Model struct {
	forest   *forest.Forest
	scorer   *forest.Scorer
	features []feature.Feature
	attacks  []int     // classes that are attacks; none for an isolation forest
	weights  []float64 // of the outputs in an explanation, see weigh
	base     float64   // score of a row of which nothing is known
	row      []float32
	log      bool // the forest takes logarithms, see Logarithm
}

// NewModel readies a forest whose features have the names of package feature.
// attacks are the classes that are attacks; an isolation forest has none and
// takes none. Errors name what does not match.
func NewModel(f *forest.Forest, attacks []string) (*Model, error) {
	features, err := feature.Named(f.Features)
	if err != nil {
		return nil, fmt.Errorf("the model asks for what traffic does not have: %w", err)
	}
	m := &Model{forest: f, features: features}
	if f.Kind != forest.IsolationForest {
		if m.attacks, err = classes(f, attacks); err != nil {
			return nil, err
		}
	}
	if m.scorer, err = forest.NewScorer(f); err != nil {
		return nil, err
	}
	m.row = make([]float32, 0, len(features))
	m.weigh()
	return m, nil
}

// NewLogarithmic is [NewModel] for an isolation forest grown on rows of [Logarithm].
func NewLogarithmic(f *forest.Forest) (*Model, error) {
	m, err := NewModel(f, nil)
	if err == nil {
		m.log = true
	}
	return m, err
}

func classes(f *forest.Forest, attacks []string) (indices []int, err error) {
	refuse := func(what string) error {
		return fmt.Errorf("the model knows the classes %s, and attack_classes %s", strings.Join(f.Classes, ", "), what)
	}
	for _, name := range attacks {
		i := slices.Index(f.Classes, name)
		if i < 0 {
			return nil, refuse("says " + name + ", which is none of them")
		}
		if slices.Contains(indices, i) {
			return nil, refuse("says " + name + " twice: name it once")
		}
		indices = append(indices, i)
	}
	switch len(indices) {
	case 0:
		return nil, refuse("is empty: name those that are attacks")
	case len(f.Classes):
		return nil, refuse("says all of them: name those that are attacks, not all")
	}
	return indices, nil
}

// Score of a client in a window, in [0, 1]: the probability of an attack, or how
// odd an isolation forest finds it.
func (m *Model) Score(v *traffic.Vector, p *trail.Past) float64 {
	return m.ScoreRow(m.prepare(v, p))
}

func (m *Model) prepare(v *traffic.Vector, p *trail.Past) []float32 {
	m.row = feature.Row(m.row[:0], m.features, v, p)
	if m.log {
		Logarithm(m.features, m.row)
	}
	return m.row
}

// ScoreRow scores a row as the forest takes it.
func (m *Model) ScoreRow(row []float32) float64 {
	scores := m.scorer.Score(row)
	if m.attacks == nil {
		return scores[0]
	}
	p := 0.0
	for _, class := range m.attacks {
		p += scores[class]
	}
	return p
}

// Logarithm turns the values of a row into logarithms: a tree that splits at random
// must see that one and ten are as far apart as ten and a hundred. Seconds count as
// milliseconds and ratios as percent.
func Logarithm(features []feature.Feature, row []float32) {
	for i, x := range row {
		scale := 1.0
		switch {
		case features[i].Unit == "s":
			scale = 1000
		case features[i].Ratio:
			scale = 100
		}
		row[i] = float32(math.Log1p(scale * float64(x)))
	}
}
