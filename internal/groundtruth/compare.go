package groundtruth

import (
	"fmt"
	"maps"
	"slices"
)

// Compare says in a line each which measured figures are worse than the published ones, in a fixed order: kinds of
// attack, detectors, false alarms, all together. What is new or better is not mentioned.
func Compare(published, measured Figures) []string {
	var c comparison
	for _, kind := range slices.Sorted(maps.Keys(published.Attacks)) {
		c.attack(kind, published.Attacks[kind], measured.Attacks)
	}
	for _, source := range slices.Sorted(maps.Keys(published.Findings)) {
		c.finding(source, published.Findings[source], measured.Findings)
	}
	c.rise("false alarms", published.FalseAlarms, measured.FalseAlarms)
	c.rise("false alarms in the quiet stretch", published.FalseQuiet, measured.FalseQuiet)
	c.fall("all attacks: recall", ratio(published.All.Found, published.All.Instances), ratio(measured.All.Found, measured.All.Instances))
	if measured.All.Findings > 0 {
		c.fall("all findings: precision", ratio(published.All.Right, published.All.Findings), ratio(measured.All.Right, measured.All.Findings))
	}
	return c.worse
}

type comparison struct{ worse []string }

func (c *comparison) say(format string, args ...any) {
	c.worse = append(c.worse, fmt.Sprintf(format, args...))
}

// attack compares the figures of a kind of attack; how many there are of it may differ.
func (c *comparison) attack(kind string, published AttackFigures, all map[string]AttackFigures) {
	measured, ok := all[kind]
	if !ok {
		c.say("%s: is not measured any more", kind)
		return
	}
	c.fall(kind+": recall", ratio(published.Found, published.Instances), ratio(measured.Found, measured.Instances))
	for _, by := range slices.Sorted(maps.Keys(published.FoundBy)) {
		c.fall(kind+": found by "+by, ratio(published.FoundBy[by], published.Instances), ratio(measured.FoundBy[by], measured.Instances))
	}
	switch {
	case published.Calls == nil:
	case measured.Calls == nil:
		c.say("%s: single calls are not measured any more", kind)
	default:
		c.fall(kind+": recall of calls", ratio(published.Calls.Found, published.Calls.Calls), ratio(measured.Calls.Found, measured.Calls.Calls))
	}
}

// finding compares how often a detector is right. One that finds nothing is as good as one that is silent.
func (c *comparison) finding(source string, published FindingFigures, all map[string]FindingFigures) {
	measured := all[source]
	if measured.Right == 0 && published.Right > 0 {
		c.say("%s: finds nothing any more, published %d right", source, published.Right)
		return
	}
	if measured.Findings > 0 {
		c.fall(source+": precision", ratio(published.Right, published.Findings), ratio(measured.Right, measured.Findings))
	}
}

// fraction is compared without rounding.
type fraction struct{ some, all int }

func ratio(some, all int) fraction { return fraction{some, all} }

func (f fraction) String() string {
	return fmt.Sprintf("%g (%d of %d)", rounded(part(f.some, f.all)), f.some, f.all)
}

func (c *comparison) fall(what string, published, measured fraction) {
	if part(measured.some, measured.all) < part(published.some, published.all) {
		c.say("%s %v, published %v", what, measured, published)
	}
}

func (c *comparison) rise(what string, published, measured int) {
	if measured > published {
		c.say("%s: %d, published %d", what, measured, published)
	}
}
