package apianomalyconnector

import (
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// series is one label set with its count. count and exemplars are guarded by the table's lock; announced and due belong
// to the goroutine that reports.
type series struct {
	labels    anomaly.Labels
	overflow  bool // stands for all label sets that found no room; labels is then empty
	count     int64
	exemplars []exemplar // newest last

	announced bool      // its 0 has been reported
	due       time.Time // not to be reported before
}

// exemplar is one of the anomalies counted. It is of use only if it leads to a trace.
type exemplar struct {
	traceID   pcommon.TraceID
	spanID    pcommon.SpanID
	timestamp pcommon.Timestamp
}

// seriesTable counts anomalies by label set, in a bounded number of series. It is safe for concurrent use. Series are
// never removed: a cumulative count that vanishes and comes back is a false reset.
type seriesTable struct {
	maxSeries, maxExemplars int

	mu       sync.Mutex
	byLabels map[anomaly.Labels]*series
	overflow *series
	all      []*series // by age
}

func newSeriesTable(maxSeries, maxExemplars int) *seriesTable {
	return &seriesTable{maxSeries: maxSeries, maxExemplars: maxExemplars, byLabels: map[anomaly.Labels]*series{}}
}

// add counts one anomaly. It reports whether that made a new series, and whether it went to the overflow series.
func (t *seriesTable) add(labels anomaly.Labels, e exemplar) (fresh, overflowed bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := len(t.all)
	s := t.find(labels)
	s.count++
	if !e.traceID.IsEmpty() && t.maxExemplars > 0 {
		s.exemplars = append(s.exemplars, e)
		s.exemplars = s.exemplars[max(0, len(s.exemplars)-t.maxExemplars):]
	}
	return len(t.all) > before, s.overflow
}

func (t *seriesTable) find(labels anomaly.Labels) *series {
	if s, ok := t.byLabels[labels]; ok {
		return s
	}
	if len(t.byLabels) < t.maxSeries-1 { // one is kept for the overflow
		s := &series{labels: cloned(labels)}
		t.byLabels[s.labels] = s
		t.all = append(t.all, s)
		return s
	}
	if t.overflow == nil {
		t.overflow = &series{overflow: true}
		t.all = append(t.all, t.overflow)
	}
	return t.overflow
}

// cloned makes the labels independent of the batch they came in: they may be short pieces of long texts.
func cloned(l anomaly.Labels) anomaly.Labels {
	return anomaly.Labels{
		Kind:     strings.Clone(l.Kind),
		Detector: strings.Clone(l.Detector),
		Service:  strings.Clone(l.Service),
		Method:   strings.Clone(l.Method),
		Route:    strings.Clone(l.Route),
	}
}

// reading is what a series has to say at one moment.
type reading struct {
	*series
	count     int64
	exemplars []exemplar
}

// read takes a reading of the chosen series. Until a series is announced its reading is 0, unless this is the last one
// of all. Exemplars are handed over: each is reported once.
func (t *seriesTable) read(chosen func(*series) bool, last bool) []reading {
	t.mu.Lock()
	defer t.mu.Unlock()
	var readings []reading
	for _, s := range t.all {
		if !chosen(s) {
			continue
		}
		r := reading{series: s}
		if s.announced || last {
			r.count, r.exemplars = s.count, s.exemplars
			s.exemplars = nil
		}
		readings = append(readings, r)
	}
	return readings
}
