package document

import (
	"math"
	"strconv"
	"strings"
)

// The largest numbers, as digits.
const (
	maxUint = "18446744073709551615"
	// tooLarge is 2¹⁰²⁴-2⁹⁷⁰, half a step beyond the largest double: what is not
	// below rounds to infinity.
	tooLarge = "1797693134862315807937289714053034150799341327100378269361737789804449682927647509466490179775872" +
		"07096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711531764475" +
		"730270069855571366959622842914819860834936475292719074168444365510704342711559699508093042880177904174497792"
	tooLargeDigits = 309
)

// number reads a number from its first character on.
func (r *reader) number() error {
	start, at := r.at, r.at
	if r.text[at] == '-' {
		at++
	}
	whole := at
	value := uint64(0)
	for ; at < len(r.text) && digit(r.text[at]); at++ {
		value = value*10 + uint64(r.text[at]-'0')
		if r.text[whole] == '0' { // no digit follows a leading zero
			at++
			break
		}
	}
	r.at = at
	if at == whole {
		return r.wrong()
	}
	if at < len(r.text) {
		if c := r.text[at]; c == '.' || c|0x20 == 'e' {
			return r.double(start, at-whole)
		}
	}
	return r.push(integer(r.text, start, whole, at, value))
}

// integer is the entry of a whole number. Its value is right for up to 20 digits
// that fit.
func integer(text string, start, whole, end int, value uint64) entry {
	e := entry{kind: Big, text: place{at: uint32(start), size: uint32(end - start)}}
	digits := text[whole:end]
	switch {
	case len(digits) > len(maxUint) || len(digits) == len(maxUint) && digits > maxUint:
	case start < whole && value == 0: // -0 is 0
		e.kind, e.text = Int, place{at: uint32(whole), size: 1}
	case start < whole && value <= 1<<63:
		e.kind, e.bits = Int, -value
	case start < whole:
	case value <= math.MaxInt64:
		e.kind, e.bits = Int, value
	default:
		e.kind, e.bits = Uint, value
	}
	return e
}

// double reads on from behind the whole part of a number, which has this many digits.
func (r *reader) double(start, whole int) error {
	if r.text[r.at] == '.' {
		r.at++
		if err := r.digits(); err != nil {
			return err
		}
	}
	exponent, err := r.exponent()
	if err != nil {
		return err
	}
	e := entry{kind: Big, text: place{at: uint32(start), size: uint32(r.at - start)}}
	digits := r.text[start:r.at]
	if whole+exponent < tooLargeDigits || !overflows(digits, exponent) {
		value, _ := strconv.ParseFloat(digits, 64) // cannot fail; asked for an overflow, it would allocate
		e.kind, e.bits = Double, math.Float64bits(value)
	}
	return r.push(e)
}

// maxExponent is where counting stops: no text has that many digits to make up for it.
const maxExponent = 1 << 30

func (r *reader) exponent() (int, error) {
	if r.at == len(r.text) || r.text[r.at]|0x20 != 'e' {
		return 0, nil
	}
	r.at++
	sign := 1
	if r.at < len(r.text) && (r.text[r.at] == '+' || r.text[r.at] == '-') {
		if r.text[r.at] == '-' {
			sign = -1
		}
		r.at++
	}
	first := r.at
	if err := r.digits(); err != nil {
		return 0, err
	}
	exponent := 0
	for _, c := range []byte(r.text[first:r.at]) {
		exponent = min(exponent*10+int(c-'0'), maxExponent)
	}
	return sign * exponent, nil
}

// digits skips digits, of which there must be one.
func (r *reader) digits() error {
	first := r.at
	for r.at < len(r.text) && digit(r.text[r.at]) {
		r.at++
	}
	if r.at == first {
		return r.wrong()
	}
	return nil
}

// overflows says whether a number of this form, with this exponent, is beyond the
// largest double: by the place of its first digit that counts, and if need be by
// its digits.
func overflows(number string, exponent int) bool {
	number = strings.TrimPrefix(number, "-")
	if e := strings.IndexAny(number, "eE"); e >= 0 {
		number = number[:e]
	}
	whole, fraction, _ := strings.Cut(number, ".")
	whole = strings.TrimLeft(whole, "0")
	size := len(whole) + exponent
	if whole == "" {
		counts := strings.TrimLeft(fraction, "0")
		size -= len(fraction) - len(counts)
		fraction = counts
	}
	if whole == "" && fraction == "" || size != tooLargeDigits {
		return (whole != "" || fraction != "") && size > tooLargeDigits
	}
	return notBelow(whole, fraction, tooLarge)
}

// notBelow compares digits in two pieces with a limit's, which do not end with 0:
// 1.5 with 15 is equal, and so much or more is not below.
func notBelow(whole, fraction, limit string) bool {
	head := min(len(whole), len(limit))
	if c := strings.Compare(whole[:head], limit[:head]); c != 0 {
		return c > 0
	}
	rest := limit[head:]
	tail := min(len(fraction), len(rest))
	if c := strings.Compare(fraction[:tail], rest[:tail]); c != 0 {
		return c > 0
	}
	return tail == len(rest)
}
