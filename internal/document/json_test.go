package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func read(t *testing.T, text string) Node {
	t.Helper()
	d := &Document{}
	require.NoError(t, d.JSON(text, Limits{}), "%q", text)
	return d.Root()
}

func TestNumbersKeepTheirKindAndTheirDigits(t *testing.T) {
	for _, tt := range []struct {
		text  string
		kind  Kind
		value any
	}{
		{"0", Int, int64(0)},
		{"9007199254740993", Int, int64(1<<53 + 1)},
		{"9223372036854775807", Int, int64(math.MaxInt64)},
		{"-9223372036854775808", Int, int64(math.MinInt64)},
		{"9223372036854775808", Uint, uint64(1 << 63)},
		{"18446744073709551615", Uint, uint64(math.MaxUint64)},
		{"18446744073709551616", Big, nil}, // 0 in 64 bits
		{"36893488147419103232", Big, nil}, // and once more
		{"99999999999999999999", Big, nil},
		{"184467440737095516160", Big, nil},
		{"-9223372036854775809", Big, nil},
		{"-18446744073709551616", Big, nil},
		{"1.0", Double, 1.0},
		{"1e2", Double, 100.0},
		{"-0.0", Double, math.Copysign(0, -1)},
		{"1E-400", Double, 0.0},
		{"0e99999999999999999999", Double, 0.0},
		{"1.7976931348623157e308", Double, math.MaxFloat64},
		{"1.79769e308", Double, 1.79769e308},
		{"1.79769313486231580e308", Double, math.MaxFloat64},
		{"1.7976931348623159e308", Big, nil},
		{"1e309", Big, nil},
		{"-1.8e308", Big, nil},
		{"1e99999999999999999999", Big, nil},
	} {
		n := read(t, tt.text)
		assert.Equal(t, tt.kind, n.Kind(), tt.text)
		assert.Equal(t, tt.text, n.Text())
		switch tt.kind {
		case Int:
			assert.Equal(t, tt.value, n.Int(), tt.text)
		case Uint:
			assert.Equal(t, tt.value, n.Uint(), tt.text)
		case Double:
			assert.Equal(t, math.Float64bits(tt.value.(float64)), math.Float64bits(n.Double()), tt.text)
		}
	}
	minus := read(t, "-0")
	assert.Equal(t, Int, minus.Kind())
	assert.Equal(t, "0", minus.Text(), "the whole number has no sign")
}

func TestStringsAreUnescapedAndWhole(t *testing.T) {
	for text, want := range map[string]string{
		`""`:                         "",
		`"plain"`:                    "plain",
		`"Grüße 世界 🙂"`:               "Grüße 世界 🙂",
		`"\"\\\/\b\f\n\r\t"`:         "\"\\/\b\f\n\r\t",
		`"a\u00fcb\u4E16"`:           "aüb世",
		`"\ud83d\ude42"`:             "🙂",
		`"\ud83d"`:                   "�",
		`"\ud83d\ud83d\ude42"`:       "�🙂",
		`"\ude42\ud83d!"`:            "��!",
		`"\ud83d\u0041"`:             "�A",
		`"\u0000"`:                   "\x00",
		"\"a\xff\xfeb\"":             "a��b",
		"\"\xe4\xb8\"":               "��",
		"\"\xed\xa0\x80\"":           "���", // a surrogate in UTF-8
		"\"\x7f\"":                   "\x7f",
		"\"\xff\\n" + `\ud800` + `"`: "�\n�",
	} {
		assert.Equal(t, want, read(t, text).Text(), "%q", text)
	}
}

