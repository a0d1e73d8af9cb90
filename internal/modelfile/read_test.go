package modelfile

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/heapsize"
)

// seal puts a forest into an envelope with its checksum.
func seal(forest string) []byte {
	return fmt.Appendf(nil, `{"format":"spanwarden.forest","version":1,"checksum":"sha256:%s","forest":%s}`,
		hex.EncodeToString(compactSum([]byte(forest))), forest)
}

// smallForest is the forest of the file of small, without its envelope.
func smallForest(t *testing.T) string {
	t.Helper()
	e, err := open(written(t, small()))
	require.NoError(t, err)
	return string(e.forest)
}

func TestLayoutDoesNotMatter(t *testing.T) {
	data := written(t, small())
	var indented bytes.Buffer
	require.NoError(t, json.Indent(&indented, data, " ", "\t"))
	got, err := Parse(indented.Bytes())
	require.NoError(t, err)
	assert.Equal(t, small(), got)

	// Go writes a map by its keys: the parts come in another order.
	var parts map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(data, &parts))
	sorted := marshal(t, parts)
	require.True(t, bytes.HasPrefix(sorted, []byte(`{"checksum":`)))
	got, err = Parse(append([]byte("\r\n "), sorted...))
	require.NoError(t, err)
	assert.Equal(t, small(), got)

	var forest map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(parts["forest"], &forest))
	var trees []map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(forest["trees"], &trees))
	forest["trees"] = marshal(t, trees)
	sorted = marshal(t, forest)
	require.True(t, bytes.HasPrefix(sorted, []byte(`{"classes":`)))
	got, err = Parse(seal(string(sorted)))
	require.NoError(t, err)
	assert.Equal(t, small(), got)
}

// marshal leaves < and > as they are.
func marshal(t *testing.T, value any) []byte {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(value))
	return out.Bytes()
}

func TestTheChecksumIsThatOfTheCompactForest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.MapOf(rapid.String(), rapid.SliceOf(rapid.String())).Draw(t, "parts")
		compact, err := json.Marshal(parts)
		require.NoError(t, err)
		indented, err := json.MarshalIndent(parts, "\r", " \t")
		require.NoError(t, err)
		require.Equal(t, compactSum(compact), compactSum(indented))
		compact[rapid.IntRange(0, len(compact)-1).Draw(t, "damaged byte")]++
		require.NotEqual(t, compactSum(compact), compactSum(indented))
	})
}

func TestNoDamageGoesUnnoticed(t *testing.T) {
	data := written(t, lonely())
	end := bytes.LastIndexByte(data, '}')
	for i := range data[:end+1] {
		for bit := range 8 {
			damaged := bytes.Clone(data)
			damaged[i] ^= 1 << bit
			_, err := Parse(damaged)
			require.Error(t, err, "byte %d, bit %d", i, bit)
		}
		_, err := Parse(data[:i])
		require.Error(t, err, "cut off behind %d bytes", i)
	}
}

func TestNewerVersions(t *testing.T) {
	newer := `{"format":"spanwarden.forest","version":2,"compression":"none","forest":17}`
	_, err := Parse([]byte(newer))
	assert.ErrorContains(t, err,
		"version: written by a newer Spanwarden: the format's version is 2 and this one reads version 1: update Spanwarden")
}

