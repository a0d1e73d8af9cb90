package apicall

// token is a run of letters and digits in a segment. Bytes beyond ASCII count as letters.
type token struct {
	text    string
	joint   byte // what stands before it, 0 at the beginning
	dotted  bool // it touches a "."
	letters int
	uppers  int
	vowels  [2]int // among the letters before the first digit, and after it
	before  int    // letters before the first digit
	digits  int
	runs    int // of digits
	longest int // run of digits
	nonHex  bool
}

// hasID is true if a segment is no name: it has no letters but a digit, or one of its tokens is an id. One name has at
// most two tokens with a digit in them (h264-mp4); a hardware address has more.
func hasID(s string, file bool) bool {
	letters, digits, mixed := 0, 0, 0
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
		digits += t.digits
		if t.letters > 0 && t.digits > 0 {
			mixed++
		}
		i += len(t.text)
	}
	return letters == 0 && digits > 0 || mixed > 2
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
	end, run := i, 0
	for ; end < len(s) && isTokenByte(s[end]); end++ {
		if classes[s[end]] != digit {
			run = 0
			t.addLetter(s[end])
			continue
		}
		if run == 0 {
			t.runs++
		}
		run++
		t.digits++
		t.longest = max(t.longest, run)
	}
	t.text = s[i:end]
	t.dotted = t.joint == '.' || end < len(s) && s[end] == '.'
	return t
}

func (t *token) addLetter(c byte) {
	t.letters++
	cl := classes[c]
	if cl&upper != 0 {
		t.uppers++
	}
	t.nonHex = t.nonHex || cl&(lowerAF|upperAF) == 0
	side := 0
	if t.digits > 0 {
		side = 1
	} else {
		t.before++
	}
	switch c | 0x20 {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		t.vowels[side]++
	default:
		if c >= 0x80 {
			t.vowels[side]++
		}
	}
}

// isID decides about one token. In files, short numbers are part of the name (photo_012.jpg), elsewhere of one digit
// only (step-2), as /user-12 is one of many.
func (t *token) isID(file bool) bool {
	n := len(t.text)
	switch {
	case n > longestWord:
		return true
	case t.digits == 0:
		return t.isLetterID(file)
	case t.letters == 0:
		if file || t.dotted {
			return n > longestNumber
		}
		return n > 1
	case file && isDimensions(t.text):
		return false
	case t.longest > longestNumber, t.runs > 1, n >= shortestLongID:
		return true
	case !t.nonHex && n >= shortestHexID:
		return true
	case t.uppers == t.letters:
		return n >= shortestUpperID || !t.isNumberedWord()
	case n >= shortestMixedID && t.uppers*3 > t.letters:
		return true
	}
	return !t.isNumberedWord()
}

// isLetterID: letters alone are an id if they are hexadecimal, or if capitals stand anywhere among them.
func (t *token) isLetterID(file bool) bool {
	if !t.nonHex {
		return t.letters >= shortestHexLetterID || !file && t.joint == '_' && t.letters >= shortestHexID
	}
	return t.letters >= shortestLetterID && t.uppers*3 > t.letters && t.uppers < t.letters
}

// isNumberedWord: letters with one number, each longer run of which can be spoken: oauth2, 2fa, log4j, k8s, html5.
func (t *token) isNumberedWord() bool {
	after := t.letters - t.before
	if t.before > 0 && after > 0 && t.before <= 2 && after <= 2 {
		return len(t.text) <= 4
	}
	const longestAcronym = 5 // xhtml1
	if after == 0 {
		return t.before <= longestAcronym || t.vowels[0] > 0
	}
	return (t.before <= 2 || t.vowels[0] > 0) && (after <= 2 || t.vowels[1] > 0)
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
