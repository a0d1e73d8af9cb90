package apicall

import "strings"

// Limits between words and ids. They are chosen so that ids drawn from one generator nearly always look alike, and
// that the words of real routes and files stay.
const (
	// longestNumber is the longest run of digits in a word: base64, sha512, http2.
	longestNumber = 3
	// shortestHexID is the shortest hexadecimal id of digits and letters, shortestHexLetterID of letters alone:
	// "facade" is a word.
	shortestHexID       = 6
	shortestHexLetterID = 8
	// shortestUpperID is the shortest id of capitals and digits: OLJCESPC7Z.
	shortestUpperID = 7
	// shortestMixedID is the shortest id of capitals and small letters, with or without a digit.
	shortestMixedID = 8
	// shortestJoinedID is the shortest id of random text that "-" and "_" happen to divide: base64url, nanoid.
	shortestJoinedID = 16
	// longestVerb is the longest custom verb.
	longestVerb = 16
)

// classify decides about a decoded segment of at most 64 bytes without "/", and how many bytes at its end are kept
// behind a placeholder. The kinds of its bytes spare most of the questions.
func classify(s string, seen class) (shape, int) {
	if seen == digit {
		return id, 0
	}
	tail := 0
	if seen&mark != 0 {
		if strings.LastIndexByte(s, '@') > 0 {
			return id, 0 // an address; at the beginning, "@" is a scope or a handle
		}
		if tail = tailLen(s); tail == len(s) {
			tail = 0 // .env
		}
	}
	stem := s[:len(s)-tail]
	file := tail > 0 && s[len(stem)] == '.'
	if sh := stemShape(stem, seen, file); sh != word {
		return sh, tail
	}
	return word, 0
}

// tailLen is the length of a file extension or a custom verb at the end of s.
func tailLen(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		switch {
		case s[i] == '.' && isExtension(s[i+1:]), s[i] == ':' && isVerb(s[i+1:]):
			return len(s) - i
		case classes[s[i]]&(letter|digit) == 0:
			return 0
		}
	}
	return 0
}

// isExtension: a letter and at most four letters or digits (mp3, m3u8, woff2), of which two may be digits.
func isExtension(s string) bool {
	if len(s) == 0 || len(s) > 5 || classes[s[0]]&letter == 0 {
		return false
	}
	digits := 0
	for i := 1; i < len(s); i++ {
		if classes[s[i]] == digit {
			digits++
		}
	}
	return digits <= 2
}

// isVerb: letters alone, as in /projects/42:undelete.
func isVerb(s string) bool {
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&letter == 0 {
			return false
		}
	}
	return len(s) >= 2 && len(s) <= longestVerb
}

func stemShape(s string, seen class, file bool) shape {
	if seen&digit != 0 {
		if seen&(dash|mark) != 0 && isDate(s) {
			return date
		}
		if isVersion(s) {
			return word
		}
	}
	if hasID(s, file) {
		return id
	}
	return word
}

// isVersion: v1, v2.1, v1beta1, V3.0.1-rc2.
func isVersion(s string) bool {
	if len(s) < 2 || s[0]|0x20 != 'v' {
		return false
	}
	s = s[1:]
	for range 4 {
		n := digitsLen(s)
		if n == 0 || n > longestNumber {
			return false
		}
		if s = s[n:]; s == "" {
			return true
		}
		if s[0] != '.' {
			break
		}
		s = s[1:]
	}
	s = strings.TrimPrefix(s, "-")
	for _, stage := range [...]string{"alpha", "beta", "preview", "rc"} {
		if n, ok := strings.CutPrefix(s, stage); ok {
			return len(n) <= 2 && digitsLen(n) == len(n)
		}
	}
	return false
}

func digitsLen(s string) int {
	n := 0
	for n < len(s) && classes[s[n]] == digit {
		n++
	}
	return n
}

// isDate: year, month and day, alone or with a time; day, month and year, in either order of the first two; year and
// month. The parts are joined by one of "-", ".", "_".
func isDate(s string) bool {
	if len(s) < len("2006-01") {
		return false
	}
	if isYear(s) && isDateMark(s[4]) && inRange(s[5:], 12) {
		if len(s) == len("2006-01") {
			return s[4] == '-'
		}
		return len(s) >= len("2006-01-02") && s[7] == s[4] && inRange(s[8:], 31) && isTime(s[10:])
	}
	return len(s) == len("02.01.2006") && isDateMark(s[2]) && s[5] == s[2] && isYear(s[6:]) &&
		(inRange(s, 31) && inRange(s[3:], 12) || inRange(s, 12) && inRange(s[3:], 31))
}

func isDateMark(c byte) bool {
	return c == '-' || c == '.' || c == '_'
}

// isYear: 1900 to 2199 at the beginning of s.
func isYear(s string) bool {
	return digitsLen(s[:4]) == 4 && (s[0] == '1' && s[1] == '9' || s[0] == '2' && s[1] <= '1')
}

// inRange: two digits at the beginning of s, 01 to most.
func inRange(s string, most int) bool {
	if digitsLen(s[:2]) < 2 {
		return false
	}
	n := int(s[0]-'0')*10 + int(s[1]-'0')
	return n >= 1 && n <= most
}

// isTime: nothing, or a time of day with or without a zone behind a date.
func isTime(s string) bool {
	if s == "" {
		return true
	}
	if s[0] != 'T' && s[0] != 't' && s[0] != ' ' && s[0] != '_' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if classes[s[i]] != digit && strings.IndexByte(":.+-Zz", s[i]) < 0 {
			return false
		}
	}
	return len(s) > 2
}
