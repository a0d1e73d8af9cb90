package wholefile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// names of the files in a folder.
func names(t *testing.T, folder string) (list []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(b)
}

func TestAFileIsReplacedAsAWhole(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "rules.yaml")
	require.NoError(t, Write(path, text("one")))
	assert.Equal(t, "one", content(t, path))
	long := strings.Repeat("two", 1<<16)
	require.NoError(t, Write(path, func(w io.Writer) error {
		require.NoError(t, text(long)(w))
		assert.Equal(t, "one", content(t, path), "while the new one is written")
		return nil
	}))
	assert.Equal(t, long, content(t, path))
	assert.Equal(t, []string{"rules.yaml"}, names(t, folder))
}

func TestAnErrorLeavesWhatWasThere(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "rules.yaml")
	require.NoError(t, Write(path, text("one")))
	refused := errors.New("refused")
	err := Write(path, func(w io.Writer) error { return errors.Join(text("half")(w), refused) })
	require.ErrorIs(t, err, refused)
	assert.ErrorContains(t, err, path)
	assert.Equal(t, "one", content(t, path))
	assert.Equal(t, []string{"rules.yaml"}, names(t, folder))
}

func TestPermissionsStay(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.yaml")
	require.NoError(t, os.WriteFile(path, nil, 0o600))
	require.NoError(t, os.Chmod(path, 0o666)) // more than the umask would leave
	require.NoError(t, Write(path, text("one")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o666), info.Mode().Perm())
}

func TestALinkStaysOne(t *testing.T) {
	folder, other := t.TempDir(), t.TempDir()
	path, target := filepath.Join(folder, "rules.yaml"), filepath.Join(other, "target.yaml")
	require.NoError(t, os.Symlink(target, path))
	assert.ErrorContains(t, Write(path, text("one")), "is a symbolic link to a file that is not there: remove the link")
	require.NoError(t, os.WriteFile(target, nil, 0o600))
	require.NoError(t, Write(path, text("one")))
	assert.Equal(t, "one", content(t, target))
	info, err := os.Lstat(path)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&fs.ModeSymlink)
	assert.Equal(t, []string{"target.yaml"}, names(t, other))
}

func TestWhatIsNoFileIsRefused(t *testing.T) {
	folder := t.TempDir()
	assert.ErrorContains(t, Write(folder, text("one")), folder+" is no file: name one")
	assert.ErrorIs(t, Write(filepath.Join(folder, "missing", "rules.yaml"), text("one")), os.ErrNotExist)
}

func TestTryTellsBeforehand(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "rules.yaml")
	require.NoError(t, Try(path))
	assert.Empty(t, names(t, folder))
	require.NoError(t, os.WriteFile(path, []byte("one"), 0o600))
	require.NoError(t, Try(path))
	assert.Equal(t, "one", content(t, path))
	assert.ErrorContains(t, Try(folder), "is no file")
	assert.ErrorIs(t, Try(filepath.Join(folder, "missing", "rules.yaml")), os.ErrNotExist)
}
