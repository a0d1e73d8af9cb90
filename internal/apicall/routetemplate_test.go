package apicall

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func segmentsOf(route string) (segments []RouteSegment) {
	t := ReadRoute(route)
	for s, more := t.Next(); more; s, more = t.Next() {
		segments = append(segments, s)
	}
	return segments
}

func TestSegmentsOfATemplate(t *testing.T) {
	for _, tt := range []struct {
		route string
		want  []RouteSegment
	}{
		{"", nil},
		{"/", nil},
		{"GET /{$}", nil},
		{"GET  /a//b-1/", []RouteSegment{{Text: "a", Plain: true}, {Text: "b-1", Plain: true}}},
		{"/{id}/{}/{id:[^/]{2}}/:id", []RouteSegment{
			{Text: "{id}", Name: "id", Kind: ParameterSegment},
			{Text: "{}", Name: "id", Kind: ParameterSegment},
			{Text: "{id:[^/]{2}}", Name: "id", Kind: ParameterSegment},
			{Text: ":id", Name: "id", Kind: ParameterSegment},
		}},
		{"/A/{id/{x}y", []RouteSegment{{Text: "A"}, {Text: "{id"}, {Text: "{x}y", Kind: MixedSegment}}},
		{"/*/{x?}/*", []RouteSegment{
			{Text: "*", Name: "id", Kind: ParameterSegment},
			{Text: "{x?}", Name: "x", Kind: ParameterSegment, Optional: true},
			{Text: "*", Name: "rest", Kind: RestSegment},
		}},
		{"/{x...}/a", []RouteSegment{{Text: "{x...}", Name: "x", Kind: RestSegment}}},
		{"/a/b(.:format)", []RouteSegment{{Text: "a", Plain: true}, {Text: "b", Plain: true, Format: true}}},
		{"/a/{b}(.:format)", []RouteSegment{{Text: "a", Plain: true}, {Text: "{b}", Name: "b", Kind: ParameterSegment, Format: true}}},
	} {
		assert.Equal(t, tt.want, segmentsOf(tt.route), tt.route)
	}
}

func TestAShapeForgetsHowASegmentIsWritten(t *testing.T) {
	for segment, want := range map[string][2]string{
		"Orders":      {"orders", "orders"},
		"%6frders":    {"orders", "orders"},
		"É%c3%89":     {"ÉÉ", "ÉÉ"},
		"%C3x%zz":     {"\xc3x%zz", "\xc3x%zz"},
		"{id}.PDF":    {"{}.pdf", "{}.pdf"},
		":a-:b?":      {"{}-{}", "{}-{?}"},
		"v{x?}.{y=1}": {"v{}.{}", "v{?}.{?}"},
	} {
		s := segmentsOf("/" + segment)[0]
		assert.Equal(t, want[0], string(s.AppendShape(nil)), segment)
		assert.Equal(t, want[1], string(s.AppendPattern(nil)), segment)
	}
}

func TestNamesOfTheParametersOfARoute(t *testing.T) {
	for route, want := range map[string][]string{
		"/":                                     nil,
		"/orders":                               nil,
		"/orders/{id:[^/]+}/items":              {"id"},
		"/orders/{id}/items/{id}":               {"id", "id2"},
		"/{id2}/{id}/{id}":                      {"id2", "id", "id34"},
		"GET /{a}-{b}/<int:c>.pdf/:d(.:format)": {"a", "b", "c", "d"},
		"/{}/{x?}/*":                            {"id", "x", "rest"},
		"/{x...}/{y}":                           {"x"},
		"/{a}/{a:[^/]*}":                        {"a", "a2"},
	} {
		assert.Equal(t, want, RouteNames(route), route)
	}
	assert.Len(t, RouteNames(strings.Repeat("/{a}", 2*MaxRouteParameters)), MaxRouteParameters)
}

// Where all parameters have values, their names are those that the template is asked for.
func TestNamesOfATemplateAreThoseOfItsValues(t *testing.T) {
	for _, tt := range fittingRoutes {
		var got []string
		RouteParameters(tt.route, tt.path, func(name, _ string) { got = append(got, strings.Clone(name)) })
		names := RouteNames(tt.route)
		require.LessOrEqual(t, len(got), len(names), tt.route)
		if len(got) > 0 {
			assert.Equal(t, got, names[:len(got)], tt.route)
		}
	}
}

func TestFoldedTextStaysWithinItsBuffer(t *testing.T) {
	var buf [8]byte
	for text, want := range map[string]bool{"12345678": true, "123456789": false, "%41%42%43%44%45%46%47%48": true, "1234567é": false, "123456é": true, "": true} {
		folded, fits := FoldText(buf[:0], text)
		assert.Equal(t, want, fits, text)
		assert.LessOrEqual(t, len(folded), len(buf))
		assert.Equal(t, 8, cap(folded), text)
	}
}

// Texts are the same exactly if they fold to the same, and then a fixed segment fits them.
func TestTextsThatFoldToTheSameAreTheSame(t *testing.T) {
	piece := rapid.SampledFrom([]string{"a", "A", "%61", "%41", "k", "K", "\u212a", "%E2%84%AA", "é", "É", "%c3%89", "%c3", "\xc3", "\xa9", "%", "%2", "%25", "%zz", "4", "1"})
	texts := rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(piece, 1, 5).Draw(t, "pieces"), "") })
	rapid.Check(t, func(t *rapid.T) {
		a, b := texts.Draw(t, "a"), texts.Draw(t, "b")
		if rapid.Bool().Draw(t, "encoded") {
			b = strings.NewReplacer("a", "%41", "k", "\u212a", "K", "k", "%c3", "\xc3", "É", "%C3%a9", "%25", "%").Replace(a)
		}
		same := bytes.Equal(appendFolded(nil, a), appendFolded(nil, b))
		assert.Equal(t, same, sameText(a, b), "%q and %q", a, b)
		assert.Equal(t, same, sameText(b, a), "%q and %q", b, a)
		s := RouteSegment{Text: a}
		assert.Equal(t, same, s.Fits(b), "%q in %q", a, b)
		folded, fits := FoldText(make([]byte, 0, len(a)), a)
		assert.True(t, fits, "folded text is no longer")
		assert.Equal(t, string(appendFolded(nil, a)), string(folded))
	})
}
