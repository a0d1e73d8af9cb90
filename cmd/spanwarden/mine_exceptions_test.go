package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/baseline"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

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

// The learner keeps the first exceptions only; the file has all of them.
func TestExceptionsAreAllListed(t *testing.T) {
	const n, attacked = 1500, 45
	var batches []ptrace.Traces
	for i := range n {
		buyer := ""
		if i%(n/attacked) == 5 && i/(n/attacked) < attacked {
			buyer = "666"
		}
		batches = append(batches, visit(t, i, buyer)...)
	}
	m := mine(t, jsonl(t, batches...), "--tolerance", "0.2")
	assert.Contains(t, m.rules, ownBuyer)
	assert.Contains(t, m.exceptions, "# 45 traces differ from ")
	assert.NotContains(t, m.exceptions, "not listed")
	skip, err := readSkipped([]string{m.paths["--exceptions"]})
	require.NoError(t, err)
	assert.Len(t, skip, attacked)
	after := mine(t, jsonl(t, batches...), "--tolerance", "0", "--skip", m.paths["--exceptions"])
	assert.Contains(t, after.rules, ownBuyer)
}
