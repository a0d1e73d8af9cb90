package minereport

import (
	"strings"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// Bytes of a text at most, before it is escaped.
const (
	maxProse = 600
	maxCode  = 1000
	maxName  = 200
)

// flat returns a text on one line, of what prints alone, cut to so many bytes.
func flat(text string, most int) string {
	kept := strings.Join(strings.Fields(anomaly.Clean(text, most)), " ")
	if len(text) > most {
		kept += "…"
	}
	return kept
}

// markup are what Markdown and HTML read as such within a line. The backslash takes that from any punctuation
// (CommonMark 0.31.2, section 2.4); <, > and & are entities, which readers of HTML know as well. An @ would make a link
// of an address and tell somebody that he is mentioned, :// and www. a link that an attacker chose.
var markup = strings.NewReplacer(
	"&", "&amp;", "<", "&lt;", ">", "&gt;",
	`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "|", `\|`, "~", `\~`, "#", `\#`, "$", `\$`,
	"@", "@<!-- -->", "://", `:<!-- -->//`, "www.", "www<!-- -->.", "WWW.", "WWW<!-- -->.",
)

// prose is a text within a line.
func prose(text string) string { return markup.Replace(flat(text, maxProse)) }

// name is a name as code.
func name(text string) string { return code(text, maxName) }

// code is a text between as many backticks as it takes (CommonMark, section 6.1): nothing is markup in there.
func code(text string, most int) string {
	text = flat(text, most)
	if text == "" {
		return "(none)"
	}
	fence, run := 1, 0
	for i := range len(text) {
		if text[i] != '`' {
			run = 0
			continue
		}
		run++
		fence = max(fence, run+1)
	}
	if text[0] == '`' || text[len(text)-1] == '`' {
		text = " " + text + " "
	}
	ticks := strings.Repeat("`", fence)
	return ticks + text + ticks
}

// sentence is a text as one, with its capital and its full stop.
func sentence(text string) string {
	text = flat(text, maxProse)
	if text == "" {
		return "(no words for it)"
	}
	if text[0] >= 'a' && text[0] <= 'z' && isWord(text) {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	if !strings.ContainsAny(text[len(text)-1:], ".?!") && !strings.HasSuffix(text, "…") {
		text += "."
	}
	return markup.Replace(text)
}

// isWord is whether a text begins with a word of English rather than with the name of a field, which stays as it is
// spelled.
func isWord(text string) bool {
	first, _, _ := strings.Cut(text, " ")
	switch first {
	case "a", "all", "an", "at", "each", "every", "for", "in", "it", "no", "none", "of", "on", "once", "only", "the", "there", "whoever":
		return true
	}
	return false
}
