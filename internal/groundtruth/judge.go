package groundtruth

import (
	"math"
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// Options of [Judge].
type Options struct {
	// Lateness is how long before a window a call may have been sent that is counted in it: the time from the sender to
	// the server's span, in event time, which a compressed clock stretches. 0 stands for 30 s, less for none.
	Lateness time.Duration
	// Share of the calls that makes an attacker of a client that a finding names among others, and the cause of a
	// verdict on a whole service of an attack; in (0, 1]. 0 stands for a tenth.
	Share float64
	// Quiet is the end of an initial stretch in which there is nothing to find, in event time. False alarms in it are
	// counted apart. Zero stands for the first labelled call.
	Quiet time.Time
	// Titles say in a line what the kinds of attack are.
	Titles map[string]string
	// Unseen tell of kinds of attack why what was looking for them cannot find them. They count as missed all the same.
	Unseen map[string]Unseen
}

// Unseen is why attacks of a kind cannot be found.
type Unseen struct {
	Why  string // a clause
	Part bool   // it is true of a part of their calls only: attacks that were not found have been missed
}

const (
	defaultLateness = 30 * time.Second
	defaultShare    = 0.1
)

func (o Options) withDefaults(begin time.Time) Options {
	if o.Lateness == 0 {
		o.Lateness = defaultLateness
	}
	o.Lateness = max(0, o.Lateness)
	if math.IsNaN(o.Share) || o.Share <= 0 || o.Share > 1 {
		o.Share = defaultShare
	}
	if o.Quiet.IsZero() {
		o.Quiet = begin
	}
	return o
}

// Judge puts what really happened and what was found together. The order of the calls and of the findings does not
// matter; calls without an attack or a time are passed over.
func Judge(calls []Call, findings []Finding, options Options) Verdict {
	t := newTruth(calls)
	o := options.withDefaults(t.begin())
	v := Verdict{Alarms: alarmsOf(findings), Quiet: o.Quiet}
	for _, a := range t.attacks {
		v.Attacks = append(v.Attacks, Attack{
			ID: a.id, Kind: a.kind, Expect: a.expect, First: a.first, Last: a.last, Calls: len(a.calls),
		})
	}
	condemned := make([]map[string]bool, len(t.attacks)) // traces
	for i := range v.Alarms {
		alarm := &v.Alarms[i]
		alarm.InQuiet = alarm.inQuiet(o.Quiet)
		alarm.attacks, alarm.Rule = t.match(&alarm.Finding, o)
		for _, n := range alarm.attacks {
			alarm.Attacks = append(alarm.Attacks, t.attacks[n].id)
			alarm.Expected = alarm.Expected || t.attacks[n].expects(alarm.Kind)
			v.Attacks[n].credit(alarm)
			if alarm.Kind == string(anomaly.Invariant) {
				if condemned[n] == nil {
					condemned[n] = make(map[string]bool)
				}
				condemned[n][alarm.Trace] = true
			}
		}
	}
	for n, traces := range condemned {
		for trace := range traces {
			v.Attacks[n].CallsFound += t.attacks[n].traces[trace]
		}
	}
	v.Kinds = kindsOf(v.Attacks, o)
	return v
}

// credit adds an alarm to those that found the attack; alarms come by the end of their windows.
func (a *Attack) credit(alarm *Alarm) {
	if !a.Found {
		a.Found, a.End = true, alarm.WindowEnd
		a.After = max(0, alarm.WindowEnd.Sub(a.First))
	}
	if source := alarm.source(); !slices.Contains(a.Sources, source) {
		a.Sources = append(a.Sources, source)
	}
	if !slices.Contains(a.Detectors, alarm.by()) {
		a.Detectors = append(a.Detectors, alarm.by())
	}
	if at, found := slices.BinarySearch(a.FoundBy, alarm.Kind); !found {
		a.FoundBy = slices.Insert(a.FoundBy, at, alarm.Kind)
	}
	a.AsExpected = a.AsExpected || slices.Contains(a.Expect, alarm.Kind)
}
