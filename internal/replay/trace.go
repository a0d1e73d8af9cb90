package replay

import "github.com/spanwarden/spanwarden/internal/invariant"

// Trace is the calls of a trace, at least one, by start; of those with one start parents come before their children, the
// others by span id. It is not to be changed.
type Trace struct {
	Calls []Observation
}

// Observation is a call with what is around it.
type Observation struct {
	Call   *invariant.Call
	Around invariant.Surroundings
	Root   bool // no server span above it was read
}

// Start is when the first call began, in ns since the epoch.
func (t *Trace) Start() int64 { return t.Calls[0].Call.Start }

// End is when the last call ended, in ns since the epoch.
func (t *Trace) End() int64 {
	end := t.Calls[0].Call.End
	for i := range t.Calls {
		end = max(end, t.Calls[i].Call.End)
	}
	return end
}
