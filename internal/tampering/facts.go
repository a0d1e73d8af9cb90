package tampering

import (
	"math"
	"regexp"
	"strings"
	"unicode"
)

// fieldFacts are what a field of an API at the front door had in the whole recording.
type fieldFacts struct {
	present             int // calls in which it was there, null or not
	nulls, empties      int
	kinds               [object + 1]int
	values              map[string]*valueFacts // by key; no more than maxValues
	numeric             int                    // numbers and texts that write one
	min, max            float64
	dates, past, future int // texts that begin with a date; of these, before and after the day of the call
	longest             int
	odd                 int             // texts with characters of the payloads
	ids, known          int             // values that are distinctive; of these, seen in other traces as well
	owned               bool            // almost every value was seen by one user alone, of several
	owners              map[string]bool // users whose ids nobody else saw: no clerks, who look at those of others
}

type valueFacts struct {
	value *value
	calls int
	users map[string]int
}

const maxValues = 5000

func newFieldFacts() *fieldFacts {
	return &fieldFacts{values: make(map[string]*valueFacts), owners: make(map[string]bool), min: math.Inf(1), max: math.Inf(-1)}
}

func (f *fieldFacts) add(v *value, user, day string) {
	f.present++
	f.kinds[v.kind]++
	if !v.scalar() {
		return
	}
	if v.kind == null {
		f.nulls++
		return
	}
	if n, ok := v.float(); ok {
		f.numeric++
		f.min, f.max = min(f.min, n), max(f.max, n)
	}
	if v.kind == text {
		f.addText(v.text, day)
	}
	x := f.values[v.key()]
	if x == nil {
		if len(f.values) == maxValues {
			return
		}
		x = &valueFacts{value: v, users: make(map[string]int)}
		f.values[v.key()] = x
	}
	x.calls++
	x.users[user]++
}

func (f *fieldFacts) addText(s, day string) {
	f.longest = max(f.longest, len(s))
	if s == "" {
		f.empties++
	}
	if strings.ContainsAny(s, `'"<>;$\`) || strings.Contains(s, "../") {
		f.odd++
	}
	if isDate(s) {
		f.dates++
		switch {
		case s[:len(day)] < day:
			f.past++
		case s[:len(day)] > day:
			f.future++
		}
	}
}

// settled is how many calls must have had a field before anything is said about it.
const settled = 20

// only is true for a field that always was of that kind, if not null.
func (f *fieldFacts) only(k kind) bool {
	return f.kinds[k] >= settled && f.kinds[k]+f.nulls == f.present
}

// allNumeric is true for a field of numbers, as JSON or in digits.
func (f *fieldFacts) allNumeric() bool {
	return f.numeric >= settled && f.numeric+f.nulls == f.present
}

func (f *fieldFacts) allDates() bool {
	return f.dates >= settled && f.dates+f.nulls+f.empties == f.present
}

// enumeration is true for a field with a small set of values, each of which came again and again.
func (f *fieldFacts) enumeration() bool {
	if len(f.values) < 2 || len(f.values) > 20 || f.present < 2*settled {
		return false
	}
	once, whole := 0, true
	for _, v := range f.values {
		if v.calls == 1 {
			once++
		}
		n, ok := v.value.float()
		whole = whole && (v.value.kind == text && !ok || ok && n == math.Trunc(n))
	}
	return whole && once*20 <= f.present && f.dates == 0 && f.ids == 0
}

// judge finds out whether the field has ids, and whether these belong to one user each.
func (f *fieldFacts) judge(sights map[string]*sight) {
	users := make(map[string]*holding)
	one, several := 0, 0
	for key, v := range f.values {
		if isDate(v.value.text) {
			continue
		}
		seen, traces := v.users, v.calls
		if distinctive(v.value) {
			f.ids += v.calls
			x := sights[key]
			if x.traces > 1 {
				f.known += v.calls
			}
			seen, traces = x.users, x.traces
		}
		if traces < 2 || v.value.text == "" {
			continue
		}
		var of []string
		for user := range seen {
			if user != "" {
				of = append(of, user)
			}
		}
		for _, user := range of {
			u := users[user]
			if u == nil {
				u = new(holding)
				users[user] = u
			}
			u.all++
			if len(of) == 1 {
				u.alone++
			}
		}
		switch {
		case len(of) == 1:
			one++
		case len(of) > 1:
			several++
		}
	}
	f.owned = one >= 3 && several*20 <= one && len(users) > 1
	for user, u := range users {
		if u.alone > 0 && u.alone*10 >= u.all*9 {
			f.owners[user] = true
		}
	}
}

// holding is how many ids a user saw, and how many nobody else did.
type holding struct{ all, alone int }

var (
	uuid     = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	day      = regexp.MustCompile(`^\d{4}-[01]\d-[0-3]\d($|[T ])`)
	identity = regexp.MustCompile(`(?i)user|login|account|mail|phone|person|customer|consignee|contact|owner|member`)
	masked   = regexp.MustCompile(`(?i)^([*•]{2,}|x{3,}|.?(redacted|masked|filtered).?)$`)
	money    = map[string]bool{
		"price": true, "amount": true, "money": true, "cost": true, "fee": true, "fare": true, "balance": true, "charge": true, "sum": true, "total": true,
	}
)

// freeText are names of what people write as they like.
var freeText = map[string]bool{
	"note": true, "notes": true, "comment": true, "message": true, "text": true, "description": true, "title": true, "subject": true,
	"reason": true, "memo": true, "q": true, "query": true, "search": true, "term": true, "remark": true,
}

func isDate(s string) bool { return day.MatchString(s) }

// distinctive is true for what looks like an id: a value that is not anything else by chance.
func distinctive(v *value) bool {
	s := v.text
	if v.kind != text && v.kind != number || len(s) < 6 || len(s) > 100 {
		return false
	}
	if uuid.MatchString(s) {
		return true
	}
	digits, letters := 0, 0
	for i := range len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			letters++
		case c != '_' && c != '-':
			return false
		}
	}
	if isDate(s) || v.kind == number && letters > 0 {
		return false
	}
	return letters == 0 && digits == len(s) && digits >= 6 || len(s) >= 12 && digits >= 4 && letters >= 2
}

// words are the words of a name such as foodPrice or food_price, in lower case.
func words(name string) []string {
	var all []string
	var word strings.Builder
	flush := func() {
		if word.Len() > 0 {
			all = append(all, word.String())
			word.Reset()
		}
	}
	lower := false
	for _, r := range name {
		if !unicode.IsLetter(r) || unicode.IsUpper(r) && lower {
			flush()
		}
		if unicode.IsLetter(r) {
			word.WriteRune(unicode.ToLower(r))
		}
		lower = unicode.IsLower(r)
	}
	flush()
	return all
}

func isMoney(name string) bool { return hasWord(name, money) && !hasWord(name, notMoney) }

var notMoney = map[string]bool{"num": true, "number": true, "count": true, "rate": true, "id": true, "type": true}

func hasWord(name string, set map[string]bool) bool {
	for _, w := range words(name) {
		if set[w] {
			return true
		}
	}
	return false
}
