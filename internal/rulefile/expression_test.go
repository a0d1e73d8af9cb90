package rulefile

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAPositionInAnExpressionIsFoundInTheFile(t *testing.T) {
	for name, test := range map[string]struct {
		lines  []string // of the rule, from line 4 and column 5 on
		text   string
		places [][4]int // a position in the text, and where that is in the file
	}{
		"plain":             {[]string{"check: aé == b"}, "aé == b", [][4]int{{1, 1, 4, 12}, {1, 4, 4, 15}, {1, 8, 4, 19}}},
		"beyond the text":   {[]string{"check: ab"}, "ab", [][4]int{{1, 99, 4, 14}, {9, 1, 4, 14}, {-1, -1, 4, 12}}},
		"on the next line":  {[]string{"check:", "  ab"}, "ab", [][4]int{{1, 2, 5, 8}}},
		"plain lines":       {[]string{"check: a  ", "  && b", "", "  && c"}, "a && b\n&& c", [][4]int{{1, 3, 5, 7}, {1, 6, 5, 10}, {2, 4, 7, 10}}},
		"single quotes":     {[]string{"check: 'a == ''b'' || c'"}, "a == 'b' || c", [][4]int{{1, 1, 4, 13}, {1, 7, 4, 20}, {1, 13, 4, 27}}},
		"double quotes":     {[]string{`check: "a == \"b\" || \u00e9"`}, `a == "b" || é`, [][4]int{{1, 7, 4, 20}, {1, 13, 4, 27}, {1, 14, 4, 33}}},
		"an escaped break":  {[]string{`check: "ab\nc"`}, "ab\nc", [][4]int{{1, 3, 4, 15}, {2, 1, 4, 17}}},
		"quoted lines":      {[]string{`check: "a   `, `  && b"`}, "a && b", [][4]int{{1, 3, 5, 7}, {1, 6, 5, 10}}},
		"joined lines":      {[]string{`check: "a \`, `  && b"`}, "a && b", [][4]int{{1, 3, 5, 7}}},
		"literal":           {[]string{"check: |", "  a &&", "    b", "", "  && c"}, "a &&\n  b\n\n&& c\n", [][4]int{{1, 3, 5, 9}, {2, 3, 6, 9}, {4, 4, 8, 10}}},
		"literal, stripped": {[]string{"check: |- # why", "", "  a"}, "\na", [][4]int{{2, 1, 6, 7}}},
		"literal, indented": {[]string{"check: |2", "    a", "  b"}, "  a\nb\n", [][4]int{{1, 3, 5, 9}, {2, 1, 6, 7}}},
		"folded":            {[]string{"check: >", "  a &&", "  b", "    c", "  d", "", "  e"}, "a && b\n  c\nd\ne\n", [][4]int{{1, 6, 6, 7}, {2, 3, 7, 9}, {3, 1, 8, 7}, {4, 1, 10, 7}}},
		"a tag":             {[]string{"check: !!str ab"}, "ab", [][4]int{{1, 2, 4, 19}}},
		"an anchor":         {[]string{"check: &x # why", "  ab"}, "ab", [][4]int{{1, 2, 5, 8}}},
		"an alias":          {[]string{"when: &x 'ab'", "check: *x"}, "ab", [][4]int{{1, 2, 4, 16}}},
	} {
		for _, lineBreak := range []string{"\n", "\r\n", "\r"} {
			content := strings.ReplaceAll(rule(append(test.lines, "api: '*'")...), "\n", lineBreak)
			f, err := Parse("f.yaml", []byte(content))
			require.NoError(t, err, name)
			check := f.Rules[0].Check
			assert.Equal(t, test.text, check.Text, name)
			for _, place := range test.places {
				line, column := check.At(place[0], place[1])
				want, got := [2]int(place[2:]), [2]int{line, column}
				assert.Equal(t, want, got, name)
			}
		}
	}
}

func TestAPositionInAnExpressionOfNoFileStays(t *testing.T) {
	f, err := FromMaps("rules", []map[string]any{{"id": "a", "api": "*", "check": "ab\nc"}})
	require.NoError(t, err)
	for _, place := range [][4]int{{1, 2, 1, 2}, {2, 1, 2, 1}, {1, 9, 1, 3}, {9, 9, 2, 2}, {0, 0, 1, 1}} {
		line, column := f.Rules[0].Check.At(place[0], place[1])
		want, got := [2]int(place[2:]), [2]int{line, column}
		assert.Equal(t, want, got)
	}
}

func TestAnExpressionThatIsWrittenInAnUnknownWayIsAtItsBeginning(t *testing.T) {
	e := Expression{Text: "abc", origin: &origin{start: mark{line: 7, column: 9}}}
	line, column := e.At(1, 3)
	assert.Equal(t, [2]int{7, 9}, [2]int{line, column})
}
