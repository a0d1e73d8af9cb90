package tampering

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strings"
)

// randomID is an id of the same shape that was never given out.
func randomID(at *spot) (change, bool) {
	if at.field == nil || !at.value.scalar() || !distinctive(at.value) || at.field.ids < settled || at.field.known*10 < at.field.ids*9 {
		return none, false
	}
	if s := at.survey.sights[at.value.key()]; s == nil || s.traces < 2 {
		return none, false
	}
	for range 10 {
		v := &value{kind: at.value.kind, text: shaped(at.value.text, at.rng)}
		if at.survey.sights[v.key()] == nil {
			return find(v), true
		}
	}
	return none, false
}

// shaped is a random text with digits where there are digits, and letters where there are letters; a UUID stays one.
func shaped(s string, rng *rand.Rand) string {
	hexadecimal := uuid.MatchString(s)
	b := []byte(s)
	for i, c := range b {
		switch {
		case hexadecimal && (i == 14 || i == 19): // version and variant
		case hexadecimal && c != '-':
			b[i] = "0123456789abcdef"[rng.IntN(16)]
		case c >= '0' && c <= '9':
			b[i] = "123456789"[rng.IntN(9)]
		case c >= 'a' && c <= 'z':
			b[i] = byte('a' + rng.IntN(26))
		case c >= 'A' && c <= 'Z':
			b[i] = byte('A' + rng.IntN(26))
		}
	}
	return string(b)
}

// foreignID is an id that belongs to somebody else, who had it before and used it in a call of the same API.
func foreignID(at *spot) (change, bool) {
	if at.field == nil || at.call.user == "" || !at.field.owned || !at.field.owners[at.call.user] || !at.identifies() {
		return none, false
	}
	type foreign struct {
		value *value
		use   use
	}
	var all, alike []foreign // alike: of which the owner's call made the same child calls
	key := fieldKey{at.call.api, at.path}
	for _, v := range at.field.sorted() {
		if v.value.kind != at.value.kind || v.value.text == "" || v.users[at.call.user] > 0 || distinctive(at.value) != distinctive(v.value) {
			continue
		}
		if s := at.survey.sights[v.value.key()]; s != nil && s.shown(at.call.user) {
			continue
		}
		use, ok := at.survey.nearest(useKey(key, v.value), at.call.start)
		if !ok || !at.survey.before(v.value, use, at.call.start) {
			continue
		}
		all = append(all, foreign{v.value, use})
		if use.shape == shapeOf(at.scene) {
			alike = append(alike, foreign{v.value, use})
		}
	}
	if len(alike) > 0 {
		all = alike
	}
	if len(all) == 0 {
		return none, false
	}
	one := all[at.rng.IntN(len(all))]
	return change{value: one.value.clone(), owner: one.use.trace}, true
}

// identifies is true for a value that names something: an id, or a whole number in a place that is called so.
func (at *spot) identifies() bool {
	if at.value.kind != text && at.value.kind != number || at.value.text == "" || isDate(at.value.text) || isMoney(at.name()) {
		return false
	}
	if hasWord(at.name(), noIDWords) {
		return false
	}
	if distinctive(at.value) {
		return at.field.known*10 >= at.field.ids*9
	}
	return at.field.allNumeric() && strings.Trim(at.value.text, "0123456789") == "" &&
		(hasWord(at.name(), idWords) || strings.HasPrefix(at.path, "req.path."))
}

var (
	noIDWords = map[string]bool{"phone": true, "mobile": true, "tel": true, "fax": true, "zip": true}
	idWords   = map[string]bool{"id": true, "ids": true, "number": true, "no": true, "iban": true, "account": true}
)

// shapeOf is which child calls the call at the front door made.
func shapeOf(sc *scene) string {
	var apis []string
	for _, c := range sc.calls {
		if c != sc.front && !slices.Contains(apis, c.api) {
			apis = append(apis, c.api)
		}
	}
	slices.Sort(apis)
	return strings.Join(apis, "\x00")
}

// shown is true if the user ever saw the id.
func (s *sight) shown(user string) bool {
	_, ok := s.first[user]
	return ok
}

// before is true if somebody saw the value before that time.
func (s *Survey) before(v *value, u use, at int64) bool {
	if u.start < at {
		return true
	}
	if x := s.sights[v.key()]; x != nil {
		first, known := x.first[u.user]
		return known && first < at
	}
	return false
}

// nearest is the first use of a value after that time, or the last one before it.
func (s *Survey) nearest(key string, at int64) (found use, ok bool) {
	for _, u := range s.victims[key] { // by time
		if !ok || u.start <= at || found.start <= at {
			found, ok = u, true
		}
		if u.start > at {
			break
		}
	}
	return found, ok
}

// sorted are all values in an order that does not change.
func (f *fieldFacts) sorted() []*valueFacts {
	all := make([]*valueFacts, 0, len(f.values))
	for _, v := range f.values {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b *valueFacts) int {
		return cmp.Or(strings.Compare(a.value.text, b.value.text), cmp.Compare(a.value.kind, b.value.kind))
	})
	return all
}

// replay is the same call once more.
func replay(at *spot) (change, bool) {
	if at.field == nil || !at.value.scalar() || !distinctive(at.value) || at.field.ids < settled || strings.HasPrefix(at.call.api, "GET ") {
		return none, false
	}
	for _, v := range at.field.values {
		if v.calls > 1 {
			return none, false
		}
	}
	c := set(at.value.clone())
	c.after = true
	return c, true
}
