package modelfile

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// rewrites checks that a model that was read can be written and read again.
func rewrites(t *testing.T, data []byte) {
	t.Helper()
	f, err := Parse(data)
	if err != nil {
		return
	}
	again, err := Parse(written(t, f))
	require.NoError(t, err)
	require.Equal(t, Digest(f), Digest(again))
	require.Equal(t, written(t, f), written(t, again))
}

// FuzzParse reads anything.
func FuzzParse(f *testing.F) {
	for _, seed := range []*forest.Forest{small(), lonely(), boosted()} {
		var out bytes.Buffer
		if err := Write(&out, seed); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	f.Add([]byte(`{"learner":{},"version":[2,0,3]}`))
	f.Add([]byte("tree\nversion=v4\n"))
	f.Add([]byte{0x1f, 0x8b, 8, 0})
	f.Fuzz(rewrites)
}

// FuzzForest reads forests whose checksum is right, or little would get past it.
func FuzzForest(f *testing.F) {
	for _, seed := range []*forest.Forest{small(), lonely(), boosted()} {
		var out bytes.Buffer
		if err := Write(&out, seed); err != nil {
			f.Fatal(err)
		}
		e, err := open(out.Bytes())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(e.forest))
	}
	f.Fuzz(func(t *testing.T, text string) { rewrites(t, seal(text)) })
}
