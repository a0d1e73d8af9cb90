package sqltext

// MaxParameters is how many bound parameters are kept.
const MaxParameters = 128

// Parameters are those bound for one execution of a statement. The zero value is empty and ready for use. It keeps the
// strings that it is given until Reset. Not for concurrent use while parameters are added.
type Parameters struct {
	kept []parameter
	full bool // some did not fit

	zero, one bool // the keys "0" and "1" are there
	highest   int  // of the keys that are numbers, -1 if there are none
	numbers   int  // how many keys are numbers
}

type parameter struct {
	name   string
	number int // of a key that is a number, -1 for others
	value  string
	known  bool
}

// Reset forgets all parameters.
func (p *Parameters) Reset() {
	clear(p.kept)
	*p = Parameters{kept: p.kept[:0]}
}

// Add adds one by its key, as behind db.query.parameter: "0", "1" and so on, or a name with its mark or without. Those
// beyond MaxParameters are dropped; a value of more than MaxLiteral bytes, or a second one of the same key that differs,
// makes it unknown.
func (p *Parameters) Add(key, value string) {
	number := -1
	name := key
	if n, ok := decimal(key); ok {
		number = n
	} else if len(key) > 1 {
		switch key[0] {
		case ':', '@', '$', '?':
			name = key[1:]
		}
	}
	known := len(value) <= MaxLiteral
	if !known {
		value = ""
	}
	if old := p.find(name, number); old != nil {
		old.known = old.known && known && old.value == value
		return
	}
	if len(p.kept) == MaxParameters {
		p.full = true
		return
	}
	if number >= 0 {
		if p.numbers == 0 {
			p.highest = -1
		}
		p.zero, p.one = p.zero || number == 0, p.one || number == 1
		p.highest = max(p.highest, number)
		p.numbers++
	}
	p.kept = append(p.kept, parameter{name: name, number: number, value: value, known: known})
}

// decimal is a key that is a number.
func decimal(key string) (int, bool) {
	if key == "" || len(key) > 5 || len(key) > 1 && key[0] == '0' {
		return 0, false
	}
	n := 0
	for _, c := range []byte(key) {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// find looks by number if there is one, else by name.
func (p *Parameters) find(name string, number int) *parameter {
	for i := range p.kept {
		if q := &p.kept[i]; q.number == number && (number >= 0 || q.name == name) {
			return q
		}
	}
	return nil
}

// base is what the numbers count from, and how many there are; false if that is not certain.
func (p *Parameters) base() (base, count int, ok bool) {
	switch {
	case p.numbers == 0:
		return 0, 0, false
	case p.zero:
		return 0, p.highest + 1, true
	case p.one && !p.full:
		return 1, p.highest, true
	}
	return 0, 0, false
}

// text is what is bound to a placeholder of the statement.
func (p *Parameters) text(s *Statement, v *Value) (string, bool) {
	if p == nil {
		return "", false
	}
	if v.Name != "" {
		return p.named(s, v.Name)
	}
	base, count, ok := p.base()
	if v.Index < 0 || !ok {
		return p.marked(v.Index)
	}
	if s.marks.highest > 0 { // $1: a base of 1 must agree with the text, because "0" may only be missing
		if found, ok := p.marked(v.Index); ok {
			return found, true
		}
		if base == 1 && count != int(s.marks.highest) {
			return "", false
		}
		return p.at(v.Index + base)
	}
	if s.marks.loose || p.full || count != int(s.marks.places) || p.numbers != count {
		return "", false
	}
	return p.at(v.Index + base)
}

// marked looks for the key "$1", ":1" or "?1".
func (p *Parameters) marked(index int) (string, bool) {
	if index < 0 {
		return "", false
	}
	for i := range p.kept {
		q := &p.kept[i]
		if q.number >= 0 {
			continue
		}
		if n, ok := decimal(q.name); ok && n == index+1 {
			return q.value, q.known
		}
	}
	return "", false
}

func (p *Parameters) at(number int) (string, bool) {
	if q := p.find("", number); q != nil {
		return q.value, q.known
	}
	return "", false
}

// named goes by name, and of @p0, @p1 by position if there are as many parameters.
func (p *Parameters) named(s *Statement, name string) (string, bool) {
	if q := p.find(name, -1); q != nil {
		return q.value, q.known
	}
	number, ok := numberedName(name)
	base, count, counted := p.base()
	if !ok || !counted || p.full {
		return "", false
	}
	switch {
	case s.marks.zero && int(s.marks.highestP)+1 == count:
		return p.at(number + base)
	case !s.marks.zero && int(s.marks.highestP) == count && number > 0:
		return p.at(number - 1 + base)
	}
	return "", false
}