func TestEnvelopeIsRefused(t *testing.T) {
	const sum = `"checksum":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"` // of {}
	for text, want := range map[string]string{
		`"format":"spanwarden.forest"`:                                                              "version: it is missing or 0",
		`"format":"spanwarden.forest","version":0`:                                                  "version: it is missing or 0",
		`"format":"spanwarden.forest","version":-1`:                                                 "version: -1: it must be from 0",
		`"format":"spanwarden.forest","version":1.5`:                                                "version: 1.5: not a whole number",
		`"format":"spanwarden.forest","version":"1"`:                                                "version: byte",
		`"format":"spanwarden.forest","version":1`:                                                  "checksum: it is missing",
		`"format":"spanwarden.forest","version":1,` + sum:                                           "forest: it is missing",
		`"format":"spanwarden.forest","version":1,"x":1,` + sum + `,"forest":{}`:                    "x: version 1 of the format has no such key",
		`"format":"spanwarden.forest","version":1,"version":1,` + sum + `,"forest":{}`:              "version: it is there twice",
		`"format":"spanwarden.forest","version":1,` + sum + `,"forest":{}}{`:                        "something follows the end",
		`"format":"spanwarden.forest","version":1,` + sum + `,"forest":{},`:                         `not the " of a text`,
		`"format":"spanwarden.forest","version":1,` + sum + `,"forest":{"a":1}`:                     "but that of the forest is sha256:",
		`"format":"spanwarden.forest","version":1,` + sum + `,"forest":{"a":1`:                      "it is cut short: copy or write it again",
		`"format":"spanwarden.forest","version":1,` + sum + `,"forest":{}`:                          "forest.trees: they are missing",
		`"format":"spanwarden.forest","version":1,` + sum + `,"forest":` + strings.Repeat("[", 100): "arrays and objects within one another",
	} {
		_, err := Parse([]byte("{" + text + "}"))
		if strings.Contains(want, "cut short") {
			_, err = Parse([]byte("{" + text))
		}
		assert.ErrorContains(t, err, want, text)
	}
}