func TestTheTreeIsWalkedByPlaceAndByName(t *testing.T) {
	n := read(t, "\uFEFF {\"id\": 7, \"tags\": [\"a\", [], {}], \"ok\": true, \"none\": null, \"\": {\"x\": false}} \r\n")
	require.Equal(t, Object, n.Kind())
	require.Equal(t, 5, n.Len())
	assert.Equal(t, []string{"id", "tags", "ok", "none", ""}, []string{n.Name(0), n.Name(1), n.Name(2), n.Name(3), n.Name(4)})
	assert.Equal(t, int64(7), n.Item(0).Int())
	tags, ok := n.Field("tags")
	assert.True(t, ok)
	assert.Equal(t, n.Item(1), tags)
	assert.NotEqual(t, n.Item(0), tags)
	same := n.Item(1) == tags
	assert.True(t, same, "nodes compare")
	assert.Equal(t, []Kind{Text, List, Object}, []Kind{tags.Item(0).Kind(), tags.Item(1).Kind(), tags.Item(2).Kind()})
	assert.Zero(t, tags.Item(1).Len())
	assert.Zero(t, tags.Item(2).Len())
	assert.True(t, n.Item(2).Bool())
	assert.True(t, n.Item(3).Valid())
	assert.Equal(t, Null, n.Item(3).Kind())
	x, ok := n.Item(4).Field("x")
	assert.True(t, ok)
	assert.Equal(t, Bool, x.Kind())
	assert.False(t, x.Bool())
}

func TestOfMembersWithOneNameTheLastCounts(t *testing.T) {
	n := read(t, `{"a":1,"b":[1],"\u0061":2,"c":3,"b":{"a":4},"a":5}`)
	assert.Equal(t, []string{"a", "b", "c"}, []string{n.Name(0), n.Name(1), n.Name(2)})
	assert.JSONEq(t, `{"a":5,"b":{"a":4},"c":3}`, string(n.AppendJSON(nil, 100)))
	for _, count := range []int{2, few - 1, few, few + 1, 1000} {
		var text strings.Builder
		for i := range 3 * count {
			fmt.Fprintf(&text, `,"%d":%d`, i%count, i)
		}
		n := read(t, "{"+text.String()[1:]+"}")
		require.Equal(t, count, n.Len())
		for i := range count {
			assert.Equal(t, strconv.Itoa(i), n.Name(i))
			found, ok := n.Field(strconv.Itoa(i))
			assert.True(t, ok)
			assert.Equal(t, n.Item(i), found)
			assert.Equal(t, int64(2*count+i), found.Int())
		}
	}
}

func TestLargeObjectsAreNotSearchedOneByOne(t *testing.T) {
	object := func(count int) string {
		var text strings.Builder
		for i := range count {
			fmt.Fprintf(&text, `,"%d":0`, i)
		}
		return "{" + text.String()[1:] + "}"
	}
	var d Document
	require.NoError(t, d.JSON(object(few), Limits{}))
	assert.Empty(t, d.slots)
	for _, count := range []int{few + 1, 1023, 1024, 1025, 8000} {
		require.NoError(t, d.JSON(object(count), Limits{Bytes: 1 << 20}))
		assert.GreaterOrEqual(t, len(d.slots), 2*count, "at most half of the table is taken")
		assert.LessOrEqual(t, len(d.slots), 4*count)
		taken := 0
		for _, s := range d.slots {
			if s != 0 {
				taken++
			}
		}
		assert.Equal(t, count, taken)
	}
}

func TestAskingForWhatIsNotThereIsHarmless(t *testing.T) {
	n := read(t, `{"s":"text","l":[1],"d":1.5,"u":18446744073709551615}`)
	nodes := []Node{{}, n, n.Item(0), n.Item(1), n.Item(2), n.Item(3), n.Item(4), n.Item(-1), n.Item(0).Item(0), n.Item(1).Item(1)}
	for _, n := range nodes {
		for _, i := range []int{-1, 4, math.MinInt, math.MaxInt} {
			assert.False(t, n.Item(i).Valid())
			assert.Empty(t, n.Name(i))
		}
		found, ok := n.Field("x")
		assert.False(t, ok)
		assert.Equal(t, Node{}, found)
	}
	assert.Zero(t, n.Item(0).Int())
	assert.Zero(t, n.Item(3).Int(), "Uint is not Int")
	assert.Zero(t, n.Item(2).Uint())
	assert.Zero(t, n.Item(3).Double())
	assert.False(t, n.Item(3).Bool())
	assert.Empty(t, n.Text())
	assert.Empty(t, n.Item(1).Name(0), "elements have no names")
	zero := Node{}
	assert.False(t, zero.Valid())
	assert.Equal(t, Null, zero.Kind())
	assert.Equal(t, "null", string(zero.AppendJSON(nil, 10)))
	assert.Equal(t, "object", n.Kind().String())
	assert.Equal(t, "unknown", Kind(99).String())
}

