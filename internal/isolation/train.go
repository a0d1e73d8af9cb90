package isolation

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/spanwarden/spanwarden/internal/dataset"
	"github.com/spanwarden/spanwarden/internal/ensemble"
	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/grow"
)

// trained is what a training yields.
type trained struct {
	err error // why there is nothing else

	model     *ensemble.Model
	threshold float64
	own       map[uint64]float64 // highest scores of the clients that have been there for long, by owner
}

// trainer grows forests in the background.
type trainer struct{ running sync.WaitGroup }

func (t *trainer) wait() { t.running.Wait() }

// train begins a training when one is due: after the warm-up, whenever the
// reservoir has grown by half, and then at intervals.
func (d *Detector) train(s *service) {
	if d.fixed != nil || s.waiting != nil || s.windows < s.due || s.reservoir.len() < d.settings.MinSample {
		return
	}
	interval := max(1, int(d.settings.Retrain/d.window))
	if s.reservoir.len() < d.settings.Reservoir {
		interval = min(interval, max(1, s.windows/2))
	}
	s.due = s.windows + interval
	s.usual = usual(d.features, s.reservoir)
	job := newJob(d, s)
	result := make(chan *trained, 1)
	s.waiting = result
	d.trainer.running.Go(func() { result <- job.run() })
}

// adopt takes up the forest that was grown since the window before. It waits for
// it if need be, so that the same traffic gives the same verdicts however fast it
// comes: some hundredths of a second, in which no span waits.
func (s *service) adopt() error {
	if s.waiting == nil {
		return nil
	}
	t := <-s.waiting
	s.waiting = nil
	if t.err == nil {
		s.trained = t
	}
	return t.err
}

// job is a training with all that it needs.
type job struct {
	settings Settings
	features []feature.Feature
	rows     [][]float32     // as the forest takes them
	owners   []uint64        // of the rows
	regulars map[uint64]bool // owners that have been there for long
	halves   []bool          // half of each row, by lot
	seed     uint64
}

func newJob(d *Detector, s *service) *job {
	j := &job{settings: d.settings, regulars: make(map[uint64]bool), seed: d.random.Uint64()}
	for _, i := range d.looks {
		j.features = append(j.features, d.features[i])
	}
	long := int(2 * d.period / d.window)
	for _, i := range s.reservoir.fair(d.settings.Share, d.random) {
		since := s.reservoir.since[i]
		j.owners = append(j.owners, s.reservoir.owners[i])
		row := make([]float32, len(d.looks))
		for to, from := range d.looks {
			row[to] = s.reservoir.row(i)[from]
		}
		ensemble.Logarithm(j.features, row)
		j.rows = append(j.rows, row)
		j.halves = append(j.halves, d.random.IntN(2) == 1)
		if since <= d.settings.WarmUp || s.windows-since >= long {
			j.regulars[s.reservoir.owners[i]] = true
		}
	}
	return j
}

// run grows the forest.
func (j *job) run() *trained {
	model, err := j.grow(func(int) bool { return true }, j.seed)
	if err != nil {
		return &trained{err: err}
	}
	highest, err := j.highest()
	if err != nil {
		return &trained{err: err}
	}
	t := &trained{model: model, threshold: j.threshold(highest), own: make(map[uint64]float64)}
	for owner := range j.regulars {
		t.own[owner] = highest[owner]
	}
	return t
}

// grow grows a forest on some of the rows.
func (j *job) grow(of func(row int) bool, seed uint64) (*ensemble.Model, error) {
	table := &dataset.Table{Features: feature.Names(j.features), Columns: make([][]float32, len(j.features))}
	for i, row := range j.rows {
		if !of(i) {
			continue
		}
		for c, x := range row {
			table.Columns[c] = append(table.Columns[c], x)
		}
	}
	f, err := grow.Grow(context.Background(), table, grow.Settings{
		Kind: forest.IsolationForest, Trees: j.settings.Trees, Seed: seed,
		SampleSize: min(j.settings.SampleSize, table.Rows()), Margin: beyond, Workers: 1,
	})
	if err != nil {
		return nil, err
	}
	return ensemble.NewLogarithmic(f)
}

// beyond is how far outside of what they know trees split: whoever is far from all
// others is then odder than whoever is at their edge.
const beyond = 0.5

// highest is the highest score of each client by a forest that has not seen the
// row: each half of the rows is scored by the other half's.
func (j *job) highest() (map[uint64]float64, error) {
	highest := make(map[uint64]float64)
	for n, half := range []bool{false, true} {
		model, err := j.grow(func(row int) bool { return j.halves[row] == half }, j.seed+uint64(n)+1)
		if err != nil {
			return nil, err
		}
		for i, row := range j.rows {
			if j.halves[i] != half {
				highest[j.owners[i]] = max(highest[j.owners[i]], model.ScoreRow(row))
			}
		}
	}
	return highest, nil
}

// threshold is what ordinary clients score at most, and the margin. One client in
// a hundred may be odder than that, and one in any case where there are twenty, so
// that no single one can lift it.
func (j *job) threshold(highest map[uint64]float64) float64 {
	scores := slices.Sorted(maps.Values(highest))
	odd := len(scores) / 100
	if len(scores) >= 20 {
		odd = max(1, odd)
	}
	ordinary := scores[len(scores)-1-odd]
	return min(1, max(j.settings.Threshold, ordinary+j.settings.Margin))
}

// usual are the ranges of nine windows out of ten.
func usual(features []feature.Feature, r *reservoir) map[string]feature.Range {
	ranges := make(map[string]feature.Range, len(features))
	for i, q := range r.quantiles(0.05, 0.95) {
		ranges[features[i].Name] = feature.Range{Low: q[0], High: q[1]}
	}
	return ranges
}
