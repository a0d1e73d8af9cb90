package document

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLimitsHoldToTheLast(t *testing.T) {
	for _, tt := range []struct {
		name string
		text string
		form bool
		fits Limits
		less Limits
		want error
	}{
		{"bytes", `[1,2]`, false, Limits{Bytes: 5}, Limits{Bytes: 4}, ErrTooLong},
		{"white space counts", ` 1 `, false, Limits{Bytes: 3}, Limits{Bytes: 2}, ErrTooLong},
		{"bytes of a form", `a=1`, true, Limits{Bytes: 3}, Limits{Bytes: 2}, ErrTooLong},
		{"lists in lists", `[[[1],[2]]]`, false, Limits{Depth: 3}, Limits{Depth: 2}, ErrTooDeep},
		{"objects in lists", `[{"a":{}},{"a":{}}]`, false, Limits{Depth: 3}, Limits{Depth: 2}, ErrTooDeep},
		{"values", `[1,{"a":"b"}]`, false, Limits{Nodes: 4}, Limits{Nodes: 3}, ErrTooMany},
		{"an empty list", `[[],[]]`, false, Limits{Nodes: 3}, Limits{Nodes: 2}, ErrTooMany},
		{"values of one name", `{"a":1,"a":2}`, false, Limits{Nodes: 3}, Limits{Nodes: 2}, ErrTooMany},
		{"parameters", `a=1&b=2`, true, Limits{Nodes: 3}, Limits{Nodes: 2}, ErrTooMany},
		{"parameters and their lists", `a=1&b=2&a=3`, true, Limits{Nodes: 5}, Limits{Nodes: 4}, ErrTooMany},
		{"a form is not deep", `a=1&a=2`, true, Limits{Depth: 1}, Limits{Depth: 1, Nodes: 1}, ErrTooMany},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d Document
			parse := d.JSON
			if tt.form {
				parse = d.Form
			}
			require.NoError(t, parse(tt.text, tt.fits))
			require.True(t, d.Root().Valid())
			require.Equal(t, tt.want, parse(tt.text, tt.less))
			assert.False(t, d.Root().Valid())
			assert.Empty(t, d.source)
			require.NoError(t, parse(tt.text, tt.fits), "the document is as good as before")
			assert.True(t, d.Root().Valid())
		})
	}
}

func TestLimitsOfZeroAreTheDefault(t *testing.T) {
	assert.Equal(t, DefaultLimits, Limits{}.effective())
	assert.Equal(t, DefaultLimits, Limits{Bytes: -1, Depth: -1, Nodes: -1}.effective())
	huge := Limits{Bytes: math.MaxInt, Depth: math.MaxInt, Nodes: math.MaxInt}.effective()
	assert.Equal(t, Limits{Bytes: 256 << 20, Depth: math.MaxInt, Nodes: 1 << 28}, huge)
	var d Document
	assert.Equal(t, ErrTooDeep, d.JSON(strings.Repeat("[", 65), Limits{}))
	assert.Equal(t, ErrTruncated, d.JSON(strings.Repeat("[", 64), Limits{}))
}

// footprint is what a document's buffers take, in bytes.
func footprint(d *Document) int {
	return 32*(cap(d.nodes)+cap(d.pending)) + cap(d.buffer) + 4*cap(d.slots)
}

func TestHostileTextsStayWithinBounds(t *testing.T) {
	texts := hostile(DefaultLimits.Bytes)
	var d Document
	for name, text := range texts {
		t.Run(name, func(t *testing.T) {
			assert.LessOrEqual(t, len(text), DefaultLimits.Bytes)
			jsonErr := d.JSON(text, DefaultLimits)
			if jsonErr == nil {
				assert.True(t, json.Valid([]byte(text)))
			}
			_ = d.Form(text, DefaultLimits)
			assert.LessOrEqual(t, footprint(&d), 5<<18)
		})
	}
	d.Reset()
	assert.LessOrEqual(t, footprint(&d), 200<<10)
	assert.Empty(t, d.source)
	assert.False(t, d.Root().Valid())
}

func TestLongTextsAreRefusedUnread(t *testing.T) {
	const huge = 10 << 20
	var d Document
	for name, text := range hostile(huge) {
		assert.Equal(t, ErrTooLong, d.JSON(text, DefaultLimits), name)
		assert.Equal(t, ErrTooLong, d.Form(text, DefaultLimits), name)
	}
	assert.Zero(t, footprint(&d))
}

// A reading that looked at every name once more for each would not end here.
func TestWideLimitsAreReadInOnePass(t *testing.T) {
	for name, text := range hostile(1 << 19) {
		var d Document
		err := d.JSON(text, wide)
		assert.Equal(t, json.Valid([]byte(text)), err == nil, name)
		for i := range d.Root().Len() {
			if n := d.Root(); n.Kind() == Object {
				found, _ := n.Field(n.Name(i))
				require.Equal(t, n.Item(i), found)
			}
		}
		require.NoError(t, d.Form(text, wide), name)
	}
}

func TestDepthCostsNoStack(t *testing.T) {
	const levels = 1 << 20
	text := strings.Repeat(`[`, levels) + strings.Repeat(`]`, levels)
	var d Document
	require.NoError(t, d.JSON(text, Limits{Bytes: 2 * levels, Depth: levels, Nodes: levels}))
	depth := 0
	for n := d.Root(); n.Valid(); n = n.Item(0) {
		depth++
	}
	assert.Equal(t, levels, depth)
	assert.Equal(t, "[[[[[…", string(d.Root().AppendJSON(nil, 8)))
}

func TestReadingAgainAllocatesNothing(t *testing.T) {
	var texts, broken []string
	bodies, _ := bodies()
	forms, _ := mixedForms()
	texts = append(append(texts, bodies...), forms...)
	for _, text := range bodies {
		broken = append(broken, text[:len(text)/2], text+"x", strings.ReplaceAll(text, ":", "="))
	}
	for _, text := range hostile(2000) {
		broken = append(broken, text)
	}
	var d Document
	var dst []byte
	all := func() {
		for _, text := range texts {
			_ = d.JSON(text, DefaultLimits)
			dst = d.Root().AppendJSON(dst[:0], 1000)
			_, _ = d.Root().Field("items")
			_ = d.Form(text, DefaultLimits)
			d.Reset()
		}
		for _, text := range broken {
			for _, l := range []Limits{DefaultLimits, {Bytes: 8}, {Depth: 1}, {Nodes: 2}} {
				_ = d.JSON(text, l)
				_ = d.Form(text, l)
			}
			d.Reset()
		}
	}
	all()
	assert.Zero(t, testing.AllocsPerRun(50, all))
}

func TestNodesOfAnEarlierReadingAreNotValid(t *testing.T) {
	var d Document
	for name, next := range map[string]func(){
		"JSON":   func() { require.NoError(t, d.JSON(`["x","y","z"]`, Limits{})) },
		"broken": func() { require.Error(t, d.JSON(`[`, Limits{})) },
		"Form":   func() { require.NoError(t, d.Form(`a=1`, Limits{})) },
		"Reset":  d.Reset,
	} {
		require.NoError(t, d.JSON(`{"a":"b\n"}`, Limits{}))
		root := d.Root()
		a := root.Item(0)
		next()
		for _, n := range []Node{root, a} {
			assert.False(t, n.Valid(), name)
			assert.Equal(t, Null, n.Kind())
			assert.Empty(t, n.Text())
			assert.Zero(t, n.Len())
			assert.False(t, n.Item(0).Valid())
			_, ok := n.Field("a")
			assert.False(t, ok)
		}
		assert.NotEqual(t, root, d.Root())
	}
}
