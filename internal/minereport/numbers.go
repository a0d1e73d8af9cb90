package minereport

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// number is a count with commas: 12,345.
func number(n int) string {
	digits := strconv.Itoa(n)
	from := 0
	if n < 0 {
		from = 1
	}
	for i := len(digits) - 3; i > from; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// counted is a count with its noun: "1 call", "12 calls".
func counted(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + several
}

// percent is a share with two digits that count, as far as anybody cares.
func percent(share float64) string {
	p := 100 * share
	switch {
	case math.IsNaN(p) || p < 0:
		return "unknown"
	case p == 0:
		return "0 %"
	case p < 0.01:
		return "less than 0.01 %"
	case p < 0.1:
		return trimmed(p, 2)
	case p < 10:
		return trimmed(p, 1)
	}
	return trimmed(p, 0)
}

func trimmed(p float64, decimals int) string {
	text := strconv.FormatFloat(p, 'f', decimals, 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + " %"
}

// moment is a time to the millisecond, in UTC.
func moment(t time.Time) string {
	return t.UTC().Format("2006-01-02 15:04:05.000")
}

// length is a span of time in the largest unit that fits twice.
func length(d time.Duration) string {
	for _, unit := range []struct {
		size time.Duration
		name string
	}{{24 * time.Hour, "days"}, {time.Hour, "hours"}, {time.Minute, "minutes"}, {time.Second, "seconds"}} {
		if d >= 2*unit.size {
			return fmt.Sprintf("%d %s", d/unit.size, unit.name)
		}
	}
	return d.Round(time.Millisecond).String()
}

// listed joins names with commas; what is beyond the most is counted.
func listed(names []string, most, more int) string {
	if len(names) > most {
		more += len(names) - most
		names = names[:most]
	}
	text := strings.Join(names, ", ")
	if more > 0 {
		text += " and " + number(more) + " more"
	}
	return text
}
