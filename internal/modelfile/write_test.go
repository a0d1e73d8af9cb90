package modelfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/forest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// written is the model as Write writes it.
func written(t require.TestingT, f *forest.Forest) []byte {
	var out bytes.Buffer
	require.NoError(t, Write(&out, f))
	return out.Bytes()
}

// small is a forest of three trees: of the first one all is left out that can be,
// of the second one nothing, of the third one a part.
func small() *forest.Forest {
	return &forest.Forest{
		Kind:     forest.RandomForest,
		Features: []string{"requests", "failed share"},
		Classes:  []string{"normal", "attack <any>"},
		Origin:   "a quiet week",
		Trees: []forest.Tree{
			{
				Output: forest.AllOutputs,
				Nodes: []forest.Node{
					{Feature: 1, Threshold: 0.1, Next: 1, Cover: 10},
					{Feature: 0, Threshold: 1e21, Next: 3, Cover: 4, MissingLeft: true},
					{Feature: forest.Leaf, Next: 0, Cover: 6},
					{Feature: forest.Leaf, Next: 1, Cover: 3},
					{Feature: forest.Leaf, Next: 2, Cover: 1},
				},
				Values: []float64{0, 1, 1. / 3, 2. / 3, 1, 0},
			},
			{
				Output: forest.AllOutputs,
				Nodes: []forest.Node{
					{Feature: 0, Threshold: -16777216, Next: 1, Cover: 9.5, MissingLeft: true},
					{Feature: forest.Leaf, Next: 1, Cover: 3},
					{Feature: forest.Leaf, Next: 0, Cover: 7},
				},
				Values: []float64{0.25, 0.75, 1, 0},
			},
			{
				Output: forest.AllOutputs,
				Nodes: []forest.Node{
					{Feature: 1, Threshold: 0.5, Next: 1, Cover: 10, MissingLeft: true},
					{Feature: forest.Leaf, Next: 0, Cover: 2},
					{Feature: forest.Leaf, Next: 1, Cover: 8},
				},
				Values: []float64{1, 0, 0, 1},
			},
		},
	}
}

// lonely is an isolation forest.
func lonely() *forest.Forest {
	nodes := []forest.Node{
		{Feature: 0, Threshold: 1e-7, Next: 1, Cover: 8},
		{Feature: forest.Leaf, Next: 0, Cover: 1},
		{Feature: forest.Leaf, Next: 1, Cover: 7},
	}
	return &forest.Forest{
		Kind: forest.IsolationForest, Features: []string{"bytes"}, SampleSize: 8,
		Trees: []forest.Tree{{Output: forest.AllOutputs, Nodes: nodes, Values: pathLengths(nodes)}},
	}
}

// boosted has trees that add to one output each.
func boosted() *forest.Forest {
	tree := func(output int, value float64) forest.Tree {
		return forest.Tree{
			Output: output, Nodes: []forest.Node{{Feature: forest.Leaf, Cover: 2}}, Values: []float64{value},
		}
	}
	return &forest.Forest{
		Kind: forest.Boosting, Features: []string{"x"}, Classes: []string{"a", "b", "c"}, Base: []float64{-1, 0.5, 1e100},
		Trees: []forest.Tree{tree(0, 1), tree(1, -0.1), tree(2, 5e-324)},
	}
}

func TestGolden(t *testing.T) {
	for name, f := range map[string]*forest.Forest{"small": small(), "lonely": lonely(), "boosted": boosted()} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join("testdata", name+".json")
			if *update {
				require.NoError(t, os.WriteFile(path, written(t, f), 0o644))
			}
			want, err := os.ReadFile(path)
			require.NoError(t, err)
			assert.Equal(t, string(want), string(written(t, f)))
			got, err := Load(path)
			require.NoError(t, err)
			assert.Equal(t, f, got)
			assert.Contains(t, string(want), sumPrefix+Digest(f))
		})
	}
}

func TestWrittenIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawForest(t)
		data := written(t, f)
		got, err := Parse(data)
		require.NoError(t, err)
		require.Equal(t, f, got)
		require.Equal(t, data, written(t, got))
		require.Contains(t, string(data), sumPrefix+Digest(f))
	})
}

// The shapes that may be written short are drawn, and so are the others.
func TestWhatFollowsIsLeftOut(t *testing.T) {
	var next, missing, cover, values, depth, trees int
	rapid.Check(t, func(t *rapid.T) {
		f := drawForest(t)
		for i := range f.Trees {
			c := pack(f, &f.Trees[i])
			tree, err := c.tree(f)
			require.NoError(t, err)
			require.Equal(t, f.Trees[i], tree)
			depth += count01(c.order == depthFirst)
			trees++
			next += count01(c.next == nil)
			missing += count01(c.missingLeft == nil)
			cover += count01(len(c.cover) < len(c.feature))
			values += count01(c.values == nil)
		}
	})
	for name, n := range map[string]int{"order": trees - depth, "next": next, "missing_left": missing, "cover": cover, "values": values} {
		assert.NotZero(t, n, name+" is never left out")
		assert.Less(t, n, trees, name+" is always left out")
	}
}