func TestBrokenTextsAreTold(t *testing.T) {
	for text, want := range map[string]error{
		"":                     ErrEmpty,
		" \n":                  ErrEmpty,
		"\uFEFF":               ErrEmpty,
		"\uFEFF\uFEFF1":        ErrSyntax,
		"\x00":                 ErrSyntax,
		"{":                    ErrTruncated,
		`{"a"`:                 ErrTruncated,
		`{"a":`:                ErrTruncated,
		`{"a":1,`:              ErrTruncated,
		`[1,`:                  ErrTruncated,
		`[`:                    ErrTruncated,
		`"a`:                   ErrTruncated,
		`"a\`:                  ErrTruncated,
		`"\u12`:                ErrTruncated,
		`"\ud83d\u12`:          ErrTruncated,
		`"ü`:                   ErrTruncated,
		"-":                    ErrTruncated,
		"1.":                   ErrTruncated,
		"1e":                   ErrTruncated,
		"1e+":                  ErrTruncated,
		"tru":                  ErrTruncated,
		"trux":                 ErrSyntax,
		"nulll":                ErrSyntax,
		"True":                 ErrSyntax,
		"NaN":                  ErrSyntax,
		"01":                   ErrSyntax,
		"-01":                  ErrSyntax,
		"00":                   ErrSyntax,
		"+1":                   ErrSyntax,
		".5":                   ErrSyntax,
		"1.x":                  ErrSyntax,
		"1ex":                  ErrSyntax,
		"1e+-2":                ErrSyntax,
		"-x":                   ErrSyntax,
		"0x10":                 ErrSyntax,
		"1 2":                  ErrSyntax,
		"{} {}":                ErrSyntax,
		"]":                    ErrSyntax,
		"[,1]":                 ErrSyntax,
		"[1,]":                 ErrSyntax,
		"[1 2]":                ErrSyntax,
		"[1}":                  ErrSyntax,
		`{"a":1]`:              ErrSyntax,
		`{"a":1,}`:             ErrSyntax,
		`{,}`:                  ErrSyntax,
		`{"a",1}`:              ErrSyntax,
		`{a:1}`:                ErrSyntax,
		`{1:1}`:                ErrSyntax,
		`{"a":}`:               ErrSyntax,
		"[1]\x00":              ErrSyntax,
		"[1]\u00a0":            ErrSyntax,
		"'a'":                  ErrSyntax,
		"\"\n\"":               ErrSyntax,
		"\"\\n\x1f\"":          ErrSyntax,
		`"\x41"`:               ErrSyntax,
		`"\U0041"`:             ErrSyntax,
		`"\u00g0"`:             ErrSyntax,
		`"\ud83d\u00g0"`:       ErrSyntax,
		`/* */1`:               ErrSyntax,
		"name=value":           ErrSyntax,
		"<html></html>":        ErrSyntax,
		`{"a":"b","a":"\u"}`:   ErrSyntax,
		`{"a":[{"b":"\q"},1]}`: ErrSyntax,
	} {
		d := Document{}
		require.NoError(t, d.JSON(`{"an":"earlier one"}`, Limits{}))
		assert.Equal(t, want, d.JSON(text, Limits{}), "%q", text)
		assert.False(t, d.Root().Valid(), "%q", text)
		assert.Empty(t, d.source, "the text is let go of")
		checkJSON(t, text)
	}
}

