package main

import (
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
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
	kinds  map[clientWindow]label
}

type clientWindow struct {
	client string
	start  int64 // Unix nanoseconds
}

type label struct {
	kind    string // of the attack that began first
	traffic bool
}

// readLabels reads a truth file, as `bank record` writes it.
func readLabels(path string, window time.Duration) (*labels, error) {
	calls, err := groundtruth.Read(path)
	if err != nil {
		return nil, err
	}
	l := &labels{window: window, kinds: make(map[clientWindow]label)}
	for i := range calls {
		c := &calls[i]
		key := clientWindow{c.Client, c.At.Truncate(window).UnixNano()}
		known, ok := l.kinds[key]
		if !ok {
			known.kind = c.Kind
		}
		known.traffic = known.traffic || showsInTraffic(c)
		l.kinds[key] = known
	}
	return l, nil
}

func showsInTraffic(c *groundtruth.Call) bool {
	return slices.ContainsFunc(c.Expect, func(kind string) bool { return kind != string(anomaly.Invariant) })
}

// of returns the label of a row and the kind of attack behind it, if any.
func (l *labels) of(v *traffic.Vector) (name, kind string) {
	known, ok := l.kinds[clientWindow{v.Client, v.Start.UnixNano()}]
	switch {
	case !ok:
		return normalLabel, ""
	case known.traffic:
		return attackLabel, known.kind
	}
	return tamperingLabel, known.kind
}
