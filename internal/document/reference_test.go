package document

import (
	"bytes"
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wide limits are those of encoding/json: none but its 10 000 levels.
var wide = Limits{Bytes: 64 << 20, Depth: 10_000, Nodes: 1 << 24}

// want is a value as the standard library reads it, with names in order.
type want struct {
	value any // nil, bool, string, json.Number, []want or names
}

type names struct {
	order  []string
	values map[string]want
}

func (n *names) put(name string, v want) {
	if n.values == nil {
		n.values = map[string]want{}
	}
	if _, ok := n.values[name]; !ok {
		n.order = append(n.order, name)
	}
	n.values[name] = v
}

// wantJSON reads a text that json.Valid accepts.
func wantJSON(t require.TestingT, text string) want {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	return wantValue(t, dec)
}

func wantValue(t require.TestingT, dec *json.Decoder) want {
	token, err := dec.Token()
	require.NoError(t, err)
	switch token {
	case json.Delim('['):
		items := []want{}
		for dec.More() {
			items = append(items, wantValue(t, dec))
		}
		_, err = dec.Token()
		require.NoError(t, err)
		return want{items}
	case json.Delim('{'):
		object := names{}
		for dec.More() {
			name, err := dec.Token()
			require.NoError(t, err)
			object.put(name.(string), wantValue(t, dec))
		}
		_, err = dec.Token()
		require.NoError(t, err)
		return want{object}
	}
	return want{token}
}

var percent = regexp.MustCompile(`%([0-9A-Fa-f]{2})?`)

// wantForm reads a form the slow way.
func wantForm(text string) want {
	decode := func(s string) string {
		s = percent.ReplaceAllStringFunc(strings.ReplaceAll(s, "+", " "), func(escape string) string {
			b, err := strconv.ParseUint(escape[1:], 16, 8)
			if err != nil {
				return escape
			}
			return string([]byte{byte(b)})
		})
		return string([]rune(s)) // U+FFFD for each broken byte
	}
	object := names{}
	for pair := range strings.SplitSeq(text, "&") {
		if pair == "" {
			continue
		}
		rawName, value, _ := strings.Cut(pair, "=")
		name, next := decode(rawName), want{decode(value)}
		switch earlier := object.values[name].value.(type) {
		case []want:
			next = want{append(earlier, next)}
		case string:
			next = want{[]want{{earlier}, next}}
		}
		object.put(name, next)
	}
	return want{object}
}

// requireSame checks a node and all beneath it.
func requireSame(t require.TestingT, w want, n Node) {
	require.True(t, n.Valid())
	switch v := w.value.(type) {
	case nil:
		require.Equal(t, Null, n.Kind())
	case bool:
		require.Equal(t, Bool, n.Kind())
		require.Equal(t, v, n.Bool())
	case string:
		require.Equal(t, Text, n.Kind())
		require.Equal(t, v, n.Text())
	case json.Number:
		requireNumber(t, v.String(), n)
	case []want:
		require.Equal(t, List, n.Kind())
		require.Equal(t, len(v), n.Len())
		for i := range v {
			requireSame(t, v[i], n.Item(i))
		}
	case names:
		require.Equal(t, Object, n.Kind())
		require.Equal(t, len(v.order), n.Len())
		for i, name := range v.order {
			require.Equal(t, name, n.Name(i))
			found, ok := n.Field(name)
			require.True(t, ok, "%q", name)
			require.Equal(t, n.Item(i), found)
			requireSame(t, v.values[name], found)
		}
		_, ok := n.Field("no such name")
		require.False(t, ok)
	default:
		require.Failf(t, "test", "%T", v)
	}
}

func requireNumber(t require.TestingT, digits string, n Node) {
	text := n.Text()
	if digits == "-0" {
		require.Equal(t, "0", text)
	} else {
		require.Equal(t, digits, text)
	}
	if strings.ContainsAny(digits, ".eE") {
		value, err := strconv.ParseFloat(digits, 64)
		if err != nil {
			require.Equal(t, Big, n.Kind(), digits)
			return
		}
		require.Equal(t, Double, n.Kind(), digits)
		require.Equal(t, math.Float64bits(value), math.Float64bits(n.Double()), digits)
		return
	}
	if value, err := strconv.ParseInt(digits, 10, 64); err == nil {
		require.Equal(t, Int, n.Kind(), digits)
		require.Equal(t, value, n.Int())
	} else if value, err := strconv.ParseUint(digits, 10, 64); err == nil {
		require.Equal(t, Uint, n.Kind(), digits)
		require.Equal(t, value, n.Uint())
	} else {
		require.Equal(t, Big, n.Kind(), digits)
	}
}

// checkJSON reads a text with both and compares all there is to compare.
func checkJSON(t require.TestingT, text string) {
	var d Document
	err := d.JSON(text, wide)
	plain := strings.TrimPrefix(text, byteOrderMark)
	if !json.Valid([]byte(plain)) {
		require.Error(t, err, "%q", text)
		require.False(t, d.Root().Valid())
		return
	}
	require.NoError(t, err, "%q", text)
	w := wantJSON(t, plain)
	requireSame(t, w, d.Root())
	checkAppend(t, w, d.Root())
	checkTruncated(t, plain, d.Root().Kind())
}

// checkAppend writes a node in full and cut.
func checkAppend(t require.TestingT, w want, n Node) {
	full := n.AppendJSON([]byte("before "), 64<<20)
	require.True(t, bytes.HasPrefix(full, []byte("before ")))
	full = full[len("before "):]
	require.True(t, json.Valid(full), "%q", full)
	var again Document
	require.NoError(t, again.JSON(string(full), wide))
	requireSame(t, w, again.Root())
	require.Equal(t, string(full), string(n.AppendJSON(nil, len(full))), "just enough room")
	for _, limit := range []int{-1, 0, 2, 3, 4, len(full) / 2, len(full) - 1} {
		if limit >= len(full) {
			continue
		}
		short := string(n.AppendJSON(nil, limit))
		require.LessOrEqual(t, len(short), max(limit, 0))
		if limit < len(cut) {
			require.Empty(t, short)
			continue
		}
		require.True(t, utf8.ValidString(short), "%q", short)
		require.True(t, strings.HasSuffix(short, cut))
		short = strings.TrimSuffix(short, cut)
		require.True(t, strings.HasPrefix(string(full), short), "%q of %q", short, full)
		require.Greater(t, len(short), limit-len(cut)-utf8.UTFMax, "room was wasted")
	}
}

// checkTruncated cuts a text whose end can be seen.
func checkTruncated(t require.TestingT, text string, kind Kind) {
	if kind < Text && kind != Null && kind != Bool {
		return // half a number may be a number
	}
	text = strings.Trim(text, " \t\r\n")
	var d Document
	for _, end := range []int{1, len(text) / 3, len(text) / 2, len(text) - 1} {
		if end > 0 && end < len(text) {
			require.Equal(t, ErrTruncated, d.JSON(text[:end], wide), "%q", text[:end])
		}
	}
}

func checkForm(t require.TestingT, text string) {
	var d Document
	require.NoError(t, d.Form(text, wide))
	w := wantForm(text)
	requireSame(t, w, d.Root())
	checkAppend(t, w, d.Root())
}

func TestTheReferenceReadsAsExpected(t *testing.T) {
	assert.Equal(t, want{names{
		order: []string{"a", "b", "ü�"},
		values: map[string]want{
			"a":  {[]want{{"1"}, {"%4"}, {""}}},
			"b":  {" %"},
			"ü�": {"=;"},
		},
	}}, wantForm("a=1&&b=+%&a=%4&%c3%bc%ff==;&a"))
	assert.Equal(t, want{names{
		order:  []string{"b", "a"},
		values: map[string]want{"b": {[]want{{nil}, {true}}}, "a": {json.Number("1e2")}},
	}}, wantJSON(t, `{"b":0,"a":1e2,"b":[null,true]}`))
}
