package feature

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Range is what is usual; its ends are NaN where that is not known.
type Range struct{ Low, High float64 }

// Unknown is no range.
var Unknown = Range{math.NaN(), math.NaN()}

// Known says whether there is a range at all.
func (r Range) Known() bool { return !math.IsNaN(r.Low) && !math.IsNaN(r.High) }

// Scene is what a sentence about a feature needs to know besides its value.
type Scene struct {
	Endpoint       string        // the one with most calls
	Window, Period time.Duration // looked at
}

// words say a value and its usual range.
type words func(s *Scene, value float64, usual Range) string

// Say puts a feature into words, such as "49 calls to GET /accounts/{id} in a
// minute, usually 2–6".
func (f *Feature) Say(s *Scene, value float64, usual Range) string {
	if math.IsNaN(value) {
		return "no " + f.Name
	}
	return f.words(s, value, usual)
}

// counted says so many of something, of what they are, within the window or the
// period.
func counted(one, many, of string, within func(s *Scene) time.Duration) words {
	return func(s *Scene, x float64, usual Range) string {
		return count(x, one, many) + of + in(within(s)) + usually(usual, number)
	}
}

func theWindow(s *Scene) time.Duration { return s.Window }
func thePeriod(s *Scene) time.Duration { return s.Period }

func gaps(_ *Scene, x float64, usual Range) string {
	return "gaps of " + seconds(x) + usually(usual, seconds)
}

func uniqueness(_ *Scene, x float64, usual Range) string {
	return percent(x) + " of the calls to distinct endpoints" + usually(usual, percent)
}

func endpointCalls(s *Scene, x float64, usual Range) string {
	return count(x, "call", "calls") + " to " + s.Endpoint + in(s.Window) + usually(usual, number)
}

func volume(s *Scene, x float64, usual Range) string {
	return bytes(x) + " of answers" + in(s.Window) + usually(usual, bytes)
}

func length(_ *Scene, x float64, usual Range) string {
	return "calls over " + seconds(x) + usually(usual, seconds)
}

func periodWindows(s *Scene, x float64, usual Range) string {
	return fmt.Sprintf("calls in %s of the last %d windows", number(x), int64(s.Period/max(1, s.Window))) + usually(usual, number)
}

func failedPart(s *Scene, x float64, usual Range) string {
	return percent(x) + " of its calls failed" + in(s.Period) + usually(usual, percent)
}

// usually adds the range, if it is known.
func usually(r Range, say func(float64) string) string {
	if !r.Known() {
		return ""
	}
	low, high := say(r.Low), say(r.High)
	if low == high {
		return ", usually " + high
	}
	if _, unit, ok := strings.Cut(low, " "); ok && strings.HasSuffix(high, " "+unit) {
		low = strings.TrimSuffix(low, " "+unit) // "2–6 s"
	}
	return ", usually " + low + "–" + high
}

// in says a length of time as people do.
func in(d time.Duration) string {
	switch {
	case d <= 0:
		return ""
	case d == time.Minute:
		return " in a minute"
	case d == time.Hour:
		return " in an hour"
	case d%time.Hour == 0:
		return fmt.Sprintf(" in %d hours", d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf(" in %d minutes", d/time.Minute)
	default:
		return " in " + d.String()
	}
}

func count(x float64, one, many string) string {
	if x == 1 {
		return "1 " + one
	}
	return number(x) + " " + many
}

// number has three digits at least where it is no whole one.
func number(x float64) string {
	if x == math.Trunc(x) || math.Abs(x) >= 1000 {
		return strconv.FormatFloat(math.Round(x), 'f', -1, 64)
	}
	return strconv.FormatFloat(x, 'g', 3, 64)
}

func percent(x float64) string { return number(math.Round(x*1000)/10) + " %" }

func seconds(x float64) string {
	switch {
	case x == 0:
		return "0 s"
	case x < 0.001:
		return "under 1 ms"
	case x < 0.0995:
		return strconv.FormatFloat(x*1000, 'g', 2, 64) + " ms"
	case x >= 9.95:
		return strconv.FormatFloat(math.Round(x), 'f', -1, 64) + " s"
	default:
		return strconv.FormatFloat(x, 'g', 2, 64) + " s"
	}
}

func bytes(x float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "GB"}, {1e6, "MB"}, {1e3, "kB"}} {
		if x >= unit.size {
			return strconv.FormatFloat(x/unit.size, 'g', 3, 64) + " " + unit.name
		}
	}
	return number(x) + " B"
}
