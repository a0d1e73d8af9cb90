package modelfile

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func zipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

func TestSaveAndLoad(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"model.json", "model.json.gz"} {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte("what was there before"), 0o600))
		require.NoError(t, Save(path, small()))
		data, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, strings.HasSuffix(name, ".gz"), bytes.HasPrefix(data, []byte{0x1f, 0x8b}))
		got, err := Load(path)
		require.NoError(t, err)
		assert.Equal(t, small(), got)
		require.NoError(t, Save(path, small()))
		again, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, data, again, "the same model gives the same file")
	}
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, files, 2, "nothing is left behind")
}

func TestASaveThatFailsLeavesWhatWasThere(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "model.json")
	require.NoError(t, Save(path, small()))
	bad := small()
	bad.Origin = "\xff"
	require.ErrorContains(t, Save(path, bad), path)
	got, err := Load(path)
	require.NoError(t, err)
	assert.Equal(t, small(), got)
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, files, 1)
	assert.ErrorIs(t, Save(filepath.Join(folder, "no", "such", "folder.json"), small()), os.ErrNotExist)
	require.NoError(t, os.Mkdir(filepath.Join(folder, "folder"), 0o755))
	assert.Error(t, Save(filepath.Join(folder, "folder"), small()), "a folder is in its way")
	files, err = os.ReadDir(folder)
	require.NoError(t, err)
	assert.Len(t, files, 2)
}

func TestLoadNamesTheFile(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "model.json")
	_, err := Load(path)
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, path)
	_, err = Load(folder)
	assert.ErrorContains(t, err, folder)
	require.NoError(t, os.WriteFile(path, []byte("x,y\n1,2\n"), 0o600))
	_, err = Load(path)
	assert.ErrorContains(t, err, "read the model "+path+": it is no model: read are Spanwarden's own JSON, XGBoost's JSON")
}

func TestUnknownFilesAreNamed(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "it is empty",
		"\x80\x04\x95":             "export.py",
		"x\x9c\x01":                "export.py",
		"[1,2,3]":                  "it is no model",
		`{"format":"other"}`:       "it is no model",
		`{"a":{"format":"x"}}`:     "it is no model",
		"\x1f\x8b":                 "cut short",
		"\x1f\x8bxxxxxxxxxxxxxxxx": "cannot be unzipped",
	} {
		_, err := Parse([]byte(text))
		assert.ErrorContains(t, err, want, "%q", text)
	}
}

func TestZippedModelsAreWhole(t *testing.T) {
	data := zipped(t, written(t, small()))
	f, err := Parse(data)
	require.NoError(t, err)
	assert.Equal(t, small(), f)
	for i := range data {
		_, err := Parse(data[:i])
		require.Error(t, err, "cut off behind %d bytes", i)
	}
	_, err = Parse(append(bytes.Clone(data), "and more than a header"...))
	assert.ErrorContains(t, err, "cannot be unzipped")
}

func TestBytesAreBounded(t *testing.T) {
	const limit = 1 << 20
	long := bytes.Repeat([]byte{' '}, limit+1)
	for _, data := range [][]byte{long, zipped(t, long)} {
		_, err := unpack(data, limit)
		assert.ErrorContains(t, err, "it has more than 1 MiB unpacked")
	}
	for _, data := range [][]byte{long[1:], zipped(t, long[1:])} {
		text, err := unpack(data, limit)
		require.NoError(t, err)
		assert.Len(t, text, limit)
	}
}

func TestFilesAreNotReadWithoutEnd(t *testing.T) {
	const limit = 1 << 20
	path := filepath.Join(t.TempDir(), "model.json")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, file.Truncate(10*limit)) // takes no room on the disk
	require.NoError(t, file.Close())
	data, err := readFile(path, limit)
	require.NoError(t, err)
	assert.Len(t, data, limit+1)
}

// What the other formats are read into can be kept in Spanwarden's own.
func TestForeignModelsAreKept(t *testing.T) {
	for _, pattern := range []string{"xgboost/testdata/*.json.gz", "lightgbm/testdata/*.txt.gz"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		kept := 0
		for _, path := range paths {
			f, err := Load(path)
			if err != nil {
				assert.ErrorContains(t, err, "read the model "+path+": ") // those that are there to be refused
				continue
			}
			again, err := Parse(written(t, f))
			require.NoError(t, err, path)
			require.Equal(t, f, again, path)
			kept++
		}
		assert.Greater(t, kept, 3, pattern)
	}
}
