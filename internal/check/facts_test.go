package check_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What somebody who knows an application says of it holds of every call that was recorded of it.
func TestFactsAboutRealApplicationsHoldOfAllTheirCalls(t *testing.T) {
	for _, r := range realRecordings(t) {
		t.Run(r.name, func(t *testing.T) {
			book := r.book(t, false)
			beyond := r.beyondRecording(t)
			whole := book.judge(t, r.read(t))
			for _, v := range whole.violations {
				t.Errorf("%s is violated by %s of trace %s, span %s: %s", v.Invariant, v.API, v.TraceID, v.SpanID, v.Explanation)
			}
			for _, rule := range book.rules {
				n := whole.tallies[rule.ID]
				if !beyond[rule.ID] {
					assert.Positive(t, n.held, "%s applies to no call, for %d it is %v", rule.ID, n.notApplicable, n.reason)
				}
				t.Logf("%-40s held %5d  violated %d  not applicable %5d %v", rule.ID, n.held, n.violated, n.notApplicable, n.reason)
			}
			assert.Zero(t, whole.counts.Unjudged+whole.counts.Refused)
		})
	}
}

var (
	needsMore = regexp.MustCompile(`(?m)^ {2}# These (\w+) need more than this telemetry has`)
	ruleID    = regexp.MustCompile(`(?m)^ {2}- id: (\S+)$`)
	section   = regexp.MustCompile(`(?m)^ {2}# ----`)
)

// beyondRecording are the rules under a comment that says that the recording lacks what they need.
func (r *recorded) beyondRecording(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Clean(r.rules))
	require.NoError(t, err)
	rules := make(map[string]bool)
	at := needsMore.FindIndex(text)
	if at == nil {
		return rules
	}
	part := string(text[at[0]:])
	if end := section.FindStringIndex(part); end != nil {
		part = part[:end[0]]
	}
	for _, id := range ruleID.FindAllStringSubmatch(part, -1) {
		rules[strings.TrimSpace(id[1])] = true
	}
	require.NotEmpty(t, rules)
	return rules
}
