package rulefile

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// hint looks for a mistake that expressions invite, in the last line and in those before it. It returns where, and the
// mend, or "". Open is whether the text ends within quotes.
func (s *source) hint(first, last int, open bool) (line, column int, mend string) {
	for line = last; line >= first; line-- {
		column, mend = hintFor(s.line(line))
		if mend != "" && (open || mend != notClosed) {
			return line, column, mend
		}
	}
	return 0, 0, ""
}

var (
	// keyValue is a pair of a mapping, an item of a list, or both.
	keyValue = regexp.MustCompile(`^(\s*(?:- +)*(?:[A-Za-z_]+:\s+|- +))(\S.*)$`)
	// gluedKey is a key without a colon, or without the space behind it.
	gluedKey = regexp.MustCompile(`^(\s*(?:- +)*)([a-z]+)(\S*)$`)
)

// notClosed may be meant, so it counts only where the text ends within the quotes.
const notClosed = "the quote that opens here is never closed: close it, or put the value behind |"

const inQuotes = "put the whole value in quotes or behind |"

// hintFor returns the column and the mend for a line that looks like a mistake.
func hintFor(line string) (column int, mend string) {
	if tab := strings.IndexByte(line[:blanks(line)], '\t'); tab >= 0 {
		return tab + 1, "a tab indents this line: YAML takes spaces only"
	}
	if match := keyValue.FindStringSubmatch(line); match != nil {
		return utf8.RuneCountInString(match[1]) + 1, hintForValue(strings.TrimRight(match[2], " \t"))
	}
	if match := gluedKey.FindStringSubmatch(line); len(match) > 0 {
		return utf8.RuneCountInString(match[1]) + 1, hintForKey(match[2], match[3])
	}
	return 0, ""
}

// hintForKey is for a key and what follows without a space.
func hintForKey(key, rest string) string {
	switch {
	case !isKey(key) || rest == ":":
		return ""
	case rest == "":
		return "a colon is missing: write " + key + ": and the value"
	case rest[0] == ':':
		return "a space is missing behind the colon: write " + key + ": and the value"
	}
	return ""
}

func isKey(word string) bool {
	for _, keys := range [][]string{fileKeys, ruleKeys, referenceKeys, sourceKeys} {
		if slices.Contains(keys, word) {
			return true
		}
	}
	return false
}

func hintForValue(value string) string {
	switch first := value[0]; first {
	case '"', '\'':
		return hintForQuoted(value)
	case '[', '{':
		end := strings.LastIndexAny(value, "]}")
		if rest := value[end+1:]; end >= 0 && rest != "" && !strings.HasPrefix(rest, " #") {
			return fmt.Sprintf("the value goes on behind what its %c begins, a list or mapping: %s", first, inQuotes)
		}
		if strings.Contains(value[1:], "/{") {
			return "the { of a route in [ ] or { } begins a mapping for YAML: put the route in quotes, or write a list with a - before " +
				"each item on a line of its own"
		}
	case '*', '&', '!', '%', '@', '`':
		return fmt.Sprintf("the value begins with %c, which means something else to YAML: %s", first, inQuotes)
	case '|', '>', '#':
	default:
		if strings.Contains(value, ": ") || strings.HasSuffix(value, ":") {
			return "the value has a colon and a space in it, which make a key for YAML: " + inQuotes
		}
	}
	return ""
}

// hintForQuoted goes to the closing quote.
func hintForQuoted(value string) string {
	quote := value[0]
	for i := 1; i < len(value); i++ {
		switch {
		case value[i] == '\\' && quote == '"':
			if _, size := escaped(value[i:]); size == 0 && i+1 < len(value) {
				return "the value has a \\ in double quotes that begins no escape of YAML: write \\\\, or put the value in single " +
					"quotes or behind |"
			}
			i++
		case value[i] != quote:
		case quote == '\'' && i+1 < len(value) && value[i+1] == '\'':
			i++
		default:
			rest := strings.TrimLeft(value[i+1:], " \t")
			if rest == "" || rest[0] == '#' {
				return ""
			}
			return "the value goes on behind its closing quote: " + inQuotes
		}
	}
	return notClosed
}
