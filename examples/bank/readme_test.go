package main

import (
	"cmp"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
)

// The README lists every kind of attack as the plan has it, and no other, with the rules that its recorded calls break.
func TestTheREADMEListsTheAttacks(t *testing.T) {
	readme := readREADME(t)
	kinds, broken := plan.Kinds(), rulesOf(t)
	for _, kind := range kinds {
		rules := cmp.Or(kind.Unseen, "–")
		if names := broken[kind.Name]; len(names) > 0 {
			rules = "`" + strings.Join(names, "`, `") + "`"
			if kind.Unseen != "" {
				rules += "; " + kind.Unseen
			}
		}
		assert.Contains(t, readme, fmt.Sprintf("| `%s` | %s | %s | %s | %s |\n",
			kind.Name, kind.Title, strings.Join(kind.Expect, ", "), cmp.Or(kind.Hole, "–"), rules))
	}
	_, table, found := strings.Cut(readme, "| Kind | What it does |")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	assert.Len(t, strings.Split(strings.TrimSpace(table), "\n"), len(kinds)+2)
	assert.GreaterOrEqual(t, len(kinds), 20)
}

// The holes of the README, of the code and of the plan are the same.
func TestTheREADMEListsTheHoles(t *testing.T) {
	marked := make(map[string]bool)
	mark := regexp.MustCompile(`// Hole: ([a-z-]+)`)
	require.NoError(t, filepath.WalkDir("internal", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		for _, match := range mark.FindAllStringSubmatch(string(text), -1) {
			marked[match[1]] = true
		}
		return err
	}))
	require.NotEmpty(t, marked)
	readme := readREADME(t)
	for hole := range marked {
		assert.Contains(t, readme, "| `"+hole+"` |")
	}
	for _, kind := range plan.Kinds() {
		if kind.Hole != "" {
			assert.True(t, marked[kind.Hole], "%s: the hole %s is not marked in the code", kind.Name, kind.Hole)
		}
	}
}

// The flags that the README shows exist.
func TestTheREADMEsCommands(t *testing.T) {
	var shown []string
	for _, match := range regexp.MustCompile(`(?m)bin/bank ([a-z]+)((?: [^#\n`+"`"+`]+)?)`).FindAllStringSubmatch(readREADME(t), -1) {
		command, _, err := newCommand().Find([]string{match[1]})
		require.NoError(t, err, match[0])
		shown = append(shown, match[1])
		for _, flag := range regexp.MustCompile(`--([a-z-]+)`).FindAllStringSubmatch(match[2], -1) {
			assert.NotNil(t, command.Flags().Lookup(flag[1]), match[0])
		}
	}
	for _, want := range []string{"serve", "play", "record"} {
		assert.True(t, slices.Contains(shown, want), want)
	}
}

func readREADME(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	return string(text)
}
