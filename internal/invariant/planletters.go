package invariant

import (
	"regexp"
	"regexp/syntax"
	"unicode/utf8"
)

// letters are those of a text that is made of nothing else, as ^[A-Za-z0-9_]+$ asks for.
type letters struct {
	ascii [utf8.RuneSelf]bool
	least int // letters that there are
}

// lettersOf returns the letters of a pattern of that form, nil for any other.
func lettersOf(pattern string) *letters {
	parsed, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return nil
	}
	parsed = parsed.Simplify()
	if parsed.Op != syntax.OpConcat || len(parsed.Sub) != 3 || parsed.Sub[0].Op != syntax.OpBeginText || parsed.Sub[2].Op != syntax.OpEndText {
		return nil
	}
	l := new(letters)
	switch parsed.Sub[1].Op {
	case syntax.OpPlus:
		l.least = 1
	case syntax.OpStar:
	default:
		return nil
	}
	class := parsed.Sub[1].Sub[0]
	if class.Op != syntax.OpCharClass {
		return nil
	}
	for i := 0; i+1 < len(class.Rune); i += 2 {
		for r := class.Rune[i]; r <= min(class.Rune[i+1], utf8.RuneSelf-1); r++ {
			l.ascii[r] = true
		}
	}
	return l
}

// match says whether a text is made of these letters. What has others than those of ASCII is left to the pattern.
func (l *letters) match(s string, otherwise *regexp.Regexp) bool {
	good := true
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return otherwise.MatchString(s)
		}
		good = good && l.ascii[s[i]]
	}
	return good && len(s) >= l.least
}