// jsonText generates texts close to JSON: most are valid.
func jsonText() *rapid.Generator[string] {
	space := rapid.SampledFrom([]string{"", "", "", "", " ", "\n\t", "\r"})
	quoted := rapid.OneOf(
		rapid.SampledFrom([]string{`"a"`, `"b"`, `""`, `"\u0061"`, `"é"`, "\"\xff\"", `"�"`, `"\ud800"`, `"aé\n"`}),
		rapid.Map(rapid.IntRange(0, 30), func(i int) string { return fmt.Sprintf(`"n%d"`, i) }),
		rapid.Map(rapid.String(), strconv.Quote), // not always JSON
	)
	number := rapid.OneOf(
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,25})`),
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?`),
		rapid.SampledFrom([]string{"-0", "00", "1.", "9223372036854775808", "18446744073709551616", "-9223372036854775808"}),
	)
	leaf := rapid.OneOf(quoted, number, rapid.SampledFrom([]string{"true", "false", "null", "", "nul"}))
	var value func(depth int) *rapid.Generator[string]
	value = func(depth int) *rapid.Generator[string] {
		if depth == 0 {
			return leaf
		}
		inner := value(depth - 1)
		return rapid.Custom(func(t *rapid.T) string {
			kind := rapid.IntRange(0, 4).Draw(t, "kind")
			if kind < 2 {
				return leaf.Draw(t, "leaf")
			}
			most := 6
			if kind == 4 {
				most = 40
				inner = leaf
			}
			var parts []string
			for range rapid.IntRange(0, most).Draw(t, "count") {
				part := space.Draw(t, "space") + inner.Draw(t, "value") + space.Draw(t, "space")
				if kind > 2 {
					part = space.Draw(t, "space") + quoted.Draw(t, "name") + space.Draw(t, "space") + ":" + part
				}
				parts = append(parts, part)
			}
			if kind > 2 {
				return "{" + strings.Join(parts, ",") + "}"
			}
			return "[" + strings.Join(parts, ",") + "]"
		})
	}
	return value(4)
}

func TestJSONIsReadAsByTheStandardLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { checkJSON(t, jsonText().Draw(t, "text")) })
}

func TestNumbersAroundTheLargestDoubleAreToldApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		digits := tooLarge
		if rapid.Bool().Draw(t, "other digits") {
			at := rapid.IntRange(0, len(tooLarge)-1).Draw(t, "at")
			digits = tooLarge[:at] + rapid.StringMatching(`[0-9]{0,3}`).Draw(t, "digits")
		}
		digits += strings.Repeat("0", rapid.IntRange(0, 400).Draw(t, "zeros"))
		digits += rapid.SampledFrom([]string{"", "", "1"}).Draw(t, "last")
		digits = strings.Repeat("0", rapid.IntRange(0, 20).Draw(t, "leading")) + digits
		dot := rapid.IntRange(0, len(digits)).Draw(t, "dot")
		whole := strings.TrimLeft(digits[:dot], "0")
		shift := len(strings.TrimLeft(digits, "0")) - len(digits) + dot
		if whole == "" {
			whole = "0"
		}
		fraction := digits[dot:]
		if fraction == "" {
			fraction = "0"
		}
		exponent := tooLargeDigits - shift + rapid.IntRange(-2, 2).Draw(t, "off")
		checkJSON(t, fmt.Sprintf("%s.%se%d", whole, fraction, exponent))
	})
}

func FuzzJSON(f *testing.F) {
	texts, _ := bodies()
	for _, text := range texts[:8] {
		f.Add(text)
	}
	for _, text := range hostile(100) {
		f.Add(text)
	}
	f.Add("\uFEFF[1.7976931348623159e308,-0,18446744073709551616,\"\\ud83d\\ude42\\ud83d\xff\"]")
	f.Fuzz(func(t *testing.T, text string) { checkJSON(t, text) })
}
