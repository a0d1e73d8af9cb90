package apibaselineexporter

import (
	"io"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// learner is what learns, which is a [baseline.Learner] outside of tests. It belongs to one goroutine.
type learner interface {
	Learn(t *replay.Trace)
	Result() *baseline.Result
	Save(w io.Writer) error
	SaveReferences(w io.Writer) error
}

// school makes learners.
type school struct {
	fresh func() (learner, error)
	load  func(state io.Reader) (learner, error) // that goes on where another one was saved
}

// learned is a learner of baseline.
type learned struct{ *baseline.Learner }

// SaveReferences writes the store that rules were proved with.
func (l learned) SaveReferences(w io.Writer) error { return l.References().Save(w) }

// baselineSchool makes the learners of a configuration.
func baselineSchool(c *Config) school {
	settings := c.Learn.learning()
	return school{
		fresh: func() (learner, error) {
			l, err := baseline.New(settings)
			return learned{l}, err
		},
		load: func(state io.Reader) (learner, error) {
			l, err := baseline.Load(state, settings)
			return learned{l}, err
		},
	}
}

// learning are the settings of learners.
func (c *LearnConfig) learning() baseline.Settings {
	s := baseline.DefaultSettings()
	s.Tolerance, s.HoldOut, s.Novelty = c.Tolerance, c.Holdout, c.Novelty
	return s
}
