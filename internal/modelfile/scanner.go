package modelfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// maxNesting of arrays and objects; the format has five.
const maxNesting = 64

// scanner walks through JSON, strictly as RFC 8259 has it. It allocates nothing
// for numbers, and its users see an array's elements before they make room for
// them, which encoding/json does not offer.
type scanner struct {
	text []byte
	at   int
}

var errCutShort = errors.New("it is cut short: copy or write it again")

func (s *scanner) wrong(what string) error {
	if s.at >= len(s.text) {
		return errCutShort
	}
	return fmt.Errorf("byte %d, %q: %s", s.at, s.text[s.at], what)
}

func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next is the first byte of what follows, 0 at the end.
func (s *scanner) next() byte {
	s.space()
	if s.at == len(s.text) {
		return 0
	}
	return s.text[s.at]
}

// take passes over a byte if it is the next one.
func (s *scanner) take(b byte) bool {
	if s.next() != b || s.at == len(s.text) {
		return false
	}
	s.at++
	return true
}

// end refuses anything but space.
func (s *scanner) end() error {
	if s.space(); s.at < len(s.text) {
		return s.wrong("something follows the end of the model")
	}
	return nil
}

// object calls member with each key; member passes over its value.
func (s *scanner) object(member func(key string) error) error {
	if !s.take('{') {
		return s.wrong("not the { of an object")
	}
	if s.take('}') {
		return nil
	}
	for {
		key, err := s.key()
		if err != nil {
			return err
		}
		if !s.take(':') {
			return s.wrong("not the : behind a key")
		}
		if err := member(key); err != nil {
			return err
		}
		if s.take('}') {
			return nil
		}
		if !s.take(',') {
			return s.wrong("not the , or } behind a member of an object")
		}
	}
}

// array calls element for each element, which passes over it.
func (s *scanner) array(element func(i int) error) error {
	if !s.take('[') {
		return s.wrong("not the [ of an array")
	}
	if s.take(']') {
		return nil
	}
	for i := 0; ; i++ {
		if err := element(i); err != nil {
			return err
		}
		if s.take(']') {
			return nil
		}
		if !s.take(',') {
			return s.wrong("not the , or ] behind an element of an array")
		}
	}
}

// maxKey bytes of a key are looked at. The format's own have fewer, even if each of
// their letters is written as an escape.
const maxKey = 256

// key reads a key. Of a longer one, which is none of the format's, it returns the
// beginning as it is written.
func (s *scanner) key() (string, error) {
	raw, err := s.rawString()
	if err != nil {
		return "", err
	}
	if len(raw) > maxKey {
		return string(raw[1:maxKey]), nil
	}
	return unquote(raw)
}

// string reads a string of at most so many bytes, and measures it before it makes
// room for it. Half a surrogate pair becomes U+FFFD, as usual.
func (s *scanner) string(most int) (string, error) {
	const escape = len(`\u0000`) // the longest way to write a byte
	raw, err := s.rawString()
	if err != nil {
		return "", err
	}
	text := ""
	tooLong := len(raw) > escape*most+len(`""`)
	if !tooLong {
		text, err = unquote(raw)
		tooLong = len(text) > most
	}
	if err == nil && tooLong {
		return "", tooLongFor(most)
	}
	return text, err
}

// tooLongFor is the error of a text that has more bytes than this.
type tooLongFor int

func (t tooLongFor) Error() string { return fmt.Sprintf("longer than %d bytes", int(t)) }

func unquote(raw []byte) (text string, err error) {
	err = json.Unmarshal(raw, &text)
	return text, err
}

// rawString passes over a string and returns it with its quotes and escapes.
func (s *scanner) rawString() ([]byte, error) {
	if s.next() != '"' {
		return nil, s.wrong("not the \" of a text")
	}
	from := s.at
	for s.at++; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			raw := s.text[from:s.at]
			if !json.Valid(raw) { // its escapes
				s.at = from
				return nil, s.wrong("a text with an escape that JSON does not know")
			}
			if !utf8.Valid(raw) {
				s.at = from
				return nil, s.wrong("a text that is not UTF-8")
			}
			return raw, nil
		case c == '\\':
			s.at++
		case c < ' ':
			return nil, s.wrong("a control character in a text")
		}
	}
	s.at = len(s.text)
	return nil, errCutShort
}

// number passes over a number and returns it as it is written.
func (s *scanner) number() ([]byte, error) {
	s.space()
	from := s.at
	s.sign("-")
	leading := s.at
	whole := s.digits()
	ok := whole > 0 && (whole == 1 || s.text[leading] != '0')
	if ok && s.at < len(s.text) && s.text[s.at] == '.' {
		s.at++
		ok = s.digits() > 0
	}
	if ok && s.at < len(s.text) && s.text[s.at]|0x20 == 'e' {
		s.at++
		s.sign("+-")
		ok = s.digits() > 0
	}
	if !ok {
		return nil, s.wrong("not a number")
	}
	return s.text[from:s.at], nil
}

// sign passes over one of the signs.
func (s *scanner) sign(signs string) {
	for i := range len(signs) {
		if s.at < len(s.text) && s.text[s.at] == signs[i] {
			s.at++
			return
		}
	}
}

// digits passes over digits and counts them.
func (s *scanner) digits() int {
	from := s.at
	for s.at < len(s.text) && s.text[s.at]-'0' <= 9 {
		s.at++
	}
	return s.at - from
}

// value passes over a value of any sort and returns it as it is written.
func (s *scanner) value() ([]byte, error) {
	s.space()
	from := s.at
	if err := s.skip(0); err != nil {
		return nil, err
	}
	return s.text[from:s.at], nil
}

func (s *scanner) skip(nesting int) error {
	if nesting > maxNesting {
		return s.wrong(fmt.Sprintf("more than %d arrays and objects within one another", maxNesting))
	}
	var err error
	switch c := s.next(); {
	case c == '{':
		err = s.object(func(string) error { return s.skip(nesting + 1) })
	case c == '[':
		err = s.array(func(int) error { return s.skip(nesting + 1) })
	case c == '"':
		_, err = s.rawString()
	case c == '-' || c-'0' <= 9:
		_, err = s.number()
	default:
		err = s.word("true", "false", "null")
	}
	return err
}

func (s *scanner) word(words ...string) error {
	for _, word := range words {
		if rest := s.text[s.at:]; len(rest) >= len(word) && string(rest[:len(word)]) == word {
			s.at += len(word)
			return nil
		}
	}
	return s.wrong("not JSON")
}

// clip keeps what a file says short enough for an error.
func clip(text string) string {
	const most = 40
	if runes := []rune(text[:min(len(text), (most+1)*utf8.UTFMax)]); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}