func count01(b bool) int {
	if b {
		return 1
	}
	return 0
}

func TestDigestTellsForestsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := drawForest(t)
		before := Digest(f)
		require.Len(t, before, 12)
		tree := &f.Trees[rapid.IntRange(0, len(f.Trees)-1).Draw(t, "tree")]
		i := rapid.IntRange(0, len(tree.Values)-1).Draw(t, "value")
		tree.Values[i] = math.Nextafter(tree.Values[i], math.Inf(1))
		require.NotEqual(t, before, Digest(f))
	})
}

func TestWriteRefuses(t *testing.T) {
	f := small()
	f.Trees[0].Values = f.Trees[0].Values[1:]
	assert.ErrorContains(t, Write(&bytes.Buffer{}, f), "write the model: ")
	f = small()
	f.Origin = "\xff"
	assert.Error(t, Write(&bytes.Buffer{}, f))
	size := len(written(t, small()))
	assert.NoError(t, write(&bytes.Buffer{}, small(), size))
	err := write(&bytes.Buffer{}, small(), size-1)
	assert.ErrorContains(t, err, "grow fewer or smaller trees")
	assert.ErrorIs(t, Write(full{}, small()), errFull)
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestNumbersAreShort(t *testing.T) {
	for want, x := range map[string]float64{
		"0": 0, "-0": math.Copysign(0, -1), "1": 1, "0.1": 0.1, "0.000001": 1e-6, "1e-7": 1e-7, "1.5e-10": 1.5e-10,
		"100000000000000000000": 1e20, "1e+21": 1e21, "5e-324": 5e-324, "1.7976931348623157e+308": math.MaxFloat64,
	} {
		assert.Equal(t, want, string(appendFloat(nil, x)))
	}
	for want, x := range map[string]float32{
		"1e999": float32(math.Inf(1)), "-1e999": float32(math.Inf(-1)),
		"0.1": 0.1, "16777216": 1 << 24, "0.000001": 1e-6, "1e-7": 1e-7, "1e-45": math.SmallestNonzeroFloat32, "3.4028235e+38": math.MaxFloat32,
	} {
		assert.Equal(t, want, string(appendFloat(nil, x)))
	}
	rapid.Check(t, func(t *rapid.T) {
		x := drawThreshold().Draw(t, "x")
		text := string(appendFloat(nil, x))
		require.True(t, json.Valid([]byte(text)), text)
		got, err := (&scanner{text: []byte(text)}).threshold()
		require.NoError(t, err)
		require.Equal(t, math.Float32bits(x), math.Float32bits(got))
	})
}

func TestTextIsWrittenAsItIs(t *testing.T) {
	assert.Equal(t, `"<&> ü \"\\ \n"`, string(appendText(nil, "<&> ü \"\\ \n")))
	assert.True(t, strings.HasSuffix(string(appendText([]byte("x"), "")), `x""`))
}

func TestSaveThroughALink(t *testing.T) {
	folder := t.TempDir()
	target, link := filepath.Join(folder, "released", "model.json"), filepath.Join(folder, "model.json")
	require.NoError(t, os.Mkdir(filepath.Dir(target), 0o755))
	if err := os.Symlink(filepath.Join("released", "model.json"), link); err != nil {
		t.Skip("skipped: no symbolic links here:", err)
	}
	assert.ErrorContains(t, Save(link, small()), "is a symbolic link to a file that is not there: remove the link")
	require.NoError(t, os.WriteFile(target, nil, 0o600))
	require.NoError(t, Save(link, small()))
	info, err := os.Lstat(link)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&os.ModeSymlink, "the link is still one")
	got, err := Load(target)
	require.NoError(t, err)
	assert.Equal(t, small(), got)
	for _, dir := range []string{folder, filepath.Dir(target)} {
		files, err := os.ReadDir(dir)
		require.NoError(t, err)
		for _, file := range files {
			assert.NotContains(t, file.Name(), ".part")
		}
	}
}

func TestSaveKeepsPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("skipped: files have no permission bits there")
	}
	path := filepath.Join(t.TempDir(), "model.json")
	for _, mode := range []os.FileMode{0o600, 0o640, 0o666, 0o444} {
		require.NoError(t, os.WriteFile(path, nil, 0o600))
		require.NoError(t, os.Chmod(path, mode))
		require.NoError(t, Save(path, small()))
		info, err := os.Stat(path)
		require.NoError(t, err)
		assert.Equal(t, mode, info.Mode().Perm())
		require.NoError(t, os.Remove(path))
	}
}

func TestALongOriginIsNotWritten(t *testing.T) {
	f := small()
	f.Origin = strings.Repeat("ü", MaxOrigin/2)
	got, err := Parse(written(t, f))
	require.NoError(t, err)
	assert.Equal(t, f, got)
	f.Origin += "."
	assert.EqualError(t, Write(&bytes.Buffer{}, f),
		"write the model: origin: longer than 1024 bytes: say in fewer words what the forest was trained on")
}
