package apicall

import "strings"

const (
	second = int64(1e9) // ns
	minute = 60 * second
	hour   = 60 * minute
	day    = 24 * hour
)

// looksLikeTime tells the time of an access log, broken or not, from other text in brackets: "main", "INFO".
func looksLikeTime(s string) bool {
	return len(s) >= len("1/Jan/2006:15:04") && len(s) <= len("02/Jan/2006:15:04:05.000000000 -0700") &&
		classes[s[0]] == digit && strings.IndexByte(s, ':') > 0
}

// parseLogTime reads "02/Jan/2006:15:04:05 -0700", with or without a fraction of a second, into ns since the epoch. It
// takes the years 1970 to 2261, which an int64 holds, and the leap second as the second after it.
func parseLogTime(s string) (int64, bool) {
	const clock = "02/Jan/2006:15:04:05"
	if len(s) < len(clock) || s[2] != '/' || s[6] != '/' || s[11] != ':' || s[14] != ':' || s[17] != ':' {
		return 0, false
	}
	p := timeParser{}
	d := p.number(s[0:2], 1, 31)
	m := p.month(s[3:6])
	y := p.number(s[7:11], 1970, 2261)
	t := p.number(s[12:14], 0, 23) * hour
	t += p.number(s[15:17], 0, 59) * minute
	t += p.number(s[18:20], 0, 60) * second
	fraction, rest := p.fraction(s[len(clock):])
	t += fraction - p.zone(rest)
	if p.failed || d > daysIn(m, y) {
		return 0, false
	}
	return daysSinceEpoch(y, m, d)*day + t, true
}

// timeParser remembers that one of the parts was wrong.
type timeParser struct{ failed bool }

func (p *timeParser) fail() int64 {
	p.failed = true
	return 0
}

// number reads digits and nothing else.
func (p *timeParser) number(s string, least, most int64) int64 {
	n, ok := parseInt(s)
	if !ok || n < least || n > most {
		return p.fail()
	}
	return n
}

func (p *timeParser) month(s string) int64 {
	const names = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for i := 0; i < len(names); i += 3 {
		if names[i:i+3] == s {
			return int64(i/3) + 1
		}
	}
	return p.fail()
}

// fraction reads ".123" in ns, if s begins with it.
func (p *timeParser) fraction(s string) (ns int64, rest string) {
	if s == "" || s[0] != '.' {
		return 0, s
	}
	n := digitsLen(s[1:])
	if n == 0 || n > 9 {
		return p.fail(), ""
	}
	ns = p.number(s[1:1+n], 0, second)
	for i := n; i < 9; i++ {
		ns *= 10
	}
	return ns, s[1+n:]
}

// zone reads " -0700", in ns east of Greenwich.
func (p *timeParser) zone(s string) int64 {
	if len(s) != len(" -0700") || s[0] != ' ' {
		return p.fail()
	}
	offset := p.number(s[2:4], 0, 15)*hour + p.number(s[4:6], 0, 59)*minute
	switch s[1] {
	case '+':
		return offset
	case '-':
		return -offset
	}
	return p.fail()
}

func daysIn(month, year int64) int64 {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// daysSinceEpoch counts from 1970-01-01, with the year begun in March so that the leap day is its last (H. Hinnant,
// chrono-Compatible Low-Level Date Algorithms, days_from_civil).
func daysSinceEpoch(year, month, dayOfMonth int64) int64 {
	if month <= 2 {
		year, month = year-1, month+12
	}
	dayOfYear := (153*(month-3)+2)/5 + dayOfMonth - 1
	const fromYear0 = 719468
	return 365*year + year/4 - year/100 + year/400 + dayOfYear - fromYear0
}
