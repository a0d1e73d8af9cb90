package rulefile

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func written(t require.TestingT, f *File) string {
	var out bytes.Buffer
	require.NoError(t, Write(&out, f))
	return out.String()
}

// Parts of what is awkward in YAML, for texts of them.
var awkward = []string{
	"a", "bc", "é", "日本", "😀", " ", "  ", "\n", "\t", "\r", ": ", ":", " #", "#", "\"", "'", "\\", "|", ">", "-", "- ", "*", "&", "!", "%",
	"@", "`", "[", "]", "{", "}", ",", "?", "~", "null", "true", "1", "0x1", "1e3", "2001-01-01", "<<", "=", "---", "...", "\u2028", "\u0085",
	"\u00a0", "\ufeff", "\x00", "\x1b",
}

func awkwardText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(awkward), 0, 12).Draw(t, "parts"), "")
	})
}

func expression() *rapid.Generator[Expression] {
	return rapid.Custom(func(t *rapid.T) Expression {
		text := awkwardText().Filter(func(s string) bool { return strings.TrimSpace(s) != "" }).Draw(t, "text")
		return Expression{Text: text}
	})
}

func value(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just(any(nil)), rapid.Bool().AsAny(), rapid.Int().AsAny(), awkwardText().AsAny(),
		rapid.Uint64Min(math.MaxInt64 + 1).AsAny(), rapid.Float64().AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds, rapid.SliceOfN(value(depth-1), 0, 3).AsAny(), rapid.MapOfN(awkwardText(), value(depth-1), 0, 3).AsAny())
	}
	return rapid.OneOf(kinds...)
}

func anyRule() *rapid.Generator[Rule] {
	route := rapid.SampledFrom([]string{"*", "/", "/orders/{id}", "/a/:b/<c>/**", "/{id:[0-9]{1, 3}}", "/é#x", "/{a: b}", "/a'\""})
	api := rapid.Custom(func(t *rapid.T) API {
		known := rapid.SliceOfNDistinct(rapid.SampledFrom(methods), 0, 3, rapid.ID[string]).Draw(t, "methods")
		if len(known) == 0 {
			known = nil
		}
		return newAPI(known, route.Draw(t, "route"))
	})
	return rapid.Custom(func(t *rapid.T) Rule {
		r := Rule{
			ID:       rapid.StringMatching(`[A-Za-z0-9][A-Za-z0-9._-]{0,10}`).Draw(t, "id"),
			Kind:     rapid.SampledFrom(append(Kinds(), "")).Draw(t, "kind"),
			APIs:     rapid.SliceOfNDistinct(api, 1, 3, func(a API) string { return a.Text }).Draw(t, "apis"),
			Check:    expression().Draw(t, "check"),
			Disabled: rapid.Bool().Draw(t, "disabled"),
			Message: rapid.Map(awkwardText(), strings.TrimSpace).
				Filter(oneLine).Draw(t, "message"),
		}
		name := awkwardText().Filter(func(s string) bool { return strings.TrimSpace(s) != "" && oneLine(s) && s != anything })
		if names := rapid.SliceOfNDistinct(name, 0, 3, rapid.ID[string]).Draw(t, "services"); len(names) > 0 {
			r.Services = names
		}
		if rapid.Bool().Draw(t, "conditional") {
			r.When = expression().Draw(t, "when")
		}
		if rapid.Bool().Draw(t, "learned") {
			r.Support = rapid.MapOfN(awkwardText(), value(2), 0, 4).Draw(t, "support")
		}
		return r
	})
}

func TestWhatIsWrittenIsReadAsTheSameRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &File{
			Rules:      rapid.SliceOfNDistinct(anyRule(), 0, 4, func(r Rule) string { return r.ID }).Draw(t, "rules"),
			References: rapid.SliceOfNDistinct(anyReference(), 0, 4, func(r Reference) string { return r.Name }).Draw(t, "references"),
		}
		text := written(t, f)
		again, err := Parse("f.yaml", []byte(text))
		require.NoError(t, err, text)
		require.Equal(t, withoutPositions(f), withoutPositions(again), text)
		require.Equal(t, referencesWithoutPositions(f), referencesWithoutPositions(again), text)
		require.Equal(t, text, written(t, again))
	})
}

