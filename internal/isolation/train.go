package isolation

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
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

// trainer grows forests in the background, one at a time.
type trainer struct {
	context context.Context
	cancel  context.CancelFunc
	turn    chan struct{}
	running sync.WaitGroup
}

func newTrainer() *trainer {
	t := &trainer{turn: make(chan struct{}, 1)}
	t.context, t.cancel = context.WithCancel(context.Background())
	return t
}

// start runs a job and delivers what it yields.
func (t *trainer) start(j *job) <-chan *trained {
	result := make(chan *trained, 1)
	t.running.Go(func() {
		t.turn <- struct{}{}
		defer func() { <-t.turn }()
		result <- j.guarded(t.context)
	})
	return result
}

// close ends the trainings that go on.
func (t *trainer) close() {
	t.cancel()
	t.running.Wait()
}

// train begins a training when one is due: after the warm-up, whenever the
// reservoir has grown by half, and then at intervals.
func (d *Detector) train(s *service) {
	if s.waiting != nil || s.windows < s.due || s.reservoir.len() < d.settings.MinSample {
		return
	}
	interval := max(1, int(d.settings.Retrain/d.window))
	if s.reservoir.len() < d.settings.Reservoir {
		interval = min(interval, max(1, s.windows/2))
	}
	s.due = s.windows + interval
	s.usual = usual(d.features, s.reservoir)
	if d.fixed == nil && s.reservoir.clients() >= d.settings.MinClients {
		s.waiting = d.trainer.start(newJob(d, s))
	}
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
	regulars map[uint64]bool // owners that may be odder than others; whether they are known for two periods
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
		if known := s.windows-since >= long; known || since <= d.settings.WarmUp {
			j.regulars[s.reservoir.owners[i]] = known
		}
	}
	return j
}

// guarded turns a panic into an error: this goroutine has nobody above it.
func (j *job) guarded(ctx context.Context) (t *trained) {
	defer func() {
		if r := recover(); r != nil {
			t = &trained{err: fmt.Errorf("a defect, please report it: %v\n%s", r, debug.Stack())}
		}
	}()
	return j.run(ctx)
}

// run grows the forest.
func (j *job) run(ctx context.Context) *trained {
	model, err := j.grow(ctx, func(int) bool { return true }, j.seed)
	if err != nil {
		return &trained{err: err}
	}
	highest, err := j.highest(ctx)
	if err != nil {
		return &trained{err: err}
	}
	t := &trained{model: model, threshold: j.threshold(highest), own: make(map[uint64]float64)}
	for owner, known := range j.regulars {
		if own := highest[owner]; known || own < t.threshold { // who was odd from the start has to be known for long
			t.own[owner] = own
		}
	}
	return t
}

// grow grows a forest on some of the rows.
func (j *job) grow(ctx context.Context, of func(row int) bool, seed uint64) (*ensemble.Model, error) {
	table := &dataset.Table{Features: feature.Names(j.features), Columns: make([][]float32, len(j.features))}
	for i, row := range j.rows {
		if !of(i) {
			continue
		}
		for c, x := range row {
			table.Columns[c] = append(table.Columns[c], x)
		}
	}
	f, err := grow.Grow(ctx, table, grow.Settings{
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
func (j *job) highest(ctx context.Context) (map[uint64]float64, error) {
	highest := make(map[uint64]float64)
	for n, half := range []bool{false, true} {
		model, err := j.grow(ctx, func(row int) bool { return j.halves[row] == half }, j.seed+uint64(n)+1)
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
// a hundred, and one at least, may be odder than that, so that no single one can
// lift it.
func (j *job) threshold(highest map[uint64]float64) float64 {
	scores := slices.Sorted(maps.Values(highest))
	odd := max(1, len(scores)/100)
	ordinary := scores[max(0, len(scores)-1-odd)]
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
