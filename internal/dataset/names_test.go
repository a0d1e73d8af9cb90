package dataset

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestShownName(t *testing.T) {
	for name, want := range map[string]string{
		"attack":          "attack",
		"two words":       "two words",
		"größe":           "größe",
		`a "b"`:           `a "b"`,
		"":                "",
		"bo\x1b[31mt":     `"bo\x1b[31mt"`,
		"a\nb":            `"a\nb"`,
		"no\u00a0break":   `"no\u00a0break"`,
		"right\u202eleft": `"right\u202eleft"`,
		"\xff":            `"\xff"`,
	} {
		assert.Equal(t, want, ShownName(name))
	}
	assert.Equal(t, `a, "b\t", c`, ShownNames([]string{"a", "b\t", "c"}))
	_, err := ReadCSV(strings.NewReader("a\x1b[2J,b\n"), Options{Features: []string{"c"}})
	assert.ErrorContains(t, err, `the columns are "a\x1b[2J", b`)
}

// Whatever a name is, what is shown of it can be printed.
func TestShownNamesArePrintable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, r := range ShownName(string(rapid.SliceOf(rapid.Byte()).Draw(t, "name"))) {
			require.True(t, strconv.IsPrint(r))
		}
	})
}
