package apicall

import "strings"

// parseParameters reads a list of parameters out of text and returns how many there were. It looks at the text before
// it calls each: what turns out to be no list of literals is read as values between spaces.
func parseParameters(text string, s *textScratch, each func(key, value string)) (n int, exact bool) {
	text = strings.TrimSpace(text[:min(len(text), maxParameterText)])
	look := literalList{text: text}
	if look.read(s, nil) {
		l := literalList{text: text}
		l.read(s, each)
		return l.n, true
	}
	return spacedList(text, each), false
}

// spacedList reads "[a b c]". A list without its end has no value that is worth a guess.
func spacedList(text string, each func(key, value string)) (n int) {
	body, ok := strings.CutPrefix(text, "[")
	if body, whole := strings.CutSuffix(body, "]"); ok && whole && body != "" {
		for more := true; more && n < MaxParameters; n++ {
			var value string
			value, body, more = strings.Cut(body, " ")
			each(indexKeys[n], value)
		}
	}
	return n
}

// literalList reads a list or a dictionary as JSON (RFC 8259) or Python's repr writes it. It takes both at once, and
// what stands between the two.
type literalList struct {
	text string
	at   int // where in text
	n    int // parameters so far
}

// read calls each, unless that is nil, for every parameter. It is false if the text is something else; a text that
// ends too early is not.
func (l *literalList) read(s *textScratch, each func(key, value string)) bool {
	if l.text == "" {
		return false
	}
	var end byte
	switch l.text[0] {
	case '[':
		end = ']'
	case '(':
		end = ')'
	case '{':
		end = '}'
	default:
		return false
	}
	named := end == '}'
	l.at = 1
	for {
		if l.skip(); l.at == len(l.text) || l.n == MaxParameters {
			return true
		}
		if l.text[l.at] == end {
			return l.at == len(l.text)-1
		}
		if ok, more := l.parameter(s, end, named, each); !ok || !more {
			return ok
		}
	}
}

// parameter reads one parameter and the comma behind it, if there is one. Where the text ends before either a comma or
// the end of the list, the value may have been cut, and more is false.
func (l *literalList) parameter(s *textScratch, end byte, named bool, each func(key, value string)) (ok, more bool) {
	var key literal
	if named {
		if key, ok = l.literal(); !ok || key.cut {
			return ok, false
		}
		if l.skip(); l.at == len(l.text) {
			return true, false
		}
		if l.text[l.at] != ':' {
			return false, false
		}
		l.at++
		l.skip()
	}
	value, ok := l.literal()
	if !ok {
		return false, false
	}
	if l.skip(); l.at == len(l.text) {
		return true, false
	}
	switch l.text[l.at] {
	case ',':
		l.at++
	case end:
	default:
		return false, false
	}
	l.emit(s, named, key, value, each)
	return true, true
}

func (l *literalList) emit(s *textScratch, named bool, key, value literal, each func(key, value string)) {
	if each != nil {
		s.buf = s.buf[:0]
		k := indexKeys[l.n]
		if named {
			k = key.decoded(s)
		}
		each(k, value.decoded(s))
	}
	l.n++
}

func (l *literalList) skip() {
	for l.at < len(l.text) && strings.IndexByte(" \t\r\n", l.text[l.at]) >= 0 {
		l.at++
	}
}

// literal is one value as it is written.
type literal struct {
	text    string
	quoted  bool
	escaped bool // it has a backslash
	raw     bool // of bytes, in which \u is no escape
	cut     bool // the text ended in it
}

// literal reads a value at l.at; it is false for what is none.
func (l *literalList) literal() (literal, bool) {
	if l.at == len(l.text) {
		return literal{cut: true}, true
	}
	rest := l.text[l.at:]
	if n := quotePrefix(rest); n >= 0 {
		v, length := quotedLiteral(rest[n:])
		v.raw = rest[0] == 'b'
		l.at += n + length
		return v, true
	}
	n := bareLen(rest)
	l.at += n
	v := literal{text: strings.TrimRight(rest[:n], " \t\r\n"), cut: n == len(rest)}
	if v.cut {
		return v, true
	}
	if inner, ok := constructed(v.text); ok {
		return inner, true
	}
	return v, isBare(v.text)
}

// quotePrefix returns where the quote is at the beginning of s: behind the "b" of Python's bytes or the "u" of old text,
// or at once; -1 if there is none.
func quotePrefix(s string) int {
	switch {
	case s == "":
	case isQuote(s[0]):
		return 0
	case len(s) > 1 && (s[0] == 'b' || s[0] == 'u') && isQuote(s[1]):
		return 1
	}
	return -1
}

func isQuote(c byte) bool { return c == '"' || c == '\'' }

// quotedLiteral reads a value between quotes, and its length with them.
func quotedLiteral(s string) (v literal, length int) {
	v.quoted = true
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			v.escaped = true
			i++
		case s[0]:
			v.text = s[1:i]
			return v, i + 1
		}
	}
	v.cut = true
	return v, len(s)
}

// bareLen is the length of a value without quotes: up to a comma or a closing bracket that is not its own.
func bareLen(s string) int {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth == 0 {
				return i
			}
			depth--
		case ',', ':':
			if depth == 0 {
				return i
			}
		case '"', '\'':
			_, n := quotedLiteral(s[i:])
			i += n - 1
		}
	}
	return len(s)
}

// isBare is true for numbers, constants, nested structures and what Python calls to make a value, and for nothing that
// could be several values between spaces.
func isBare(s string) bool {
	if s == "" {
		return false
	}
	switch s {
	case "null", "None", "true", "True", "false", "False", "NaN", "nan", "inf", "-inf", "Infinity", "-Infinity":
		return true
	}
	switch c := s[0]; {
	case c == '[' || c == '(' || c == '{':
		return isClosing(s[len(s)-1])
	case c == '-' || c == '+' || c == '.' || classes[c] == digit:
		return isNumber(s)
	case classes[c]&letter != 0:
		name, _, ok := strings.Cut(s, "(")
		return ok && s[len(s)-1] == ')' && isIdentifier(name)
	}
	return false
}

func isClosing(c byte) bool { return c == ')' || c == ']' || c == '}' }

func isNumber(s string) bool {
	digits := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if classes[c] == digit {
			digits++
		} else if strings.IndexByte("+-.eE", c) < 0 {
			return false
		}
	}
	return digits > 0
}

// isIdentifier: letters, digits, "_" and "." alone, as in datetime.datetime.
func isIdentifier(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; classes[c]&(letter|digit) == 0 && c != '_' && c != '.' {
			return false
		}
	}
	return s != ""
}

// constructed returns the one quoted argument of a constructor: of UUID('...') and Decimal('1.50').
func constructed(s string) (literal, bool) {
	name, rest, ok := strings.Cut(s, "(")
	if !ok || !isIdentifier(name) || quotePrefix(rest) != 0 {
		return literal{}, false
	}
	v, n := quotedLiteral(rest)
	return v, !v.cut && rest[n:] == ")"
}

// decoded returns what a literal means. It may append to the scratch.
func (v literal) decoded(s *textScratch) string {
	if !v.quoted {
		switch v.text {
		case "null", "None":
			return ""
		case "True":
			return "true"
		case "False":
			return "false"
		}
		return v.text
	}
	if !v.escaped {
		return v.text
	}
	n := len(s.buf)
	s.buf = appendUnescaped(s.buf, v.text, v.raw)
	return view(s.buf[n:])
}
