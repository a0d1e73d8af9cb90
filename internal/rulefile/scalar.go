package rulefile

import (
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// text returns what a scalar says that is a text with more than blanks; else it notes the mend.
func (r *reader) text(n *yaml.Node, key, mend string) (string, bool) {
	switch {
	case r.isTagged(n):
		r.fail(n, key, "begins with !, which YAML takes for a tag: put the value in quotes or behind |")
	case n.Kind != yaml.ScalarNode || !isText(n):
		problem := "is " + describe(n) + ": " + mend
		if n.Kind == yaml.ScalarNode && n.ShortTag() != "!!null" {
			problem = "is " + describe(n) + ": put it in quotes"
		}
		r.fail(n, key, problem)
	case strings.TrimSpace(n.Value) == "":
		r.fail(n, key, "is empty: "+mend)
	case !utf8.ValidString(n.Value):
		r.fail(n, key, "has a byte that is not UTF-8: take it out")
	case r.isCutShort(n):
		r.fail(n, key, "is cut at a #, which begins a comment: put the value in quotes or behind |")
	default:
		return n.Value, true
	}
	return "", false
}

// isText is whether a scalar is one. Dates are, as only some versions of YAML know them.
func isText(n *yaml.Node) bool {
	tag := n.ShortTag()
	return tag == "!!str" || tag == "!!timestamp" || tag == "!!merge"
}

// isTagged is whether a tag of its own stands before the value, as YAML reads !has(x); or a lone !, of which the tree
// keeps no trace.
func (r *reader) isTagged(n *yaml.Node) bool {
	if n.Style&yaml.TaggedStyle != 0 && (n.Tag == "" || n.Tag[0] == '!') && !standardTag(n.ShortTag()) {
		return true
	}
	return r.src != nil && r.src.hasLoneTag(n)
}

func standardTag(tag string) bool {
	switch tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!binary", "!!map", "!!seq":
		return true
	}
	return false
}

// isCutShort is whether a comment begins within what looks like quotes.
func (r *reader) isCutShort(n *yaml.Node) bool {
	const quotedOrBlock = yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if n.LineComment == "" || n.Style&quotedOrBlock != 0 {
		return false
	}
	var open rune
	escaped := false
	for _, c := range n.Value {
		switch {
		case escaped:
			escaped = false
		case open != 0 && c == '\\':
			escaped = true
		case open == c:
			open = 0
		case open == 0 && (c == '"' || c == '\''):
			open = c
		}
	}
	return open != 0
}

// is notes a value of another kind than wanted.
func (r *reader) is(n *yaml.Node, key string, kind yaml.Kind, mend string) bool {
	if n.Kind == kind {
		return true
	}
	r.fail(n, key, "is "+describe(n)+": "+mend)
	return false
}

// describe says what a value is.
func describe(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "a mapping"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!null":
		return "empty"
	case "!!int", "!!float":
		return "the number " + clip(n.Value)
	case "!!bool":
		return "the truth value " + clip(n.Value)
	case "!!str", "!!timestamp":
		return "the text " + quote(n.Value)
	}
	return "a value with the tag " + clip(n.Tag)
}
