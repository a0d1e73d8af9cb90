package dos

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/spanwarden/spanwarden/internal/detect"
)

const (
	lastSecond = 1 << 40  // no window starts later, Unix seconds
	maxCount   = 1 << 53  // of calls or windows; exact as a float64
	maxFigure  = 1e30     // of anything else
	leastGap   = 1e-9 / 2 // s; a nanosecond, and room for rounding
)

// Save encodes the histories.
func (d *Detector) Save() ([]byte, error) { return json.Marshal(d.services) }

// Restore takes up saved histories. Those longer than the settings ask for lose
// their oldest windows; if there are too many services, those that have been
// silent for longest are left out. After an error the detector is as before.
func (d *Detector) Restore(state []byte) error {
	var services map[string]*history
	if err := json.Unmarshal(state, &services); err != nil {
		return fmt.Errorf("read the state of the DoS test: %w", err)
	}
	for name, h := range services {
		if h == nil {
			return fmt.Errorf("read the state of the DoS test: %q has no history", name)
		}
		if err := h.validate(); err != nil {
			return fmt.Errorf("read the state of the DoS test: the history of %q: %w", name, err)
		}
	}
	names := slices.SortedFunc(maps.Keys(services), func(a, b string) int {
		return cmp.Or(cmp.Compare(services[b].Last, services[a].Last), cmp.Compare(a, b))
	})
	restored := make(map[string]*history)
	for _, name := range names[:min(len(names), d.limit)] {
		h := services[name]
		h.fit(d.settings)
		restored[name] = h
	}
	d.services = restored
	return nil
}

// fit trims the history to the settings, which may have changed.
func (h *history) fit(s Settings) {
	h.Points = slices.Clone(h.Points[max(0, len(h.Points)-s.Windows):])
	h.Past.trim(s.History)
	h.CalmFor = min(h.CalmFor, s.Windows)
}

// validate refuses what Save never writes.
func (h *history) validate() error {
	switch {
	case h.Length < 0:
		return errors.New("length is negative")
	case h.Last < 0 || h.Last > lastSecond:
		return errors.New("last is no time")
	case h.Past.Next < 0 || h.Past.Next >= max(1, len(h.Past.Calls)):
		return errors.New("past.next lies outside past.calls")
	case h.CalmFor < 0 && h.Calm != nil:
		return errors.New("calm_for is negative")
	}
	for _, p := range h.Points {
		if err := p.validate(); err != nil {
			return err
		}
	}
	if h.Calm != nil {
		if err := h.Calm.validate(); err != nil {
			return err
		}
	}
	return errors.Join(h.Collapsed.validate(), h.Flooded.validate())
}

func (p point) validate() error {
	if p.Calls < 0 || p.Calls > maxCount || p.Gap < leastGap || p.Gap > maxFigure || p.DataOut > maxFigure || p.DataOut < -1 {
		return errors.New("a window's figures are out of range")
	}
	return nil
}

func (c *change) validate() error {
	if c == nil {
		return nil
	}
	for _, figure := range []float64{c.Before, c.After, c.Usual, c.Load, c.Calls, c.Score} {
		if figure < -maxFigure || figure > maxFigure {
			return errors.New("a finding's figures are out of range")
		}
	}
	if c.Windows < 0 || c.Windows > maxCount {
		return errors.New("a finding's windows are out of range")
	}
	return nil
}

var _ detect.Stateful = (*Detector)(nil)