func TestForestIsRefused(t *testing.T) {
	whole := smallForest(t)
	for _, c := range []struct{ old, replacement, want string }{
		{`"kind":"random_forest"`, `"kind":1`, "forest.kind: byte"},
		{`"kind":"random_forest"`, `"kind":"jungle"`, "jungle"},
		{`"origin":"a quiet week"`, `"origin":"a","origin":"b"`, "forest.origin: it is there twice"},
		{`"origin":"a quiet week"`, `"origin":"` + strings.Repeat("x", 1025) + `"`, "forest.origin: longer than 1024 bytes: say in fewer words"},
		{`"origin":"a quiet week"`, `"origin":"` + strings.Repeat("x", 1<<20) + `"`, "forest.origin: longer than 1024 bytes: say in fewer words"},
		{`"origin":"a quiet week"`, `"` + strings.Repeat("x", 1<<20) + `":1`, "xxx…: version 1 of the format has no such key"},
		{`"kind":"random_forest"`, `"kind":"` + strings.Repeat("x", 300) + `"`, "forest.kind: longer than 256 bytes"},
		{`,"values":[0,1,`, `,"values":[0,0,0,0,0,0,0,1,`, "forest.trees[0].values: more than 10 numbers"},
		{`"origin":"a quiet week"`, `"origins":"a"`, "forest.origins: version 1 of the format has no such key"},
		{`"origin":"a quiet week"`, `"":"a"`, "forest.: version 1 of the format has no such key"},
		{`"failed share"`, `"` + strings.Repeat("x", 257) + `"`, "forest.features[1]: longer than 256 bytes"},
		{`"failed share"`, strings.Repeat(`"x",`, 512) + `"y"`, "forest.features: more than 512"},
		{`"normal"`, "1", "forest.classes[0]: byte"},
		{`"normal"`, "null", "forest.classes[0]: byte"},
		{`"trees":[`, `"trees":[7,`, "forest.trees[0]: byte"},
		{`"trees":[`, `"trees":[{},`, "forest.trees[0].feature: 0 splits and 0 leaves"},
		{`{"feature":[1,0,-1,-1,-1]`, `{"feature":[1,0,-1,-1]`, "forest.trees[0].feature: 2 splits and 2 leaves"},
		{`{"feature":[1,0,-1,-1,-1]`, `{"feature":[1,-2,-1,-1,-1]`, "forest.trees[0].feature[1]: -2: it must be a feature, counting from 0"},
		{`{"feature":[1,0,-1,-1,-1]`, `{"feature":[-1,0,-1,1,-1]`, "forest.trees[0].feature: these splits and leaves are not those of one tree"},
		{`{"feature":[1,0,-1,-1,-1]`, `{"feature":[1,2147483648,-1,-1,-1]`, "forest.trees[0].feature[1]: 2147483648: too large"},
		{`{"feature":[1,0,-1,-1,-1]`, `{"feature":[1,0.0,-1,-1,-1]`, "forest.trees[0].feature[1]: 0.0: not a whole number"},
		{`{"feature":[1,0,-1,-1,-1]`, `{"feature":[1,7,-1,-1,-1]`, "7"},
		{`{"feature":[1,0,-1,-1,-1]`, `{"order":"depth_first","feature":[-1,0,-1,1,-1]`, "are not those of one tree in its order"},
		{`{"feature":[1,0,-1,-1,-1]`, `{"order":"depth_first","feature":[1,-1,-1,0,-1]`, "are not those of one tree in its order"},
		{`{"feature":[1,0,-1,-1,-1]`, `{"order":"best_first","feature":[1,0,-1,-1,-1]`, `trees[0].order: "best_first": it must be`},
		{`{"feature":[0,-1,-1]`, `{"order":"depth_first","feature":[0,-1,-1]`, "forest.trees[1].order: a tree that has next has no order"},
		{`"threshold":[0.1,`, `"threshold":[`, "forest.trees[0].threshold: 1 numbers where there must be 2, one for each split"},
		{`"threshold":[0.1,`, `"threshold":[1e39,`, "forest.trees[0].threshold[0]: 1e39: too large for a float32"},
		{`"threshold":[0.1,`, `"threshold":[1e0999,`, "forest.trees[0].threshold[0]: 1e0999: too large for a float32"},
		{`"threshold":[0.1,`, `"threshold":[NaN,`, `not JSON`},
		{`"threshold":[0.1,`, `"threshold":[[1],`, `forest.trees[0].threshold[0]: byte`},
		{`"missing_left":[0],"cover":[2,8]`, `"missing_left":[2],"cover":[2,8]`, "forest.trees[2].missing_left[0]: 2: it must be a split"},
		{`"missing_left":[0],"cover":[2,8]`, `"missing_left":[0,0],"cover":[2,8]`, "missing_left[1]: 0: it must be a split, and larger than"},
		{`"missing_left":[0],"cover":[2,8]`, `"missing_left":[5],"cover":[2,8]`, "forest.trees[2].missing_left[0]: 5: it must be a split"},
		{`"missing_left":[0],"cover":[2,8]`, `"missing_left":[-1],"cover":[2,8]`, "forest.trees[2].missing_left[0]: -1: it must be a split"},
		{`"cover":[6,3,1]`, `"cover":[6,3]`, "forest.trees[0].cover: 2 numbers where there must be 5, one for each node"},
		{`"cover":[6,3,1]`, `"cover":[6,3,0]`, ""},
		{`"cover":[6,3,1]`, `"cover":[6,3,1e309]`, "forest.trees[0].cover[2]: 1e309: too large for a float64"},
		{`,"values":[0,1,`, `,"values":[1,`, "forest.trees[0].values: 5 numbers where there must be 6"},
		{`"next":[1,1,0],`, `"next":[1,1],`, "forest.trees[1].next: 2 numbers where there must be 3, one for each node"},
		{`"next":[1,1,0],`, `"next":[0,1,0],`, ""},
		{`"next":[1,1,0],`, `"next":[2147483647,1,0],`, ""},
		{`"next":[1,1,0],`, `"next":[-5,1,0],`, ""},
		{`"next":[1,1,0],"missing_left":[0],`, `"next":[1,1,0],`, "forest.trees[1].next: a tree that has it must have missing_left"},
		{`{"feature":[0,-1,-1]`, `{"output":256,"feature":[0,-1,-1]`, "forest.trees[1].output: 256: it must be from 0 to 255"},
		{`{"feature":[0,-1,-1]`, `{"output":0,"feature":[0,-1,-1]`, "forest.trees[1].values: 4 numbers where there must be 2"},
	} {
		require.Equal(t, 1, strings.Count(whole, c.old), c.old)
		_, err := Parse(seal(strings.Replace(whole, c.old, c.replacement, 1)))
		assert.ErrorContains(t, err, c.want, c.replacement)
	}
	_, err := Parse(seal(whole))
	assert.NoError(t, err)
}

