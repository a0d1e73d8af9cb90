package rulefile

import (
	"strings"
	"unicode/utf8"
)

// Expression is the text of a when or a check, and where it stands.
type Expression struct {
	Text string // at most [MaxExpressionBytes]; "" where there is none

	origin *origin // nil: from no file
}

// At returns where in the file a position inside Text is. Lines and columns count from 1, columns in characters; beyond
// the text, the nearest position counts. The result is never out of the file; where the way the file writes the text
// does not tell more, it is the expression's beginning. For an expression of [FromMaps], the position inside Text comes
// back.
func (e Expression) At(line, column int) (fileLine, fileColumn int) {
	index, line, column := e.index(line, column)
	if e.origin == nil {
		return line, column
	}
	o := e.origin
	if o.raw == "" {
		return o.position(0)
	}
	offset, _ := locate(e.Text, o.raw, o.style, index) // the beginning, if it is not to be found
	return o.position(offset)
}

// index returns which character of the text is at a position, and that position if it is in the text, else the nearest.
func (e Expression) index(line, column int) (index, nearLine, nearColumn int) {
	rest := e.Text
	for nearLine = 1; nearLine < line; nearLine++ {
		first, more, found := strings.Cut(rest, "\n")
		if !found {
			column = utf8.RuneCountInString(rest) + 1
			break
		}
		index += utf8.RuneCountInString(first) + 1
		rest = more
	}
	first, _, _ := strings.Cut(rest, "\n")
	nearColumn = max(1, min(column, utf8.RuneCountInString(first)+1))
	return index + nearColumn - 1, nearLine, nearColumn
}
