// Package dos finds denial of service in the windows of a service: API-TAD's
// change-point test for the collapse of a service under load, and a surge of
// calls that the service survives.
//
// Collapse (API-TAD, section III): dos_factor = data_out · total_calls /
// inter_api_access of each window; PELT on its logarithm, standardised, over the
// last windows; an alarm when a change point lies within the last two windows,
// the factor has fallen to a tenth of what it was, and any of the windows had
// enough calls to arm the test. A window without calls has the factor 0, so a
// service that falls silent is judged.
//
// Surge: PELT on the logarithm of total_calls; an alarm when the calls have
// risen to a multiple of their level before and of the 99th percentile of the
// service's own history.
package dos

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/changepoint"
	"github.com/spanwarden/spanwarden/internal/detect"
)

const (
	// fresh is how many windows back a change may lie to be reported.
	fresh = 2

	// patience is after how many times Windows a changed level is taken for the
	// new normal.
	patience = 3
)

// Detector judges services. Not for concurrent use.
type Detector struct {
	settings Settings
	limit    int // services
	services map[string]*history
	collapse *changepoint.Detector
	surge    *changepoint.Detector

	series   []float64 // logarithms, one a window
	standard []float64
	ends     []int
	scratch  []uint32
}

// New returns a detector for up to limit services; the settings must be valid.
func New(settings Settings, limit int) (*Detector, error) {
	penalty := settings.Penalty
	if penalty == 0 {
		penalty = 3 * math.Log(float64(settings.Windows))
	}
	collapse, err := changepoint.New(changepoint.Settings{Cost: settings.Cost, MinSize: settings.MinSize, Jump: 1, Penalty: penalty})
	if err != nil {
		return nil, err
	}
	surge, err := changepoint.New(changepoint.Settings{Cost: changepoint.L2, MinSize: 1, Jump: 1, Penalty: penalty})
	if err != nil {
		return nil, err
	}
	return &Detector{
		settings: settings,
		limit:    limit,
		services: make(map[string]*history),
		collapse: collapse,
		surge:    surge,
	}, nil
}

// Name is the key of the detector's state.
func (d *Detector) Name() string { return "dos" }

// Judge adds the window to the service's history and reports a collapse or a
// surge that begins or goes on.
func (d *Detector) Judge(w *detect.Window, report func(anomaly.Event)) {
	h := d.history(w)
	p := newPoint(&w.Total, w.Resolution, w.End.Sub(w.Start))
	p.Clients, p.Endpoints = w.Busiest, w.Endpoints
	if w.Partial {
		// A window that lacks calls says nothing about a collapse and does not
		// belong into the history, but too many calls are too many.
		d.judgePartial(h, p, w, report)
		return
	}
	h.push(p, d.settings.Windows)
	h.Last = w.Start.Unix()
	d.judgeSurge(h, w, report)
	d.judgeCollapse(h, w, report)
	if h.Flooded == nil {
		h.remember(p.Calls, d.settings.History)
		if h.CalmFor--; h.CalmFor <= 0 {
			h.Calm = nil
		}
	}
}

func (d *Detector) judgePartial(h *history, p point, w *detect.Window, report func(anomaly.Event)) {
	points, flooded := h.Points, h.Flooded
	h.Points = append(slices.Clip(points), p)
	d.judgeSurge(h, w, report)
	h.Points = points
	if flooded == nil {
		h.Flooded = nil
	}
}

// history of the window's service; when there are too many services, that of
// the one that has been silent for longest makes room.
func (d *Detector) history(w *detect.Window) *history {
	h, ok := d.services[w.Service]
	if ok {
		return h
	}
	if len(d.services) >= d.limit {
		oldest, last := "", int64(math.MaxInt64)
		for name, other := range d.services {
			if other.Last < last {
				oldest, last = name, other.Last
			}
		}
		delete(d.services, oldest)
	}
	h = &history{Last: w.Start.Unix()}
	d.services[w.Service] = h
	return h
}

// judgeCollapse looks for a fall of the DoS factor.
func (d *Detector) judgeCollapse(h *history, w *detect.Window, report func(anomaly.Event)) {
	if c := h.Collapsed; c != nil {
		c.Windows++
		now := math.Log1p(h.Points[len(h.Points)-1].factor(c.Sized))
		halfway := c.Before + math.Log(d.settings.Drop)/2
		if now >= halfway || c.Windows > patience*d.settings.Windows {
			h.Collapsed = nil
			return
		}
		report(d.collapseEvent(h, w))
		return
	}
	if len(h.Points) < d.settings.WarmUp || !d.armed(h) {
		return
	}
	sized := tellsSizes(h.Points)
	d.series = d.series[:0]
	for _, p := range h.Points {
		d.series = append(d.series, math.Log1p(p.factor(sized)))
	}
	c, ok := d.lastChange(d.collapse, max(fresh, d.settings.MinSize))
	if !ok {
		return
	}
	// The end of a flood is no collapse: the fall counts from the usual level.
	c.Before = min(c.Before, c.Usual)
	if h.Calm != nil {
		c.Before = min(c.Before, math.Log1p(h.Calm.factor(sized)))
	}
	if c.After-c.Before > math.Log(d.settings.Drop) {
		return
	}
	c.Sized = sized
	c.Score = (c.Before - c.After) / math.Ln10
	c.Calls = usualCalls(h.Points[:len(h.Points)-fresh])
	h.Collapsed = &c
	report(d.collapseEvent(h, w))
}

