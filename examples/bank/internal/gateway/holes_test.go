package gateway

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The holes that are marked in the code are those of the table, and each is tried by a test.
func TestTheTableOfHolesIsComplete(t *testing.T) {
	t.Parallel()
	read := func(pattern, mark string) []string {
		files, err := filepath.Glob(pattern)
		require.NoError(t, err)
		var names []string
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			for _, match := range regexp.MustCompile(mark).FindAllSubmatch(text, -1) {
				names = append(names, string(match[1]))
			}
		}
		slices.Sort(names)
		return names
	}
	marked := read("../*/*.go", `(?m)^\s*// Hole: ([a-z-]+) — \S`)
	assert.Len(t, marked, 9)
	assert.Equal(t, marked, read("doc.go", `(?m)^//\t([a-z]+-[a-z-]+) `))
	assert.Equal(t, marked, read("bank_test.go", `"hole: ([a-z-]+)"`))
}
