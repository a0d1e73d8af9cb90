package modelfile

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The example in the README is a model, and its checksum the right one.
func TestTheReadmesExample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(readme), "```json\n")
	require.True(t, found)
	example, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	f, err := Parse([]byte(example))
	require.NoError(t, err)
	assert.Equal(t, "a quiet week", f.Origin)
	assert.Equal(t, 10.0, f.Trees[0].Nodes[0].Cover)
	assert.True(t, f.Trees[0].Nodes[1].MissingLeft)
	assert.False(t, f.Trees[0].Nodes[0].MissingLeft)
}