func TestPositionsInWhatIsWrittenAreWhereTheCharactersAre(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := &File{Rules: []Rule{anyRule().Draw(t, "rule")}}
		text := written(t, f)
		again, err := Parse("f.yaml", []byte(text))
		require.NoError(t, err, text)
		src := newSource([]byte(text))
		for _, e := range []Expression{again.Rules[0].When, again.Rules[0].Check} {
			if e.origin == nil {
				continue
			}
			require.NotEmpty(t, e.origin.raw, text)
			line, column := 1, 1
			for _, r := range e.Text {
				at := src.seek(e.At(line, column))
				require.True(t, strings.HasPrefix(src.text[at.offset:], string(r)) || src.text[at.offset] == '\\' || r == '\'', text)
				column++
				if r == '\n' {
					line, column = line+1, 1
				}
			}
		}
	})
}

func TestNothingIsWrittenThatCannotBeRead(t *testing.T) {
	fine := Rule{ID: "a", APIs: []API{newAPI(nil, "*")}, Check: Expression{Text: "a"}}
	without := func(change func(*Rule)) Rule {
		r := fine
		change(&r)
		return r
	}
	cycle := map[string]any{}
	cycle["a"] = cycle
	for problem, bad := range map[string][]Rule{
		"rules[1]: rule a: id is taken by rules[0]: give every rule its own": {fine, fine},
		"rules[0]: rule a: check is empty: write an expression, such as resp.status == 200": {
			without(func(r *Rule) { r.Check.Text = "" }),
		},
		"rules[0]: rule a: check has a byte that is not UTF-8: take it out": {without(func(r *Rule) { r.Check.Text = "\xff" })},
		`rules[0]: rule a: api: "GET " has no route: write it as GET /orders/{id}, or as GET * for every route`: {
			without(func(r *Rule) { r.APIs = []API{{Methods: []string{"GET"}}} }),
		},
		"rules[0]: rule a: api is an empty list: write a text such as GET /orders/{id}, or a list of them": {
			without(func(r *Rule) { r.APIs = nil }),
		},
		"rules[0]: rule a: support has a value of type chan int: only texts, numbers, truth values, lists and mappings can be written": {
			without(func(r *Rule) { r.Support = map[string]any{"a": make(chan int)} }),
		},
		"rules[0]: rule a: support has a text that is not UTF-8: take the other bytes out": {
			without(func(r *Rule) { r.Support = map[string]any{"a": "\xff"} }),
		},
		"rules[0]: rule a: support has a mapping with keys that are no texts in UTF-8: make texts of them": {
			without(func(r *Rule) { r.Support = map[string]any{"a": map[int]any{1: 2}} }),
		},
		"rules[0]: rule a: support has more than 1000000 values or 32 levels: make it smaller": {
			without(func(r *Rule) { r.Support = cycle }),
		},
		"there are 10001 rules: 10000 are the most": make([]Rule, MaxRules+1),
		"the file has more than 16 MiB: split it": {
			without(func(r *Rule) { r.Support = map[string]any{"a": strings.Repeat("a", MaxFileBytes)} }),
		},
	} {
		var out bytes.Buffer
		err := Write(&out, &File{Rules: bad})
		assert.EqualError(t, err, "write the invariants: "+problem)
		assert.Empty(t, out.String())
	}
}

func TestSupportMayBeOfALearnersOwnTypes(t *testing.T) {
	calls := int64(5)
	rule := Rule{ID: "a", APIs: []API{newAPI(nil, "*")}, Check: Expression{Text: "a"}, Support: map[string]any{
		"calls": &calls, "none": (*int)(nil), "values": []string{"b", "a"}, "share": float32(0.1), "seen": map[string]int{"x": 1}, "n": uint8(3),
		"whole": 2.0, "endless": math.Inf(-1),
	}}
	f, err := Parse("f.yaml", []byte(written(t, &File{Rules: []Rule{rule}})))
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"calls": 5, "none": nil, "values": []any{"b", "a"}, "share": 0.1, "seen": map[string]any{"x": 1}, "n": 3,
		"whole": 2.0, "endless": math.Inf(-1),
	}, f.Rules[0].Support)
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestAWriterThatFailsIsToldOf(t *testing.T) {
	assert.EqualError(t, Write(fullDisk{}, &File{}), "write the invariants: no space left")
}
