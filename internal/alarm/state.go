package alarm

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// saved is an alarm as it is kept across a restart: enough to end it, and not to
// begin it twice.
type saved struct {
	Service  string       `json:"service"`
	Kind     anomaly.Kind `json:"kind"`
	Detector string       `json:"detector"`
	Client   string       `json:"client,omitempty"`
	Group    string       `json:"group,omitempty"`
	Rule     string       `json:"rule"`
	Message  string       `json:"message"`
	Score    float64      `json:"score"`
	Begun    time.Time    `json:"begun"`
	Until    time.Time    `json:"until"` // end of the last window with the finding
	Windows  int          `json:"windows"`
	Missing  int          `json:"missing"`
	Cooling  int          `json:"cooling"`
	Hold     int          `json:"hold,omitempty"`
}

// Name is the key of the book's state.
func (b *Book) Name() string { return "alarms" }

// Save encodes the alarms.
func (b *Book) Save() ([]byte, error) {
	alarms := []saved{}
	for service, entries := range b.alarms {
		for s, e := range entries {
			alarms = append(alarms, saved{
				Service: service, Kind: s.kind, Detector: s.detector, Client: s.client, Group: s.group,
				Rule: e.event.Rule, Message: e.first, Score: e.event.Score, Begun: e.event.Begun, Until: e.event.WindowEnd,
				Windows: e.windows, Missing: e.missing, Cooling: e.cooling, Hold: e.event.Hold,
			})
		}
	}
	slices.SortFunc(alarms, func(a, b saved) int { // in one order, so that the same alarms are the same bytes
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detector, b.Detector), cmp.Compare(a.Client, b.Client), cmp.Compare(a.Group, b.Group))
	})
	return json.Marshal(alarms)
}

// Restore takes up saved alarms.
func (b *Book) Restore(state []byte) error {
	var alarms []saved
	if err := json.Unmarshal(state, &alarms); err != nil {
		return fmt.Errorf("read the open alarms: %w", err)
	}
	for i := range alarms {
		a := &alarms[i]
		s := subject{a.Kind, a.Detector, a.Client, a.Group}
		if !b.open(a.Service, s, anomaly.Event{
			Kind: a.Kind, Detector: a.Detector, Rule: a.Rule, Service: a.Service, Client: a.Client, Group: a.Group,
			Message: a.Message, Score: a.Score, Begun: a.Begun, WindowEnd: a.Until, Hold: a.Hold,
		}) {
			break
		}
		e := b.alarms[a.Service][s]
		e.windows, e.missing, e.cooling, e.reported = a.Windows, a.Missing, a.Cooling, false
	}
	return nil
}
