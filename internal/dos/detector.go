// Package dos finds denial of service in the windows of a service: API-TAD's
// change-point test for the collapse of a service under load, and a surge of
// calls that the service survives.
//
// Collapse (API-TAD, section III): dos_factor = data_out · total_calls /
// inter_api_access of each window; PELT on its logarithm, standardised, over the
// last windows; an alarm when a change point lies within the last two windows,
// the factor has fallen to a tenth of what it was, calls / inter_api_access alone
// to the root of that (smaller answers are no collapse), and any of the windows
// had enough calls to arm the test. A window without calls has the factor 0, so a
// service that falls silent is judged.
//
// Surge: PELT on the logarithm of total_calls; an alarm when the calls have
// risen to a multiple of their level before and of what the service's own history
// makes credible: the 99th percentile of its last windows with calls, and what is
// usual at this time of day.
package dos

import (
	"cmp"
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
	scratch  []int32
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
		d.judgePartial(h, p, w, report)
		return
	}
	since := h.since(w, d.settings.History+1)
	h.push(p, d.settings.Windows)
	d.judgeSurge(h, since, w, report)
	d.judgeCollapse(h, w, report)
	h.Last = w.Start.Unix()
	if h.Flooded != nil {
		h.flood(h.Flooded.Windows)
		h.remember(-p.Calls, since, d.settings.History)
		return
	}
	h.remember(p.Calls, since, d.settings.History)
	if h.CalmFor = max(0, h.CalmFor-1); h.CalmFor == 0 {
		h.Calm = nil
	}
}

// judgePartial judges a window that lacks calls. It does not belong into the
// history, and nothing ends in it; but too many calls are too many.
func (d *Detector) judgePartial(h *history, p point, w *detect.Window, report func(anomaly.Event)) {
	seen := *h
	seen.Points = append(slices.Clip(h.Points), p)
	if seen.Flooded != nil {
		report(d.surgeEvent(&seen, w))
	} else {
		d.judgeSurge(&seen, h.since(w, d.settings.History+1), w, report)
	}
	if seen.Collapsed != nil {
		report(d.collapseEvent(&seen, w))
	}
}

// history of the window's service, a new one if the windows' length has changed;
// when there are too many services, that of the one that has been silent for
// longest makes room.
func (d *Detector) history(w *detect.Window) *history {
	length := w.End.Sub(w.Start)
	h, ok := d.services[w.Service]
	if ok && h.Length == length {
		return h
	}
	if !ok && len(d.services) >= d.limit {
		delete(d.services, detect.Oldest(d.services, func(h *history) int64 { return h.Last }))
	}
	h = &history{Length: length, Last: w.Start.Unix()}
	d.services[w.Service] = h
	return h
}

// judgeCollapse looks for a fall of the DoS factor.
func (d *Detector) judgeCollapse(h *history, w *detect.Window, report func(anomaly.Event)) {
	if h.Collapsed != nil {
		if h.Collapsed.Windows++; d.recovered(h.Collapsed, h.Points[len(h.Points)-1]) {
			h.Collapsed = nil
			return
		}
		report(d.collapseEvent(h, w))
		return
	}
	if len(h.Points) < d.settings.WarmUp || !d.armed(h) {
		return
	}
	sized := tellsSizes(h.Points, h.Calm)
	d.factors(h.Points, sized)
	from, at, ok := d.lastChange(d.collapse, max(fresh, d.settings.MinSize))
	if !ok {
		return
	}
	c := change{levels: d.fall(h, from, at, sized), Windows: len(h.Points) - at, Sized: sized}
	if c.After-c.Before > math.Log(d.settings.Drop) {
		return
	}
	d.factors(h.Points, false)
	load := d.fall(h, from, at, false)
	if load.After-load.Before > math.Log(d.settings.Drop)/2 {
		return // smaller answers, such as by compression; the calls are as before
	}
	c.Load = load.Before
	c.Score = (c.Before - c.After) / math.Ln10
	c.Calls = usualCalls(h.Points[:len(h.Points)-fresh])
	h.Collapsed = &c
	report(d.collapseEvent(h, w))
}

// factors makes the logarithms of the windows' DoS factors the series.
func (d *Detector) factors(points []point, sized bool) {
	d.series = d.series[:0]
	for _, p := range points {
		d.series = append(d.series, math.Log1p(p.factor(sized)))
	}
}

// fall is the series' levels around the change point. The end of a flood is no
// collapse: the fall counts from the usual level and that of calm times.
func (d *Detector) fall(h *history, from, at int, sized bool) levels {
	l := levelsAround(d.series, from, at)
	l.Before = min(l.Before, l.Usual)
	if h.Calm != nil {
		l.Before = min(l.Before, math.Log1p(h.Calm.factor(sized)))
	}
	return l
}