// armed says whether any of the last windows had enough calls; the current one
// alone would disarm the test just when the service collapses.
func (d *Detector) armed(h *history) bool {
	for _, p := range h.Points {
		if p.Calls >= d.settings.MinCalls {
			return true
		}
	}
	return false
}

// judgeSurge looks for a rise of the calls.
func (d *Detector) judgeSurge(h *history, w *detect.Window, report func(anomaly.Event)) {
	calls := h.Points[len(h.Points)-1].Calls
	if c := h.Flooded; c != nil {
		c.Windows++
		if math.Log1p(float64(calls)) < (c.Before+c.After)/2 || c.Windows > patience*d.settings.Windows {
			h.Flooded = nil
			return
		}
		report(d.surgeEvent(h, w))
		return
	}
	if calls < d.settings.SurgeMinCalls || len(h.Points) < d.settings.WarmUp || len(h.Calls) < d.settings.WarmUp {
		return
	}
	d.series = d.series[:0]
	for _, p := range h.Points {
		d.series = append(d.series, math.Log1p(float64(p.Calls)))
	}
	c, ok := d.lastChange(d.surge, fresh)
	if !ok || c.After-c.Before < math.Log(d.settings.SurgeRatio) {
		return
	}
	var high float64
	high, d.scratch = h.high(d.scratch)
	if float64(calls) < d.settings.SurgeHistory*high {
		return
	}
	c.Score = (c.After - c.Before) / math.Ln10
	c.Calls = math.Expm1(c.Before)
	h.Flooded = &c
	h.Calm, h.CalmFor = calm(h.Points[:len(h.Points)-c.Windows]), d.settings.Windows
	report(d.surgeEvent(h, w))
}

// lastChange finds the latest change point of the series, if it lies within the
// last windows, and the levels before and after it.
func (d *Detector) lastChange(pelt *changepoint.Detector, within int) (change, bool) {
	d.standard = changepoint.Standardise(d.standard[:0], d.series)
	var err error
	d.ends, err = pelt.Find(d.ends[:0], d.standard)
	n := len(d.series)
	if err != nil || len(d.ends) < 2 {
		return change{}, false
	}
	at := d.ends[len(d.ends)-2]
	if at < n-within {
		return change{}, false
	}
	start := 0
	if len(d.ends) > 2 {
		start = d.ends[len(d.ends)-3]
	}
	c := change{Before: mean(d.series[start:at]), After: mean(d.series[at:]), Windows: n - at}
	before := d.series[:at]
	slices.Sort(before)
	c.Usual = (before[(at-1)/2] + before[at/2]) / 2
	return c, true
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// calm is the typical window of those before a flood: the one with the median
// number of calls.
func calm(points []point) *point {
	if len(points) == 0 {
		return nil
	}
	byCalls := slices.Clone(points)
	slices.SortFunc(byCalls, func(a, b point) int { return cmp.Compare(a.Calls, b.Calls) })
	return &byCalls[len(byCalls)/2]
}

// usualCalls is the mean of the windows' calls.
func usualCalls(points []point) float64 {
	sum := 0.0
	for _, p := range points {
		sum += float64(p.Calls)
	}
	return sum / float64(max(1, len(points)))
}

// Save encodes the histories.
func (d *Detector) Save() ([]byte, error) { return json.Marshal(d.services) }

// Restore takes up saved histories. The time between them and the next window
// does not count: nobody was looking.
func (d *Detector) Restore(state []byte) error {
	services := make(map[string]*history)
	if err := json.Unmarshal(state, &services); err != nil {
		return fmt.Errorf("read the state of the DoS test: %w", err)
	}
	for name, h := range services {
		if h == nil || len(h.Points) > d.settings.Windows || len(h.Calls) > d.settings.History || h.Next < 0 {
			return fmt.Errorf("read the state of the DoS test: the history of %q does not fit the settings", name)
		}
		if len(d.services) < d.limit {
			d.services[name] = h
		}
	}
	return nil
}

var _ detect.Stateful = (*Detector)(nil)
