package groundtruth

import (
	"slices"
	"time"
)

// Alarm is a finding with all that was reported of it afterwards.
type Alarm struct {
	Finding           // the report with which it begins, or the earliest one where that is missing
	Reports  int      // how many there are, this one included
	Attacks  []string // ids of the attacks that it belongs to, by their first call; none: it is a false alarm
	Rule     Rule     // why
	InQuiet  bool     // its window ended before the first attack, or whatever Options.Quiet says
	Expected bool     // one of these attacks expects a finding of this kind

	attacks []int
}

// False reports whether the alarm belongs to no attack.
func (a *Alarm) False() bool { return len(a.Attacks) == 0 }

// life is what the reports of one alarm have in common.
type life struct {
	kind, detector, service, client string
	begun                           time.Time
}

func lifeOf(f *Finding) life {
	return life{f.Kind, f.Detector, f.Service, f.Client, f.Begun.UTC().Round(0)}
}

// alarmsOf puts the reports of each alarm together; the alarms are ordered by time.
func alarmsOf(findings []Finding) []Alarm {
	reports := slices.SortedFunc(slices.Values(findings), compareFindings)
	seen := make(map[string]bool, len(reports)) // ids
	reports = slices.DeleteFunc(reports, func(f Finding) bool {
		again := f.ID != "" && seen[f.ID]
		seen[f.ID] = true
		return again
	})
	var alarms []Alarm
	lives := make(map[life]int)
	open := func(f *Finding) {
		if _, known := lives[lifeOf(f)]; !known && f.State != "" && !f.Begun.IsZero() {
			lives[lifeOf(f)] = len(alarms)
		}
		alarms = append(alarms, Alarm{Finding: *f, Reports: 1})
	}
	for i := range reports {
		if f := &reports[i]; f.State.IsNew() {
			open(f)
		}
	}
	for i := range reports {
		f := &reports[i]
		if f.State.IsNew() {
			continue
		}
		if n, known := lives[lifeOf(f)]; known {
			alarms[n].Reports++
			continue
		}
		open(f)
	}
	slices.SortStableFunc(alarms, func(a, b Alarm) int { return compareFindings(a.Finding, b.Finding) })
	return alarms
}

// inQuiet reports whether the finding's window lies before that time; a time that is zero never comes.
func (f *Finding) inQuiet(until time.Time) bool {
	return until.IsZero() || !f.WindowEnd.After(until)
}

// source names who found something: the kind and the detector.
func (f *Finding) source() string {
	if f.Detector == "" {
		return f.Kind
	}
	return f.Kind + "/" + f.Detector
}
