package isolation

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/ensemble"
	"github.com/spanwarden/spanwarden/internal/evidence"
	"github.com/spanwarden/spanwarden/internal/feature"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// offered is how many windows of clients are offered to the reservoir at most, of
// each window of a service.
const offered = 64

// Detector judges clients by what is usual for their service. Not for concurrent
// use; Close ends the training that goes on in the background.
type Detector struct {
	// Failed is told of a training that failed; the forest before it stays in use.
	// It may be nil.
	Failed func(service string, err error)

	settings Settings
	window   time.Duration
	period   time.Duration // of the features of a client's past
	limit    int           // services with a forest
	unjudged int64         // windows of services beyond it

	features []feature.Feature // of the rows of the reservoirs
	looks    []int             // those of them that the forests look at
	services map[string]*service
	evidence *evidence.Book
	trainer  *trainer
	fixed    *ensemble.Model // from a file, in the place of all services' own

	row        []float32
	candidates []int // clients of the window that may be learned from, by index
	accuser    *ensemble.Accuser
	random     *rand.Rand
}

// service is what a service's own windows have taught.
type service struct {
	reservoir *reservoir
	credit    float64 // rows that may be taken in once it is full
	restored  bool
	windows   int // with calls
	last      time.Time
	usual     map[string]feature.Range
	trained   *trained
	waiting   <-chan *trained // of the training that goes on, nil if none does
	due       int             // value of windows at which the next one begins
}

// New returns a detector for up to limit services, each with a forest of some
// megabyte, and up to clients suspects. The settings must be valid. period is how
// far back the features of a client's past look.
func New(settings Settings, window, period time.Duration, limit, clients int) *Detector {
	d := &Detector{
		settings: settings, window: window, period: period, limit: limit,
		features: feature.All(), services: make(map[string]*service),
		evidence: evidence.New(settings.Windows, settings.Of, clients, max(time.Hour, 2*period)),
		trainer:  newTrainer(), random: rand.New(rand.NewPCG(1, 2)),
	}
	d.accuser = ensemble.NewAccuser(ensemble.Words{
		Detector: "isolation_forest", One: "is unlike the other clients of %s", Many: "are unlike the others of %s",
	}, window, period, d.Usual)
	for i := range d.features {
		if slices.Contains(settings.Features, d.features[i].Name) {
			d.looks = append(d.looks, i)
		}
	}
	return d
}

// Close ends the training that goes on.
func (d *Detector) Close() { d.trainer.close() }

// Unjudged counts, since the start, the windows with clients that were not looked
// at: of services beyond the limit. Not for concurrent use with Judge.
func (d *Detector) Unjudged() int64 { return d.unjudged }

// Use judges by this model, of an isolation forest from a file, instead of by
// the services' own; nil goes back to those.
func (d *Detector) Use(m *ensemble.Model) { d.fixed = m }

// Usual is the range, of nine windows out of ten, that a feature has in a service;
// unknown until there are enough windows.
func (d *Detector) Usual(service string) func(feature string) feature.Range {
	s := d.services[service]
	return func(name string) feature.Range {
		if s != nil {
			if r, ok := s.usual[name]; ok {
				return r
			}
		}
		return feature.Unknown
	}
}

// Judge scores the window's clients, reports those for which there is evidence
// enough, and learns from the others.
func (d *Detector) Judge(w *detect.Window, report func(anomaly.Event)) {
	s := d.open(w)
	if s == nil {
		return
	}
	if err := s.adopt(); err != nil && d.Failed != nil {
		d.Failed(w.Service, err)
	}
	if w.Total.TotalCalls > 0 {
		s.windows++
	}
	d.candidates = d.candidates[:0]
	candidates := 0
	var accused []ensemble.Accused // no scratch: what a flood needs is let go of
	for i := range w.Clients {
		v := &w.Clients[i]
		if v.Role != traffic.Client || v.Client == "" || v.TotalCalls <= 0 {
			continue
		}
		who := evidence.Client{Service: w.Service, Name: v.Client}
		score, suspicious := d.score(s, w, i)
		if d.evidence.Add(who, w.Start, suspicious) {
			accused = append(accused, ensemble.Accused{Index: i, Score: score})
		}
		if !suspicious && !d.evidence.Suspects(who) && !w.Pasts[i].Partial {
			d.propose(&candidates, i)
		}
	}
	if model, threshold := d.judging(s); model != nil {
		d.accuser.Report(w, model, accused, fmt.Sprintf("%.2f and more is suspicious", threshold), report)
	}
	if !w.Partial {
		d.learn(s, w)
	}
	d.train(s)
}

