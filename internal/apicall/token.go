package apicall

// token is a run of letters and digits in a segment. Bytes beyond ASCII count as letters.
type token struct {
	text   string
	joint  byte // what stands before it, 0 at the beginning
	dotted bool // it touches a "."

	letters, uppers int
	before          int // letters before the first digit
	pairs, strange  int // of ASCII letters; those that words do not have
	nonHex          bool

	digits, runs, longest int // digits, runs of them, the longest run
}

// hasID is true if a segment is no name: it has no letters but a digit, or one of its tokens is an id, or all of them
// together. One name has at most two tokens of letters and digits (h264-mp4); a hardware address has more.
func hasID(s string, file bool) bool {
	letters, uppers, digits, mixed := 0, 0, 0, 0
	for i := 0; i < len(s); {
		if !isTokenByte(s[i]) {
			i++
			continue
		}
		t := tokenAt(s, i)
		if t.isID(file) {
			return true
		}
		letters += t.letters
		uppers += t.uppers
		digits += t.digits
		if t.letters > 0 && t.digits > 0 {
			mixed++
		}
		i += len(t.text)
	}
	switch {
	case digits == 0:
		return false
	case letters == 0, mixed > 2:
		return true
	}
	return !file && len(s) >= shortestJoinedID && isShouted(letters, uppers)
}

// isShouted: more than a third are capitals, and not all: random case rather than camelCase.
func isShouted(letters, uppers int) bool {
	return uppers*3 > letters && uppers < letters
}

func isTokenByte(c byte) bool {
	return classes[c]&(letter|digit) != 0 || c >= 0x80
}

// tokenAt reads the token that begins at i.
func tokenAt(s string, i int) token {
	var t token
	if i > 0 {
		t.joint = s[i-1]
	}
	end, run, last := i, 0, byte(0)
	for ; end < len(s) && isTokenByte(s[end]); end++ {
		c := s[end]
		if classes[c] == digit {
			if run == 0 {
				t.runs++
			}
			run++
			t.digits++
			t.longest = max(t.longest, run)
		} else {
			run = 0
			t.addLetter(last, c)
		}
		last = c
	}
	t.text = s[i:end]
	t.dotted = t.joint == '.' || end < len(s) && s[end] == '.'
	return t
}

// addLetter counts a letter and the pair that it makes with the byte before it. A capital after a small letter begins a
// word of its own: camelCase.
func (t *token) addLetter(last, c byte) {
	was, is := classes[last], classes[c]
	t.letters++
	if t.digits == 0 {
		t.before++
	}
	if is&upper != 0 {
		t.uppers++
	}
	if is&(lowerAF|upperAF) == 0 {
		t.nonHex = true
	}
	if was&letter == 0 || is&letter == 0 || was&lower != 0 && is&upper != 0 {
		return
	}
	t.pairs++
	if areStrangers(last, c) {
		t.strange++
	}
}

// isID decides about one token. In files, short numbers are part of the name (photo_012.jpg), elsewhere of one digit
// only (step-2), as /user-12 is one of many.
func (t *token) isID(file bool) bool {
	n := len(t.text)
	switch {
	case t.digits == 0:
		return t.isLetterID(file)
	case t.letters == 0:
		return n > longestNumber || n > 1 && !file && !t.dotted
	case file && isDimensions(t.text):
		return false
	case t.longest > longestNumber, t.runs > 1:
		return true
	case !t.nonHex:
		return n >= shortestHexID
	case t.uppers == t.letters && n >= shortestUpperID:
		return true
	case n >= shortestMixedID && isShouted(t.letters, t.uppers):
		return true
	}
	return t.strange >= 2 && t.strange*4 >= t.pairs || !t.isNumberedWord()
}

// isLetterID: letters alone are an id if they are hexadecimal, or if capitals stand anywhere among them. Random small
// letters are rare enough as ids to leave all small letters to words.
func (t *token) isLetterID(file bool) bool {
	if !t.nonHex {
		return t.letters >= shortestHexLetterID || !file && t.joint == '_' && t.letters >= shortestHexID
	}
	return t.uppers > 0 && t.letters >= shortestMixedID && t.strange >= 3 && t.strange*3 >= t.pairs
}

// isNumberedWord: a number before, behind or between letters: oauth2, 2fa, log4j. Between letters, one of the two parts
// is a word, or the whole an abbreviation (k8s, i18n).
func (t *token) isNumberedWord() bool {
	after := t.letters - t.before
	return t.before == 0 || after == 0 || t.before > 2 || after > 2 || len(t.text) <= 4
}

// isDimensions: 120x120, 1920x1080.
func isDimensions(s string) bool {
	width := digitsLen(s)
	if width == 0 || width > 4 || width == len(s) || s[width] != 'x' {
		return false
	}
	height := digitsLen(s[width+1:])
	return height > 0 && height <= 4 && width+1+height == len(s)
}
