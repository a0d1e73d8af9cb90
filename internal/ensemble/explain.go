package ensemble

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/traffic"
	"github.com/spanwarden/spanwarden/internal/trail"
)

// Reason is why a client has its score: Base and the contributions add up to it.
type Reason struct {
	Score, Base   float64
	Features      []feature.Feature
	Values        []float64 // of the features, NaN where absent
	Contributions []float64 // of the features, to the score
}

// Explain takes a score to pieces. Contributions are those of TreeSHAP to what the
// trees add up to. That is the probability itself for a random forest and for
// bagging; for log-odds and path lengths, they are scaled to add up to the score.
func (m *Model) Explain(v *traffic.Vector, p *trail.Past) Reason {
	row := m.prepare(v, p)
	r := Reason{
		Score: m.ScoreRow(row), Base: m.base, Features: m.features,
		Values: make([]float64, len(row)), Contributions: make([]float64, len(row)),
	}
	for i := range m.features {
		r.Values[i] = m.features[i].Of(v, p)
	}
	total := 0.0
	for output, weight := range m.weights {
		if weight == 0 {
			continue
		}
		_, contributions := m.forest.Explain(row, output)
		for i, c := range contributions {
			r.Contributions[i] += weight * c
			total += weight * c
		}
	}
	if m.additive() || total == 0 {
		return r
	}
	scale := (r.Score - r.Base) / total
	for i := range r.Contributions {
		r.Contributions[i] *= scale
	}
	return r
}

// additive says that the trees add up to the score itself.
func (m *Model) additive() bool {
	return m.forest.Kind == forest.RandomForest || m.forest.Kind == forest.Bagging
}

// weigh finds which outputs speak for an attack, and the base.
func (m *Model) weigh() {
	m.weights = make([]float64, m.forest.Outputs())
	switch {
	case m.attacks == nil:
		m.weights[0] = 1
	case len(m.weights) == 1: // log-odds of the second class
		m.weights[0] = 1
		if m.attacks[0] == 0 {
			m.weights[0] = -1
		}
	default:
		for _, class := range m.attacks {
			m.weights[class] = 1
		}
	}
	bases := make([]float64, len(m.weights))
	nothing := make([]float32, len(m.features))
	for output := range bases {
		bases[output], _ = m.forest.Explain(nothing, output)
	}
	m.base = m.link(bases)
}

// link is the score that outputs stand for.
func (m *Model) link(outputs []float64) float64 {
	switch {
	case m.attacks == nil:
		return forest.Score(outputs[0], m.forest.SampleSize)
	case len(outputs) == 1:
		return 1 / (1 + math.Exp(-m.weights[0]*outputs[0]))
	}
	attack, all := 0.0, 0.0
	highest := slices.Max(outputs)
	for output, x := range outputs {
		if !m.additive() {
			x = math.Exp(x - highest)
		}
		attack += m.weights[output] * x
		all += x
	}
	return attack / all
}

// top are the features that speak for an attack, those that say most first, as far
// as they say at least a tenth of what the first one does.
func (r *Reason) top(most int) []int {
	order := make([]int, 0, len(r.Contributions))
	for i, c := range r.Contributions {
		if c > 0 && !math.IsNaN(r.Values[i]) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(r.Contributions[b], r.Contributions[a]) })
	for n, i := range order {
		if n == most || r.Contributions[i] < r.Contributions[order[0]]/10 {
			return order[:n]
		}
	}
	return order
}

// Sentence says what speaks most for an attack, such as "49 calls to GET
// /accounts/{id} in a minute, usually 2–6; gaps of 0.1 s, usually 8 s". What is as
// usual is left out, unless there is nothing else.
func (r *Reason) Sentence(scene *feature.Scene, usual func(name string) feature.Range, most int) string {
	var odd, all []string
	for _, i := range r.top(len(r.Features)) {
		f := &r.Features[i]
		u := usual(f.Name)
		said := f.Say(scene, r.Values[i], u)
		all = append(all, said)
		if x := r.Values[i]; !u.Known() || x < u.Low || x > u.High {
			odd = append(odd, said)
		}
	}
	if len(odd) == 0 {
		odd = all
	}
	return strings.Join(odd[:min(most, len(odd))], "; ")
}

// Evidence is the features with values, usual ranges and contributions, those that
// say most first.
func (r *Reason) Evidence(usual func(name string) feature.Range) []anomaly.Feature {
	features := make([]anomaly.Feature, len(r.Features))
	for i := range r.Features {
		u := usual(r.Features[i].Name)
		features[i] = anomaly.Feature{
			Name: r.Features[i].Name, Unit: r.Features[i].Unit, Value: r.Values[i],
			UsualLow: u.Low, UsualHigh: u.High, Contribution: r.Contributions[i],
		}
	}
	slices.SortStableFunc(features, func(a, b anomaly.Feature) int { return cmp.Compare(b.Contribution, a.Contribution) })
	return features
}
