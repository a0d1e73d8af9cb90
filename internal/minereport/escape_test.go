package minereport

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestTextsAreShownAsTheyAre(t *testing.T) {
	for _, test := range []struct{ text, prose, code string }{
		{"req.body.id", "req.body.id", "`req.body.id`"},
		{"user_id", `user\_id`, "`user_id`"},
		{"a\nb\t c", "a b c", "`a b c`"},
		{"", "", "(none)"},
		{"`", "\\`", "`` ` ``"},
		{"a``b`c", "a\\`\\`b\\`c", "```a``b`c```"},
		{`<script>alert("x&y")</script>`, `&lt;script&gt;alert("x&amp;y")&lt;/script&gt;`, "`<script>alert(\"x&y\")</script>`"},
		{"[a](https://evil.example)", `\[a\](https:<!-- -->//evil.example)`, "`[a](https://evil.example)`"},
		{"www.evil.example", "www<!-- -->.evil.example", "`www.evil.example`"},
		{"ann@example.com", "ann@<!-- -->example.com", "`ann@example.com`"},
		{"a\x1b[31m\u202eb\x00", `a \[31m b`, "`a [31m b`"},
		{"\xff", "\uFFFD", "`\uFFFD`"},
	} {
		assert.Equal(t, test.prose, prose(test.text), "%q", test.text)
		assert.Equal(t, test.code, name(test.text), "%q", test.text)
	}
}

func TestASentenceHasACapitalAndAFullStop(t *testing.T) {
	for text, want := range map[string]string{
		"an order is paid once":             "An order is paid once.",
		"req.body.id is a UUID":             "req.body.id is a UUID.",
		"Already one!":                      "Already one!",
		"GET /x":                            "GET /x.",
		"":                                  "(no words for it)",
		"ärgerlich":                         "ärgerlich.",
		strings.Repeat("x", maxProse) + "x": strings.Repeat("x", maxProse) + "…",
	} {
		assert.Equal(t, want, sentence(text))
	}
}

func TestNumbersReadWell(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1: "-1", -123: "-123", -1234: "-1,234"} {
		assert.Equal(t, want, number(n))
	}
	for share, want := range map[float64]string{
		0: "0 %", 0.00001: "less than 0.01 %", 0.0002: "0.02 %", 0.001: "0.1 %", 0.0123: "1.2 %", 0.02: "2 %", 0.5: "50 %", 1: "100 %", -1: "unknown",
	} {
		assert.Equal(t, want, percent(share))
	}
}

// hostile are the pieces of which names are made that would like to be more than names.
var hostile = []string{
	"\n", "\r\n", "\u2028", "# ", "* ", "- ", "> ", "    ", "\t", "```", "`", "``", "~~~", "<script>", "</a>", "<!--", "-->", "[x](javascript:alert(1))", "![x](//e)",
	"|", "\\", "\\|", "**", "__", "$$", "@admin", "https://e.example", "&lt;", "1. ", "---", "\x1b[2J", "\u202e", "\xc3\x28", "a", "ß", "]", "(", ")",
}

// Whatever names are, the report has the same lines, that begin in the same way, and no markup but its own.
func TestNamesStayNames(t *testing.T) {
	plain := strings.Split(markdown(t, shop(t)), "\n")
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.Custom(func(t *rapid.T) string {
			return "x" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(hostile), 0, 12).Draw(t, "pieces"), "") + "x"
		})
		r := shop(t)
		r.Traffic.Files[0] = text.Draw(t, "file")
		r.Traffic.Services[0].Name = text.Draw(t, "service")
		r.Given[0].Notes[0] = text.Draw(t, "note")
		rule := &r.Result.Rules[0]
		rule.Sentence = text.Draw(t, "sentence")
		rule.Rule.ID, rule.Rule.Check.Text, rule.Rule.When.Text = text.Draw(t, "id"), text.Draw(t, "check"), text.Draw(t, "when")
		rule.Rule.APIs[0].Route = text.Draw(t, "route")
		near := &r.Result.Near[0]
		near.Sentence, near.Rule.Services[0] = text.Draw(t, "near"), text.Draw(t, "services")
		x := &near.Exceptions[0]
		x.Found, x.API, x.Service, x.TraceID = text.Draw(t, "found"), text.Draw(t, "api"), text.Draw(t, "its service"), text.Draw(t, "trace")
		r.Result.Rejected[0].Sentence = text.Draw(t, "rejected")
		r.Result.NeverSeen[0] = text.Draw(t, "never")
		r.Model.Name, r.Model.Notes[0] = text.Draw(t, "model"), text.Draw(t, "its note")

		got := strings.Split(markdown(t, r), "\n")
		require.Len(t, got, len(plain))
		for i, line := range got {
			require.Equal(t, opening(plain[i]), opening(line))
			bare := withoutCode(t, line)
			for _, ours := range []string{"<!-- -->", `<a id="api-1"></a>`, `<a id="api-2"></a>`, `<a id="api-3"></a>`} {
				bare = strings.ReplaceAll(bare, ours, "!")
			}
			require.NotContains(t, bare, "<", line)
			require.NotContains(t, bare, "://", line)
			require.NotContains(t, strings.ReplaceAll(bare, "](#", ""), "](", "only our own links: "+line)
		}
	})
}

// opening is what a line begins with: its indentation and its mark.
func opening(line string) string {
	rest := strings.TrimLeft(line, " ")
	mark, _, _ := strings.Cut(rest, " ")
	if strings.Trim(mark, "#*") != "" {
		mark = ""
	}
	return line[:len(line)-len(rest)] + mark
}

// withoutCode takes the spans of code out of a line: from a run of backticks, before which there is no backslash, to the
// next of the same length.
func withoutCode(t *rapid.T, line string) string {
	var out strings.Builder
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '\\' && i+1 < len(line):
			i++ // what is escaped is text
		case line[i] == '`':
			run := len(line[i:]) - len(strings.TrimLeft(line[i:], "`"))
			end := closing(line[i+run:], run)
			require.GreaterOrEqual(t, end, 0, "a span of code has no end: %s", line)
			i += run + end - 1
		default:
			out.WriteByte(line[i])
		}
	}
	return out.String()
}

// closing returns where the first run of exactly so many backticks ends, -1 if there is none.
func closing(text string, length int) int {
	run := 0
	for i := 0; i <= len(text); i++ {
		if i < len(text) && text[i] == '`' {
			run++
			continue
		}
		if run == length {
			return i
		}
		run = 0
	}
	return -1
}
