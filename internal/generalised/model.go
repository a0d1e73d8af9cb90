package generalised

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/modelfile"
	"github.com/spanwarden/spanwarden/internal/session"
)

// Attack is the class that is reported. In the public data it holds crawlers and
// scripts, above all.
const Attack = "attack"

//go:embed model.json.gz
var shipped []byte

// Shipped is the model that was trained on public data, see README.md.
func Shipped() (*forest.Forest, error) {
	f, err := modelfile.Parse(shipped)
	if err != nil {
		return nil, fmt.Errorf("read the shipped model of the generalised detector: %w", err)
	}
	return f, nil
}

// Model is a forest put to work on sessions. Not for concurrent use.
type Model struct {
	forest   *forest.Forest
	scorer   *forest.Scorer
	features []feature // in the order of the forest's
	attack   int       // the class
	row      []float32
}

// NewModel readies a forest, such as [Shipped]. The error says what does not match:
// its kind, its features by name, or its classes.
func NewModel(f *forest.Forest) (*Model, error) {
	if f == nil {
		return nil, errors.New("there is no model for the generalised detector: give it one, such as the shipped one")
	}
	if f.Kind != forest.RandomForest && f.Kind != forest.Bagging {
		return nil, fmt.Errorf("the model is of kind %q: use one of kind %q or %q, whose trees add up to probabilities",
			f.Kind, forest.RandomForest, forest.Bagging)
	}
	found, err := named(f.Features)
	if err != nil {
		return nil, err
	}
	attack := slices.Index(f.Classes, Attack)
	if attack < 0 {
		return nil, fmt.Errorf("the model knows the classes %s: give the automated clients the class %q", strings.Join(f.Classes, ", "), Attack)
	}
	scorer, err := forest.NewScorer(f)
	if err != nil {
		return nil, err
	}
	return &Model{forest: f, scorer: scorer, features: found, attack: attack, row: make([]float32, len(found))}, nil
}

// probability that the session is of class Attack.
func (m *Model) probability(s *session.Session) float64 {
	return m.scorer.Score(m.fill(s))[m.attack]
}

// explain takes the probability to pieces: base and the features' contributions
// add up to it.
func (m *Model) explain(s *session.Session) (base float64, contributions []float64) {
	return m.forest.Explain(m.fill(s), m.attack)
}

func (m *Model) fill(s *session.Session) []float32 {
	for i := range m.features {
		m.row[i] = float32(m.features[i].of(s))
	}
	return m.row
}