func TestTooManyTrees(t *testing.T) {
	const leaf = `{"feature":[-1],"cover":[1],"threshold":[]}`
	many := func(n int) []byte {
		return seal(`{"kind":"isolation_forest","features":["x"],"sample_size":2,"trees":[` + strings.Repeat(leaf+",", n-1) + leaf + `]}`)
	}
	f, err := Parse(many(10_000))
	require.NoError(t, err)
	assert.Len(t, f.Trees, 10_000)
	_, err = Parse(many(10_001))
	assert.ErrorContains(t, err, "forest.trees: more than 10000 trees")
}

func TestTooManyNodes(t *testing.T) {
	const trees = `[{"feature":[0,-1,-1],"cover":[1,1],"threshold":[0]},{"feature":[0,-1,-1],"cover":[1,1],"threshold":[0]}]`
	f := lonely()
	_, err := readTrees(&scanner{text: []byte(trees)}, f, 6)
	assert.NoError(t, err)
	_, err = readTrees(&scanner{text: []byte(trees)}, f, 5)
	assert.EqualError(t, err, "[1].feature: more than 2 numbers")
}

// What is refused for its length is refused before there is room for it.
func TestLongPartsTakeNoMemory(t *testing.T) {
	const size = 8 << 20
	long := strings.Repeat("x", size)
	f := small()
	for what, do := range map[string]func(){
		"clip": func() {
			var clipped string
			assert.Less(t, heapsize.Allocated(func() { clipped = clip(long) }), uint64(size/8))
			assert.Equal(t, strings.Repeat("x", 40)+"…", clipped)
		},
		"values": func() {
			text := `[{"values":[0` + strings.Repeat(",0", size/2) + `],"feature":[-1],"threshold":[],"cover":[1]}]`
			s := &scanner{text: []byte(text)}
			assert.Less(t, heapsize.Allocated(func() {
				_, err := readTrees(s, f, 1<<22)
				assert.EqualError(t, err, "[0].values: more than 2 numbers")
			}), uint64(size/8))
		},
		"key": func() {
			s := &scanner{text: []byte(`{"` + long + `":1}`)}
			assert.Less(t, heapsize.Allocated(func() { _, _ = s.value() }), uint64(size/8))
		},
		"checksum": func() {
			text := []byte(`{"checksum":"` + long + `"}`)
			assert.Less(t, heapsize.Allocated(func() {
				_, err := open(text)
				assert.EqualError(t, err, "checksum: longer than 256 bytes")
			}), uint64(size/8))
		},
	} {
		t.Run(what, func(*testing.T) { do() })
	}
}

// A key may be written in escapes only; one that only begins like a known one is not it.
func TestKeysInEscapes(t *testing.T) {
	escaped := strings.NewReplacer(`"missing_left"`, `"`+escapes("missing_left")+`"`).Replace(smallForest(t))
	f, err := Parse(seal(escaped))
	require.NoError(t, err)
	assert.Equal(t, small(), f)
}

func escapes(text string) string {
	var b strings.Builder
	for _, c := range text {
		fmt.Fprintf(&b, `\u%04x`, c)
	}
	return b.String()
}

// Values may come in front of what bounds them.
func TestValuesInFront(t *testing.T) {
	whole := smallForest(t)
	const values = `,"values":[0.25,0.75,1,0]`
	require.Equal(t, 1, strings.Count(whole, values))
	moved := strings.Replace(strings.Replace(whole, values, "", 1), `{"feature":[0,-1,-1]`, `{`+values[1:]+`,"feature":[0,-1,-1]`, 1)
	f, err := Parse(seal(moved))
	require.NoError(t, err)
	assert.Equal(t, small(), f)
}
