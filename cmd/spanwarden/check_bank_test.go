package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

var (
	bankRules = filepath.Join("..", "..", "examples", "bank", "invariants.yaml")
	bankSpans = filepath.Join("..", "..", "testdata", "bank")
)

func TestTheBanksRulesHoldOfHonestCalls(t *testing.T) {
	stdout, _, err := command("check", "--invariants", bankRules, filepath.Join(bankSpans, "quiet.jsonl.gz"))
	require.NoError(t, err, stdout)
	assert.NotContains(t, stdout, "no call of its API")
	assert.Contains(t, stdout, ": 0 violations (")
}

// Whatever breaks a rule of the bank is an attack, and so does every call of tampering, but for the first wrong code of each
// who guesses.
func TestTheBanksRulesAreBrokenByAttacksAlone(t *testing.T) {
	calls, err := groundtruth.Read(filepath.Join(bankSpans, "tampering.truth.jsonl.gz"))
	require.NoError(t, err)
	attacks := make(map[string]bool) // by trace; true once found
	for i := range calls {
		attacks[strings.ToLower(calls[i].TraceID)] = false
	}
	stdout, _, err := command("check", "--invariants", bankRules, "--quiet", "--out", "-", filepath.Join(bankSpans, "tampering.jsonl.gz"))
	require.ErrorIs(t, err, errViolated)
	found := 0
	for line := range strings.Lines(stdout) {
		var v check.Violation
		require.NoError(t, json.Unmarshal([]byte(line), &v))
		before, tampered := attacks[v.TraceID]
		assert.True(t, tampered, "%s is broken by an honest call: %s", v.Invariant, v.Explanation)
		if tampered && !before {
			attacks[v.TraceID] = true
			found++
		}
	}
	const guessers = 3
	assert.Equal(t, len(attacks)-guessers, found)
}
