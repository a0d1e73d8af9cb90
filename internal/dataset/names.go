package dataset

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// ShownName is the name of a column, class or file as tables and errors show it: as
// it is, or quoted like a Go string where a terminal would not print all of it.
func ShownName(name string) string {
	unprintable := func(r rune) bool { return !strconv.IsPrint(r) }
	if !utf8.ValidString(name) || strings.ContainsFunc(name, unprintable) {
		return strconv.Quote(name)
	}
	return name
}

// ShownNames lists names, each as [ShownName] has it, with commas between them.
func ShownNames(names []string) string {
	shown := make([]string, len(names))
	for i, name := range names {
		shown[i] = ShownName(name)
	}
	return strings.Join(shown, ", ")
}