// recovered says whether a collapse is over: the factor is back at half of its
// fall, or the new level has become the normal one.
func (d *Detector) recovered(c *change, now point) bool {
	if c.Windows > patience*d.settings.Windows {
		return true
	}
	half := math.Log(d.settings.Drop) / 2
	if c.Sized && now.DataOut < 0 {
		// Sizes have gone; calls/gap goes with the square of the rate, the factor
		// with the third power.
		return math.Log1p(now.factor(false)) >= c.Load+half*2/3
	}
	return math.Log1p(now.factor(c.Sized)) >= c.Before+half
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

// judgeSurge looks for a rise of the calls; the window lies since windows after
// the one before.
func (d *Detector) judgeSurge(h *history, since int, w *detect.Window, report func(anomaly.Event)) {
	calls := h.Points[len(h.Points)-1].Calls
	if c := h.Flooded; c != nil {
		c.Windows++
		if math.Log1p(float64(calls)) < (c.Before+c.After)/2 {
			h.Flooded = nil
			return
		}
		if c.Windows > patience*d.settings.Windows {
			h.Flooded = nil
			h.acceptFlood()
			return
		}
		report(d.surgeEvent(h, w))
		return
	}
	if calls < d.settings.SurgeMinCalls || len(h.Points) < d.settings.WarmUp {
		return
	}
	d.series = d.series[:0]
	for _, p := range h.Points {
		if p.Flood && h.Calm != nil {
			p = *h.Calm // one flood must not make the next one look small
		}
		d.series = append(d.series, math.Log1p(float64(p.Calls)))
	}
	from, at, ok := d.lastChange(d.surge, fresh)
	if !ok {
		return
	}
	c := change{levels: levelsAround(d.series, from, at), Windows: len(h.Points) - at}
	if c.After-c.Before < math.Log(d.settings.SurgeRatio) {
		return
	}
	high, ok := d.high(h, since)
	if !ok || float64(calls) < d.settings.SurgeHistory*high {
		return
	}
	c.Score = (c.After - c.Before) / math.Ln10
	c.Calls = math.Expm1(c.Before)
	h.Flooded = &c
	h.Calm, h.CalmFor = cmp.Or(calm(h.Points[:at]), h.Calm), d.settings.Windows
	report(d.surgeEvent(h, w))
}

// high is the number of calls that the service's own history makes credible now:
// the 99th percentile of the last windows that had calls, or what is usual at
// this time of day if that is more. Too few windows with calls are no
// history: a service that was idle and is put to work is not flooded.
//
// Measured on simulated days: the 99th percentile of the whole day is that of its
// peak and hides floods at night; without the time of day, mornings that rise
// within minutes are a flood every day.
func (d *Detector) high(h *history, since int) (calls float64, ok bool) {
	reach := d.settings.History
	d.scratch = h.Past.lately(d.scratch[:0], max(recent, d.settings.WarmUp), reach-since+1)
	if len(d.scratch) < d.settings.WarmUp {
		return 0, false
	}
	lately := percentile99(d.scratch)
	var daily float64
	daily, d.scratch = h.Past.atThisTime(d.scratch, since, h.Length, reach)
	return max(lately, daily), true
}

// lastChange finds the latest change point of the series, if it lies within the
// last windows, and the start of the segment before it.
func (d *Detector) lastChange(pelt *changepoint.Detector, within int) (from, at int, ok bool) {
	d.standard = changepoint.Standardise(d.standard[:0], d.series)
	var err error
	d.ends, err = pelt.Find(d.ends[:0], d.standard)
	if err != nil || len(d.ends) < 2 {
		return 0, 0, false
	}
	at = d.ends[len(d.ends)-2]
	if len(d.ends) > 2 {
		from = d.ends[len(d.ends)-3]
	}
	return from, at, at >= len(d.series)-within
}

// levelsAround the change point at, whose segment before starts at from; it
// sorts the series up to the change point.
func levelsAround(series []float64, from, at int) levels {
	l := levels{Before: mean(series[from:at]), After: mean(series[at:])}
	before := series[:at]
	slices.Sort(before)
	l.Usual = (before[(at-1)/2] + before[at/2]) / 2
	return l
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// calm is the typical window of those before a flood: the one with the median
// number of calls, nil if all of them are floods themselves.
func calm(points []point) *point {
	byCalls := slices.DeleteFunc(slices.Clone(points), func(p point) bool { return p.Flood })
	if len(byCalls) == 0 {
		return nil
	}
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
