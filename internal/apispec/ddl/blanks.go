package ddl

import (
	"strings"
)

// directive passes over a line that is for the client and not for the database.
func (l *lexer) directive() bool {
	rest := l.text[l.at:]
	word := rest
	if end := strings.IndexAny(rest, " \t\r\n"); end >= 0 {
		word = rest[:end]
	}
	switch lower := strings.ToLower(word[:min(len(word), maxName)]); {
	case lower == "delimiter":
		l.skipDelimited()
		return true
	case lower == "source", lower == ".read", lower == `\.`, strings.HasPrefix(lower, `\i`):
		l.lost = true
	case lower[0] != '\\' && lower[0] != '.':
		return false
	}
	l.skipLine()
	return true
}

// skipDelimited goes from DELIMITER ;; to behind DELIMITER ; or the end: procedures stand between them.
func (l *lexer) skipDelimited() {
	for l.at < len(l.text) {
		l.skipLine()
		l.skipBlanks()
		fields := strings.Fields(strings.ToLower(l.lineText()))
		if len(fields) == 2 && fields[0] == "delimiter" && fields[1] == ";" {
			l.skipLine()
			return
		}
	}
}

// lineText is what is left of the line.
func (l *lexer) lineText() string {
	rest := l.text[l.at:]
	if end := strings.IndexByte(rest, '\n'); end >= 0 {
		rest = rest[:end]
	}
	return rest[:min(len(rest), maxText)]
}

func (l *lexer) skipLine() {
	end := strings.IndexByte(l.text[l.at:], '\n')
	if end < 0 {
		l.at = len(l.text)
		return
	}
	l.at += end + 1
	l.line++
}

// skipData goes over the rows that follow COPY ... FROM stdin.
func (l *lexer) skipData() {
	n := len(l.tokens)
	if l.tokens[0].text != "copy" || n < 2 || l.tokens[n-1].text != "stdin" {
		return
	}
	for l.at < len(l.text) {
		if strings.TrimRight(l.lineText(), "\r") == `\.` {
			l.skipLine()
			return
		}
		l.skipLine()
	}
}

// skipBlanks goes over blanks and comments.
func (l *lexer) skipBlanks() {
	for l.at < len(l.text) {
		switch c := l.text[l.at]; {
		case c == '\n':
			l.line++
			l.at++
		case c <= ' ' || c == 0x7f:
			l.at++
		case l.has("\uFEFF"):
			l.at += len("\uFEFF")
		case l.has("--"), c == '#' && l.dialect == MySQL:
			l.skipLine()
		case l.has("/*!"), l.has("/*M!"): // MySQL executes what is in it
			l.at += strings.IndexByte(l.text[l.at:], '!') + 1
			for l.at < len(l.text) && isDigit(l.text[l.at]) {
				l.at++
			}
		case l.has("*/"):
			l.at += 2
		case l.has("/*"):
			l.skipComment()
		default:
			return
		}
	}
}

func (l *lexer) has(prefix string) bool { return strings.HasPrefix(l.text[l.at:], prefix) }

func (l *lexer) skipComment() {
	end := strings.Index(l.text[l.at+2:], "*/")
	if end < 0 {
		l.lost = true
		l.moveTo(len(l.text))
		return
	}
	l.moveTo(l.at + 2 + end + 2)
}

// moveTo goes to a place further on, and counts the lines.
func (l *lexer) moveTo(to int) {
	l.line += strings.Count(l.text[l.at:to], "\n")
	l.at = to
}
