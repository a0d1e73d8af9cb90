package baseline

import (
	"time"

	"github.com/spanwarden/spanwarden/internal/invariant"
)

// form is a format that a text may have.
type form uint8

const (
	uuidForm form = iota
	dateForm
	emailForm
	wholeForm  // digits, with a sign or without
	numberForm // a decimal number
	forms
)

// has is true for a text of the form.
func (f form) has(s string) bool {
	switch f {
	case uuidForm:
		return invariant.IsUUID(s)
	case dateForm:
		return invariant.IsDate(s)
	case emailForm:
		return invariant.IsEmail(s)
	case wholeForm:
		whole, _ := isNumber(s)
		return whole
	case numberForm:
		_, number := isNumber(s)
		return number
	}
	return false
}

// isNumber reads -?[0-9]+ and -?[0-9]+(.[0-9]+)?
func isNumber(s string) (whole, number bool) {
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	if s == "" || len(s) > 40 {
		return false, false
	}
	digits, points := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case '0' <= c && c <= '9':
			digits++
		case c == '.' && i > 0 && i < len(s)-1:
			points++
		default:
			return false, false
		}
	}
	return points == 0 && digits > 0, points <= 1
}

// dayOf is the day that a date begins with, "" if it is none.
func dayOf(s string) string {
	if len(s) < len(time.DateOnly) {
		return ""
	}
	if _, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)]); err != nil {
		return ""
	}
	return s[:len(time.DateOnly)]
}
