package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

func TestSkipReadsWhatPeopleWrite(t *testing.T) {
	one := file(t, "one.txt", "\uFEFF# attacks\r\n\r\n  0000000000000000000000000000000A  # upper case\r\n0000000000000000000000000000000b#close\n0000000000000000000000000000000a")
	two := file(t, "two.txt.gz", "0000000000000000000000000000000c\n")
	skip, err := readSkipped([]string{one, two})
	require.NoError(t, err)
	assert.True(t, skip.skips(pcommon.TraceID{15: 10}))
	assert.True(t, skip.skips(pcommon.TraceID{15: 12}))
	assert.False(t, skip.skips(pcommon.TraceID{15: 13}))
	there, missing := skip.found()
	assert.Equal(t, 2, there)
	assert.Equal(t, 1, missing)
}

func near(id string, calls, violations int, exceptions ...baseline.Exception) baseline.Near {
	return baseline.Near{
		Rule: rulefile.Rule{ID: id}, Sentence: "it is as always",
		Evidence: baseline.Evidence{Calls: calls, Violations: violations}, Exceptions: exceptions,
	}
}

func exception(trace byte, second int, found string) baseline.Exception {
	return baseline.Exception{
		TraceID: pcommon.TraceID{15: trace}.String(), Service: "gateway", API: "POST /orders", Found: found,
		Time: time.Date(2026, 3, 1, 12, 0, second, 0, time.UTC),
	}
}

// Whoever decides on a trace sees all that is wrong with it in its one line, and no name of a caller's makes another line.
func TestExceptionsAreALineForEachTrace(t *testing.T) {
	var b strings.Builder
	require.NoError(t, writeExceptions(&b, []baseline.Near{
		near("buyer", 149, 2, exception(2, 5, "8 instead of 7"), exception(1, 7, "\n00000000000000000000000000000009")),
		near("price", 100, 7, exception(2, 3, "")),
	}))
	got := b.String()
	assert.Equal(t, goldenText(t, "exceptions.txt", got), got)

	skip, err := readSkipped([]string{file(t, "exceptions.txt", got)})
	require.NoError(t, err)
	assert.Len(t, skip, 2)
	assert.True(t, skip.skips(pcommon.TraceID{15: 1}))
	assert.True(t, skip.skips(pcommon.TraceID{15: 2}))
}

func TestExceptionsAreBounded(t *testing.T) {
	var all []baseline.Near
	for i := range 1000 {
		all = append(all, near(fmt.Sprint("rule-", i), 10, 1, exception(1, 1, strings.Repeat("x", 10_000))))
	}
	var b strings.Builder
	require.NoError(t, writeExceptions(&b, all))
	assert.Less(t, b.Len(), 5000)
	assert.Contains(t, b.String(), "; and 995 more\n")
}
