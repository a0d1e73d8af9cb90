//go:build unix

package reload

import (
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever opens a pipe waits until somebody else writes into it.
func TestAPipeIsNotWaitedFor(t *testing.T) {
	bubble(t, "from the beginning", func(t *testing.T) {
		path := inFolder(t)
		require.NoError(t, syscall.Mkfifo(path, 0o600))
		s := watch(t, path, "")
		assert.Equal(t, []string{"! " + path + " is no file: name one"}, s.look())
	})
	bubble(t, "later", func(t *testing.T) {
		s := watch(t, inFolder(t), "one")
		require.NoError(t, os.Remove(s.path))
		require.NoError(t, syscall.Mkfifo(s.path, 0o600))
		assert.Len(t, s.look(), 1)
		require.NoError(t, os.Remove(s.path))
		s.write("two")
		assert.Equal(t, []string{"two"}, s.look())
	})
}
