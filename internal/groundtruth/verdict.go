package groundtruth

import (
	"cmp"
	"slices"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// Verdict is what was found of what really happened.
type Verdict struct {
	Kinds   []Kind    // of attacks, by their first call
	Attacks []Attack  // by their first call
	Alarms  []Alarm   // right and false, by the end of the window in which each began
	Quiet   time.Time // end of the initial quiet stretch; zero if there were no attacks
}

// Attack is what was found of one attack.
type Attack struct {
	ID, Kind    string
	Expect      []string  // values of anomaly.kind that would be a right finding, sorted
	First, Last time.Time // its labelled calls
	Calls       int       // labelled
	CallsFound  int       // of these, those that broken invariants condemned

	Found      bool
	End        time.Time     // of the first window that found it
	After      time.Duration // from its first call until then
	Detectors  []string      // those that found it, by time; of broken invariants the rules
	FoundBy    []string      // values of anomaly.kind that found it, ever, sorted
	Sources    []string      // kind/detector of all that found it, by time
	AsExpected bool          // one of FoundBy is expected
}

// Kind is what was found of all attacks of a kind.
type Kind struct {
	Name, Title       string
	Unseen            Unseen   // why not all of it can be found; the zero value where it can
	Expect            []string // values of anomaly.kind that would be a right finding, sorted
	Instances, Found  int
	AsExpected        int            // of Found, those that a finding of an expected kind found
	Calls, CallsFound int            // labelled, and of these condemned by broken invariants
	Detectors         []string       // those that found an instance, in the order of the instances; of broken invariants the rules
	FoundBy           map[string]int // instances found, by anomaly.kind
	Shortest, Longest time.Duration  // from an instance's first call until it was found
}

// Source is how often one detector was right.
type Source struct {
	Kind, Detector  string
	Findings, Right int // alarms begun
}

// Recall is the part of the instances that was found.
func (k *Kind) Recall() float64 { return part(k.Found, k.Instances) }

// CallRecall is the part of the labelled calls that broken invariants condemned.
func (k *Kind) CallRecall() float64 { return part(k.CallsFound, k.Calls) }

// Precision is the part of the findings that was right.
func (s *Source) Precision() float64 { return part(s.Right, s.Findings) }

// byCall reports whether single calls of this kind are to be found.
func (k *Kind) byCall() bool { return slices.Contains(k.Expect, string(anomaly.Invariant)) }

// part is 0 of nothing.
func part(some, all int) float64 {
	if all == 0 {
		return 0
	}
	return float64(some) / float64(all)
}

// by is who found something, in a word: the rule that is broken, or the detector.
func (f *Finding) by() string {
	switch {
	case f.Kind == string(anomaly.Invariant) && f.Rule != "":
		return f.Rule
	case f.Detector == "":
		return f.Kind
	}
	return f.Detector
}

// kindsOf adds up attacks, which are ordered by time.
func kindsOf(attacks []Attack, o Options) []Kind {
	var kinds []Kind
	for i := range attacks {
		a := &attacks[i]
		n := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == a.Kind })
		if n < 0 {
			n = len(kinds)
			kinds = append(kinds, Kind{Name: a.Kind, Title: o.Titles[a.Kind], Unseen: o.Unseen[a.Kind], FoundBy: make(map[string]int)})
		}
		kinds[n].add(a)
	}
	return kinds
}

func (k *Kind) add(a *Attack) {
	k.Instances++
	k.Calls += a.Calls
	k.CallsFound += a.CallsFound
	for _, kind := range a.Expect {
		if at, found := slices.BinarySearch(k.Expect, kind); !found {
			k.Expect = slices.Insert(k.Expect, at, kind)
		}
	}
	if !a.Found {
		return
	}
	if k.Found == 0 {
		k.Shortest = a.After
	}
	k.Found++
	k.Shortest, k.Longest = min(k.Shortest, a.After), max(k.Longest, a.After)
	if a.AsExpected {
		k.AsExpected++
	}
	for _, kind := range a.FoundBy {
		k.FoundBy[kind]++
	}
	for _, d := range a.Detectors {
		if !slices.Contains(k.Detectors, d) {
			k.Detectors = append(k.Detectors, d)
		}
	}
}

// FalseAlarms returns the alarms that belong to no attack, by time, and how many of them lie in the quiet stretch.
func (v Verdict) FalseAlarms() (alarms []Alarm, quiet int) {
	for i := range v.Alarms {
		if v.Alarms[i].False() {
			alarms = append(alarms, v.Alarms[i])
			if v.Alarms[i].InQuiet {
				quiet++
			}
		}
	}
	return alarms, quiet
}

// Sources returns how often each detector was right, ordered by kind and detector.
func (v Verdict) Sources() []Source {
	var sources []Source
	for i := range v.Alarms {
		a := &v.Alarms[i]
		at, found := slices.BinarySearchFunc(sources, a, func(s Source, a *Alarm) int {
			return compareSources(s, Source{Kind: a.Kind, Detector: a.Detector})
		})
		if !found {
			sources = slices.Insert(sources, at, Source{Kind: a.Kind, Detector: a.Detector})
		}
		sources[at].Findings++
		if !a.False() {
			sources[at].Right++
		}
	}
	return sources
}

func compareSources(a, b Source) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detector, b.Detector))
}
