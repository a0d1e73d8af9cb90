package groundtruth

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// foundBy says in a cell of a table who found the attacks of a kind, or who should have.
func (k *Kind) foundBy() string {
	if k.Found == 0 {
		return k.missed()
	}
	told := strings.Join(k.Detectors, ", ")
	if k.Instances > 1 {
		told += fmt.Sprintf(" in %d of %d", k.Found, k.Instances)
	}
	if k.AsExpected == 0 && len(k.Expect) > 0 {
		told += ", expected " + k.expected()
	}
	if k.byCall() && k.CallsFound < k.Calls {
		told += fmt.Sprintf("; %d of %d calls", k.CallsFound, k.Calls)
		if k.Unseen.Why != "" {
			told += ": " + k.Unseen.Why
		}
	}
	return told
}

// missed says the same of a kind that nobody found.
func (k *Kind) missed() string {
	told := "missed"
	if k.Instances > 1 {
		told = fmt.Sprintf("%d missed", k.Instances)
	}
	switch {
	case k.Unseen.Why != "" && !k.Unseen.Part && k.byCall():
		return "unseen in one call: " + k.Unseen.Why
	case k.Unseen.Why != "" && !k.Unseen.Part:
		return "unseen: " + k.Unseen.Why
	case len(k.Expect) > 0:
		told += ", expected " + k.expected()
	}
	return told
}

// invariants is what their findings are called in words.
const invariants = "invariants"

// expected lists the kinds of findings that would be right, in words.
func (k *Kind) expected() string {
	var words []string
	for _, kind := range k.Expect {
		if kind == string(anomaly.Invariant) {
			kind = invariants
		}
		words = append(words, kind)
	}
	return strings.Join(words, " or ")
}

// after says in a cell how long it took until the attacks of a kind were found.
func (k *Kind) after() string {
	switch {
	case k.Found == 0:
		return ""
	case short(k.Shortest) == short(k.Longest):
		return short(k.Shortest)
	}
	return short(k.Shortest) + " to " + short(k.Longest)
}

// short writes a duration as a person would.
func short(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Second:
		return "at once"
	case d < time.Minute:
		return fmt.Sprintf("%ds", d/time.Second)
	case d < time.Hour:
		return strings.TrimSuffix(fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second), "00s")
	default:
		d = d.Round(time.Minute)
		return strings.TrimSuffix(fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute), "00m")
	}
}

// right says of each detector how many of its findings were right.
func (v Verdict) right() []string {
	var words []string
	for _, s := range v.Sources() {
		name := s.Detector
		switch {
		case s.Kind == string(anomaly.Invariant):
			name = invariants
		case name == "":
			name = s.Kind
		}
		words = append(words, fmt.Sprintf("%s %d of %d", name, s.Right, s.Findings))
	}
	return words
}

// falseAlarms says how many alarms were false, and which of them must not be.
func (v Verdict) falseAlarms() string {
	alarms, quiet := v.FalseAlarms()
	told := fmt.Sprint(len(alarms))
	if quiet > 0 && !v.Quiet.IsZero() {
		told += fmt.Sprintf(", %d of them in the quiet stretch until %s", quiet, v.Quiet.UTC().Format(v.layout()))
	}
	return told
}

// layout shows times of day, with the date where alarms lie a day or more apart.
func (v Verdict) layout() string {
	if n := len(v.Alarms); n > 0 && v.Alarms[n-1].WindowEnd.Sub(v.Alarms[0].WindowEnd) >= 24*time.Hour {
		return "2006-01-02 15:04"
	}
	return "15:04"
}

// listed is how many false alarms are listed at most.
const listed = 20

// listFalse calls each with the time and the sentence of the first false alarms, and returns how many are left out.
func (v Verdict) listFalse(each func(at, by, told string)) (left int) {
	alarms, _ := v.FalseAlarms()
	for i := range alarms[:min(len(alarms), listed)] {
		a := &alarms[i]
		at := a.WindowStart
		if at.IsZero() {
			at = a.WindowEnd
		}
		each(at.UTC().Format(v.layout()), oneLine(a.by()), oneLine(a.Message))
	}
	return max(0, len(alarms)-listed)
}

// oneLine keeps a text from breaking out of its line.
func oneLine(s string) string { return anomaly.Clean(s, maxText) }

// wrap breaks a text into lines of at most width runes, between words where it can.
func wrap(s string, width int) []string {
	var lines []string
	line := make([]rune, 0, width)
	for word := range strings.FieldsSeq(oneLine(s)) {
		rest := []rune(word)
		if len(line) > 0 && len(line)+1+len(rest) > width {
			lines, line = append(lines, string(line)), line[:0]
		}
		if len(line) > 0 {
			line = append(line, ' ')
		}
		for len(rest) > width {
			lines, rest = append(lines, string(rest[:width])), rest[width:]
		}
		line = append(line, rest...)
	}
	if len(line) > 0 || len(lines) == 0 {
		lines = append(lines, string(line))
	}
	return slices.Clip(lines)
}
