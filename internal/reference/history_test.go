package reference

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// asOf is the value of the latest write at or before t, of several at one time the last one; nil if there is none.
func asOf(writes []write, t int64) *Value {
	var found *write
	for i := range writes {
		if w := &writes[i]; w.at <= t && (found == nil || w.at >= found.at) {
			found = w
		}
	}
	if found == nil {
		return nil
	}
	return &found.value
}

type write struct {
	at    int64
	value Value
}

var letters = rapid.Map(rapid.IntRange(0, 2), func(i int) Value { return Value{Text, string(rune('a' + i))} })

func show(h history) string {
	var b strings.Builder
	for _, r := range h {
		fmt.Fprintf(&b, "%s[%d..%d apart %v more %v] ", r.text, r.since, r.seen, r.apart, r.more)
	}
	return b.String()
}

// Whatever the order in which writes are committed, what is said of a value is true: all sequences of a few writes.
func TestAValueAsOfATimeIsNeverWrongAfterAFewWrites(t *testing.T) {
	sizes := []struct{ times, values, writes int }{{3, 2, 6}, {4, 3, 4}, {5, 2, 5}, {4, 3, 6}}
	if testing.Short() || !thorough {
		sizes = sizes[:3]
	}
	for _, size := range sizes {
		writes := make([]write, size.writes)
		several := size.times * size.values
		last := int(math.Pow(float64(several), float64(size.writes)))
		for number := range last {
			var h history
			for i := range writes {
				w := &writes[i]
				w.at, w.value = int64(number%several/size.values), Value{Text, string(rune('a' + number%several%size.values))}
				number /= several
				h = h.write(1, w.value, w.at)
			}
			for at := int64(-1); at <= int64(size.times); at++ {
				found, unsure := h.at(1, at)
				want := asOf(writes, at)
				if !unsure && (found == nil) != (want == nil) || found != nil && found.value() != *want {
					t.Fatalf("at %d: want %v after %v, got %s", at, want, writes, show(h))
				}
			}
		}
	}
}

// The same of many writes.
func TestAValueAsOfATimeIsNeverWrong(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			h      history
			writes []write
		)
		for range rapid.IntRange(1, 12).Draw(t, "writes") {
			w := write{rapid.Int64Range(0, 12).Draw(t, "at"), letters.Draw(t, "value")}
			before := show(h)
			h = h.write(1, w.value, w.at)
			writes = append(writes, w)
			for at := int64(-1); at <= 13; at++ {
				want := asOf(writes, at)
				found, unsure := h.at(1, at)
				switch {
				case unsure:
				case want == nil:
					assert.Nil(t, found, "at %d", at)
				case found == nil || found.value() != *want:
					t.Fatalf("at %d: want %v, got %v, after %v: %s became %s", at, *want, found, w, before, show(h))
				}
			}
			runs := slices.Clone(h)
			slices.Reverse(runs)
			for i := range runs {
				assert.LessOrEqual(t, runs[i].since, runs[i].seen)
				assert.True(t, i == 0 || runs[i-1].seen < runs[i].since)
			}
			assert.LessOrEqual(t, len(h), runsPerField)
			assert.False(t, h[0].more)
		}
	})
}

// Where writes come in the order of their times, the last two values are known from the first time they were seen.
func TestTheLastTwoValuesAreKnown(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var (
			h      history
			writes []write
			at     int64
		)
		for range rapid.IntRange(1, 12).Draw(t, "writes") {
			at += rapid.Int64Range(1, 3).Draw(t, "later")
			w := write{at, letters.Draw(t, "value")}
			h = h.write(1, w.value, w.at)
			writes = append(writes, w)
			changes := 0
			for i := len(writes) - 1; i > 0; i-- {
				if writes[i].value != writes[i-1].value {
					changes++
				}
				if changes == runsPerField {
					break
				}
				for q := writes[i-1].at; q <= at+1; q++ {
					found, unsure := h.at(1, q)
					if assert.False(t, unsure, "as of %d in %s", q, show(h)) {
						assert.Equal(t, *asOf(writes, q), found.value())
					}
				}
			}
		}
	})
}

func TestWritesInAnyOrder(t *testing.T) {
	type at = int64
	a, b, c := Value{Text, "a"}, Value{Text, "b"}, Value{Text, "c"}
	for name, test := range map[string]struct {
		writes []write
		want   map[at]string // "?" is unsure, "-" is none
	}{
		"one":                        {[]write{{10, a}}, map[at]string{9: "-", 10: "a", 99: "a"}},
		"the same again":             {[]write{{10, a}, {20, b}, {30, b}, {40, b}}, map[at]string{9: "-", 15: "a", 20: "b", 50: "b"}},
		"three":                      {[]write{{10, a}, {20, b}, {30, c}}, map[at]string{19: "?", 20: "b", 30: "c"}},
		"an older one":               {[]write{{20, b}, {10, a}}, map[at]string{9: "-", 10: "a", 20: "b"}},
		"the oldest of three":        {[]write{{20, b}, {30, c}, {10, a}}, map[at]string{19: "?", 20: "b", 30: "c"}},
		"one amidst others":          {[]write{{10, a}, {30, a}, {20, b}}, map[at]string{10: "?", 20: "b", 25: "?", 30: "a"}},
		"one at the same time":       {[]write{{10, a}, {10, b}}, map[at]string{9: "-", 10: "b"}},
		"read and changed at a time": {[]write{{10, a}, {20, a}, {20, b}}, map[at]string{10: "a", 19: "a", 20: "b"}},
		"and back":                   {[]write{{10, a}, {20, b}, {20, a}}, map[at]string{9: "-", 10: "a", 15: "a", 20: "a"}},
	} {
		var h history
		for _, w := range test.writes {
			h = h.write(3, w.value, w.at)
		}
		for q, want := range test.want {
			found, unsure := h.at(3, q)
			got := "-"
			if unsure {
				got = "?"
			} else if found != nil {
				got = found.text
			}
			assert.Equal(t, want, got, "%s, as of %d: %s", name, q, show(h))
		}
	}
}

func TestFieldsKeepToThemselves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var together history
		alone := make(map[Field]history)
		for range rapid.IntRange(1, 30).Draw(t, "writes") {
			f := Field(rapid.IntRange(0, 4).Draw(t, "field"))
			w := write{rapid.Int64Range(0, 12).Draw(t, "at"), letters.Draw(t, "value")}
			together = together.write(f, w.value, w.at)
			alone[f] = alone[f].write(f, w.value, w.at)
		}
		var want history
		for f := range Field(5) {
			want = append(want, alone[f]...)
		}
		assert.Equal(t, want, together)
	})
}
