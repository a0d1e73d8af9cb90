package groundtruth

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// afternoon has an attack of every sort, found and missed.
func afternoon(t *testing.T) Verdict {
	t.Helper()
	calls := join(
		burst("theft_loud-1", "theft_loud", thief, 600, 0, 1, "dos", "traffic"),
		burst("theft_loud-2", "theft_loud", thief, 600, 60, 61, "dos", "traffic"),
		burst("theft_slow-1", "theft_slow", "203.0.113.10", 40, 5, 45, "low_rate"),
		burst("guess-1", "guess", "203.0.113.11", 30, 10, 40, "traffic"),
		burst("own_price-1", "own_price", customer, 6, 20, 26, "invariant"),
		burst("mandate-1", "mandate", "203.0.113.12", 4, 30, 34, "invariant", "traffic"),
		burst("flood-1", "flood", flooder, 1500, 50, 53, "dos"),
		burst("refused-1", "refused", "203.0.113.13", 3, 55, 56),
	)
	silence := collapse(53, "account")
	silence.Message = "account fell silent: no calls in this window, about 600 before; the service or its telemetry is down"
	events := []anomaly.Event{
		surge(-20, "gateway", 300, by("198.51.100.200", 120)),
		surge(0, "gateway", 700, by(thief, 600)),
		slow(30, "203.0.113.10"), slow(22, "203.0.113.11"), slow(41, "198.51.100.30"),
		broken("own_price-1", 0, 20), broken("own_price-1", 1, 21), broken("own_price-1", 3, 23), broken("nobody", 1, 24),
		surge(50, "gateway", 600, by(flooder, 500)), surge(50, "account", 600, by(sibling, 600)), silence,
	}
	v := judged(t, calls, Options{Titles: map[string]string{
		"theft_loud": "walks through all accounts, 600 a minute", "theft_slow": "walks through accounts, one a minute",
		"guess":     "guesses the passwords of many customers, one a minute, from one address and never twice the same",
		"own_price": "pays a price of their own making | <free>", "mandate": "acts for customers without a mandate",
		"flood": "asks for statements, 500 a minute",
	}}, events...)
	return v
}

func TestTable(t *testing.T) {
	var b strings.Builder
	require.NoError(t, afternoon(t).Table(&b))
	assertGolden(t, "table.txt", b.String())
	assertNarrow(t, b.String())
}

// What nobody could see is told apart from what was missed, also where it is a part.
func TestTableOfWhatNobodyCouldSee(t *testing.T) {
	calls := join(
		burst("whole-1", "whole", thief, 3, 0, 1, "invariant"), burst("whole-2", "whole", "203.0.113.10", 3, 1, 2, "invariant"),
		burst("part-1", "part", "203.0.113.11", 2, 2, 3, "invariant"), burst("none-1", "none", "203.0.113.12", 2, 3, 4, "invariant"),
		burst("none-2", "none", "203.0.113.13", 2, 3, 4, "invariant"), burst("drip-1", "drip", "203.0.113.14", 2, 4, 5, "low_rate"),
		burst("missed-1", "missed", "203.0.113.15", 2, 5, 6, "invariant"), burst("seen-1", "seen", "203.0.113.16", 2, 6, 7, "invariant"),
	)
	var events []anomaly.Event
	for n := range 3 {
		events = append(events, broken("whole-1", n, 1), broken("whole-2", n, 2))
	}
	v := judged(t, calls, Options{Unseen: map[string]Unseen{
		"whole": {"of no use where all is found", true}, "part": {"what follows is in good order", true},
		"none": {"the second looks like the first", false}, "drip": {"it is too seldom", false},
		"seen": {"no excuse for the calls before", true},
	}}, append(events, broken("part-1", 0, 3))...)
	var b strings.Builder
	require.NoError(t, v.Table(&b))
	assertGolden(t, "unseen.txt", b.String())
	assert.Equal(t, 3, v.Figures().All.Found)
	assert.Equal(t, 8, v.Figures().All.Instances, "what nobody could see is missed all the same")
}

func TestTableOfNothing(t *testing.T) {
	var b strings.Builder
	v := Judge(nil, nil, Options{})
	require.NoError(t, v.Table(&b))
	assertGolden(t, "nothing.txt", b.String())
}

func TestManyFalseAlarmsOverDays(t *testing.T) {
	var events []anomaly.Event
	for i := range 25 {
		events = append(events, slow(float64(i)*24*60, fmt.Sprintf("198.51.100.%d", i)))
	}
	v := judged(t, nil, Options{}, events...)
	var b strings.Builder
	require.NoError(t, v.Table(&b))
	assertGolden(t, "many.txt", b.String())
}

func TestWriteErrors(t *testing.T) {
	v := afternoon(t)
	assert.ErrorIs(t, v.Table(full{}), errFull)
}

func TestNoTextBreaksTheTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScene(t)
		titles := make(map[string]string)
		for i := range s.calls {
			titles[s.calls[i].Kind] = rapid.String().Draw(t, "title")
		}
		for i := range s.findings {
			s.findings[i].Message = rapid.String().Draw(t, "message")
			s.findings[i].Detector = rapid.StringN(0, 200, 400).Draw(t, "detector")
		}
		v := Judge(s.calls, s.findings, Options{Titles: titles})
		var b strings.Builder
		require.NoError(t, v.Table(&b))
		assertNarrow(t, b.String())
	})
}

func assertNarrow(t assert.TestingT, table string) {
	for line := range strings.Lines(table) {
		line = strings.TrimSuffix(line, "\n")
		assert.LessOrEqual(t, utf8.RuneCountInString(line), width, line)
		assert.Equal(t, anomaly.Clean(line, len(line)), line)
	}
}

func TestShort(t *testing.T) {
	for want, d := range map[string]time.Duration{
		"at once": 400 * time.Millisecond,
		"1s":      500 * time.Millisecond,
		"59s":     59 * time.Second,
		"1m":      time.Minute,
		"1m05s":   65 * time.Second,
		"10m":     10 * time.Minute,
		"20m30s":  20*time.Minute + 30*time.Second,
		"1h":      time.Hour - time.Millisecond,
		"2h":      2*time.Hour - 20*time.Second,
		"26h01m":  26*time.Hour + 40*time.Second,
	} {
		assert.Equal(t, want, short(d))
	}
}

func TestWrap(t *testing.T) {
	assert.Equal(t, []string{""}, wrap("", 5))
	assert.Equal(t, []string{"one", "two", "three"}, wrap(" one  two three ", 5))
	assert.Equal(t, []string{"a bb", "ccc"}, wrap("a bb ccc", 4))
	assert.Equal(t, []string{"a", "bbbb", "bbbb", "c"}, wrap("a bbbbbbbb c", 4))
	rapid.Check(t, func(t *rapid.T) {
		s, width := rapid.String().Draw(t, "text"), rapid.IntRange(1, 20).Draw(t, "width")
		lines := wrap(s, width)
		for _, line := range lines {
			assert.LessOrEqual(t, utf8.RuneCountInString(line), width)
		}
		squeezed := func(s string) string { return strings.Join(strings.Fields(s), "") }
		assert.Equal(t, squeezed(oneLine(s)), squeezed(strings.Join(lines, " ")), "nothing is lost")
	})
}