// score of a client, and whether that is suspicious. Nothing is before there is a
// forest.
func (d *Detector) score(s *service, w *detect.Window, i int) (score float64, suspicious bool) {
	model, threshold := d.judging(s)
	if model == nil {
		return 0, false
	}
	v := &w.Clients[i]
	score = model.Score(v, &w.Pasts[i])
	if score < threshold {
		return score, false
	}
	if d.fixed != nil {
		return score, true
	}
	if own, regular := s.trained.own[owner(v.Client)]; regular && score < min(own, threshold)+allowance {
		return score, false
	}
	return score, d.stands(s, w, i)
}

// stands says whether any feature stands out by itself: where all clients are much
// the same, a small difference is odd as well, but nobody wants to be woken for it.
func (d *Detector) stands(s *service, w *detect.Window, i int) bool {
	for _, f := range d.looks {
		f := &d.features[f]
		if x := f.Of(&w.Clients[i], &w.Pasts[i]); f.StandsOut(x, s.usual[f.Name], d.settings.Ratio) {
			return true
		}
	}
	return false
}

// allowance is how much odder than it was a regular may become, and than is
// ordinary: an address that many people share has its busy hours.
const allowance = 0.1

func (d *Detector) judging(s *service) (model *ensemble.Model, threshold float64) {
	switch {
	case d.fixed != nil && s.windows > d.settings.WarmUp:
		return d.fixed, d.settings.Threshold
	case d.fixed == nil && s.trained != nil:
		return s.trained.model, s.trained.threshold
	}
	return nil, 0
}

// open finds or begins a service. Nil means that there are too many.
func (d *Detector) open(w *detect.Window) *service {
	s := d.services[w.Service]
	if s == nil {
		if len(w.Clients) == 0 {
			return nil
		}
		if len(d.services) >= d.limit && !d.makeRoom(w.Start) {
			d.unjudged++
			return nil
		}
		s = &service{reservoir: newReservoir(d.settings.Reservoir, len(d.features), d.random.Uint64()), due: d.settings.WarmUp}
		d.services[w.Service] = s
	}
	if w.Start.After(s.last) {
		s.last = w.Start
	}
	return s
}

// makeRoom gives up the service that had no window for longest, if that is a day.
func (d *Detector) makeRoom(now time.Time) bool {
	name, oldest := "", now.Add(-24*time.Hour)
	for n, s := range d.services {
		if s.last.Before(oldest) {
			name, oldest = n, s.last
		}
	}
	delete(d.services, name)
	return name != ""
}

// propose keeps a fair sample of the candidates, of which n were before.
func (d *Detector) propose(n *int, client int) {
	*n++
	if len(d.candidates) < offered {
		d.candidates = append(d.candidates, client)
	} else if i := d.random.IntN(*n); i < offered {
		d.candidates[i] = client
	}
}

// learn offers windows of clients to the reservoir: at first all of them, then
// so many that it is a fair sample of all since the start, or of the memory if
// that is shorter. What a restart has left counts as full.
func (d *Detector) learn(s *service, w *detect.Window) {
	d.random.Shuffle(len(d.candidates), func(i, j int) {
		d.candidates[i], d.candidates[j] = d.candidates[j], d.candidates[i]
	})
	span := max(1, min(float64(s.windows), float64(d.settings.Memory/d.window)))
	n := len(d.candidates)
	if s.restored || s.reservoir.len() == d.settings.Reservoir {
		s.credit = min(offered, s.credit+float64(d.settings.Reservoir)/span)
		n = min(n, int(s.credit))
		s.credit -= float64(n)
	}
	share := max(1, int(d.settings.Share*float64(d.settings.Reservoir)))
	for _, i := range d.candidates[:n] {
		d.row = feature.Row(d.row[:0], d.features, &w.Clients[i], &w.Pasts[i])
		s.reservoir.offer(owner(w.Clients[i].Client), d.row, share, float64(share)/span, s.windows)
	}
}
