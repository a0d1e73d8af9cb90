package main

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

// Labels of a row.
const (
	normalLabel    = "normal"
	attackLabel    = "attack"    // the client made calls of an attack that shows in traffic
	tamperingLabel = "tampering" // all its attacks were in single calls, which traffic does not show
)

// labels tell which clients attacked when.
type labels struct {
	window time.Duration
	traces map[string]*groundtruth.Call // by id; the last call of a trace
	mu     sync.Mutex                   // rows are written while spans are read
	kinds  map[clientWindow]*label
}

type clientWindow struct {
	client string
	start  int64 // Unix nanoseconds
}

type label struct {
	kind    string // of the attack that began first
	traffic bool
	calls   int
	used    bool // by a row
}

// readLabels reads a truth file, as `bank record` writes it.
func readLabels(path string, window time.Duration) (*labels, error) {
	calls, err := groundtruth.Read(path)
	if err != nil {
		return nil, err
	}
	l := &labels{window: window, traces: make(map[string]*groundtruth.Call), kinds: make(map[clientWindow]*label)}
	for i := range calls {
		c := &calls[i]
		key := clientWindow{c.Client, windowStart(c.At, window)}
		known, ok := l.kinds[key]
		if !ok {
			known = &label{kind: c.Kind}
			l.kinds[key] = known
		}
		known.traffic = known.traffic || showsInTraffic(c)
		known.calls++
		l.traces[strings.ToLower(c.TraceID)] = c
	}
	return l, nil
}

// windowStart is when the window of a call begins, in Unix nanoseconds: windows
// are counted from 1970, where time.Truncate counts from the year 1.
func windowStart(at time.Time, window time.Duration) int64 {
	return traffic.FloorDiv(at.UnixNano(), int64(window)) * int64(window)
}

func showsInTraffic(c *groundtruth.Call) bool {
	return slices.ContainsFunc(c.Expect, func(kind string) bool { return kind != string(anomaly.Invariant) })
}

// saw labels the window that a call is filed under, which is when its server began
// with it and may be the one after that in which it was sent.
func (l *labels) saw(call *apicall.Call) {
	if l == nil {
		return
	}
	c := l.traces[call.TraceID.String()]
	if c == nil || c.Client != call.Client {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	sent := l.kinds[clientWindow{c.Client, windowStart(c.At, l.window)}]
	key := clientWindow{c.Client, windowStart(time.Unix(0, call.Start), l.window)}
	if l.kinds[key] == nil {
		l.kinds[key] = &label{kind: sent.kind, traffic: sent.traffic}
		sent.used = true
	}
}

// of returns the label of a row and the kind of attack behind it, if any.
func (l *labels) of(v *traffic.Vector) (name, kind string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	known, ok := l.kinds[clientWindow{v.Client, v.Start.UnixNano()}]
	if !ok {
		return normalLabel, ""
	}
	known.used = true
	if known.traffic {
		return attackLabel, known.kind
	}
	return tamperingLabel, known.kind
}

// misses are the windows of clients that the truth labels and no row is of, and
// the calls in them, of so many.
type misses struct{ windows, calls, ofWindows, ofCalls int }

func (l *labels) misses() (m misses) {
	for _, known := range l.kinds {
		m.ofWindows++
		m.ofCalls += known.calls
		if !known.used {
			m.windows++
			m.calls += known.calls
		}
	}
	return m
}
