package demo

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

// breaks is a call that breaks a rule at that minute past noon.
func breaks(rule, client string, minute int) groundtruth.Finding {
	at := time.Date(2026, 3, 14, 12, minute, 0, 0, time.UTC)
	return groundtruth.Finding{
		Kind: string(anomaly.Invariant), Rule: rule, Severity: anomaly.Error, Message: "it is not the caller's", Service: "gateway",
		Method: "GET", Route: "/accounts/{accountId}", Client: client, WindowStart: at, WindowEnd: at.Add(time.Second),
	}
}

// screened is what a screen shows of findings, line by line, until the end.
func screened(findings ...groundtruth.Finding) []string {
	var out strings.Builder
	s := screen{out: &out}
	for _, f := range findings {
		s.anomaly(f)
	}
	s.rest()
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestAViolationIsALine(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{
		"12:00    ERROR gateway GET /accounts/{accountId} from 203.0.113.9: it is not the caller's (owner)",
		"12:01    ERROR gateway GET /accounts/{accountId}: it is not the caller's (owner)",
		"12:01    ERROR gateway GET /accounts/{accountId}: it is not the caller's (payer)",
	}, screened(breaks("owner", "203.0.113.9", 0), breaks("owner", "127.0.0.1", 1), breaks("payer", "", 1)))
}

// A theft that breaks one rule again and again does not drown the rest; no violation goes untold.
func TestManyViolationsOfARuleAreFolded(t *testing.T) {
	t.Parallel()
	var findings []groundtruth.Finding
	for i := range 20 {
		findings = append(findings, breaks("owner", fmt.Sprintf("203.0.113.%d", i%3), i/4))
	}
	findings = append(findings, breaks("payer", "203.0.113.9", 6))
	lines := screened(findings...)
	assert.Len(t, lines, shown+1+1)
	assert.Contains(t, lines[shown], "(payer)")
	assert.Equal(t, "         and 16 more of owner until 12:04, from 3 clients", lines[shown+1])

	// After a spell the rule has lines of its own again, and what was held back is told before anything else is.
	findings = append(findings, breaks("owner", "203.0.113.9", 10))
	lines = screened(findings...)
	assert.Equal(t, "         and 16 more of owner until 12:04, from 3 clients", lines[shown+1])
	assert.Contains(t, lines[shown+2], "12:10")
	assert.Len(t, lines, shown+3)
}

func TestViolationsBetweenServicesAreFoldedWithoutAClient(t *testing.T) {
	t.Parallel()
	var findings []groundtruth.Finding
	for range shown + 2 {
		findings = append(findings, breaks("search", "127.0.0.1", 3))
	}
	assert.Equal(t, "         and 2 more of search until 12:03", screened(findings...)[shown])
	findings[shown].Client, findings[shown+1].Client = "203.0.113.9", "203.0.113.9"
	assert.Equal(t, "         and 2 more of search until 12:03, from 203.0.113.9", screened(findings...)[shown])
}
