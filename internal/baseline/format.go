package baseline

import (
	"fmt"
	"math/bits"
	"slices"
)

// format makes the rule about the form of the values at a place.
func (b *builder) format(p *Place) {
	c := &p.Column
	k, claim := c.main()
	if claim == nil {
		return
	}
	cand := &candidate{
		kind: "format", what: idOf(p.longPath()) + "-format", message: p.name() + " does not look as it does otherwise",
		evidence: evidenceOf(claim, c.Values.distinct()), refs: claim.Refs, found: claim.Found, least: leastOften,
	}
	if k != text {
		cand.sentence = p.name() + " is a " + map[kind]string{boolean: "truth value", integer: "number"}[k]
		typed := &Place{Part: p.Part, Column: Column{Doubles: c.Doubles, Huge: c.Huge}}
		typed.Column.Kinds[k].Held.Calls = 1
		if typed.typed("x") == "" {
			return
		}
		cand.check = b.api.over(p, "", typed.typed)
		cand.least = leastForms
		b.consider(cand)
		return
	}
	form, sentence := b.form(p, cand)
	if form == nil {
		b.consider(cand) // to tell why not
		return
	}
	cand.sentence = p.name() + " is " + sentence
	cand.check = b.api.over(p, "", func(x string) string {
		if p.Part == requestPart {
			return and("type("+x+") == string", form(x))
		}
		return form(x)
	})
	b.consider(cand)
}

// main is the kind that the values have, but for a few.
func (c *Column) main() (kind, *Claim) {
	for _, k := range []kind{text, integer, boolean} {
		if claim := &c.Kinds[k]; claim.alive() && claim.Held.Calls > claim.Broke.Calls {
			return k, claim
		}
	}
	return 0, nil
}

// form finds what texts have in common; nil if nothing that is sure.
func (b *builder) form(p *Place, cand *candidate) (write func(x string) string, sentence string) {
	c := &p.Column
	for _, f := range []struct {
		form
		function, sentence string
	}{{uuidForm, "isUUID", "a UUID"}, {dateForm, "isDate", "a date"}, {emailForm, "isEmail", "an e-mail address"}} {
		claim := &c.Forms[f.form]
		if !claim.alive() || claim.Held.Calls <= claim.Broke.Calls {
			continue
		}
		other := &c.Kinds[text]
		cand.evidence = evidenceOf(claim, c.Values.distinct())
		cand.evidence.Violations += other.Broke.Calls
		cand.evidence.Breakers += other.Broke.Sessions
		cand.evidence.Calls += other.Broke.Calls
		cand.refs, cand.found = slices.Concat(claim.Refs, other.Refs), slices.Concat(claim.Found, other.Found)
		cand.least, cand.exact = leastForms, true
		return func(x string) string { return f.function + "(" + x + ")" }, f.sentence
	}
	return b.characters(p, cand)
}

// characters says of which characters the texts are, and how long.
func (b *builder) characters(p *Place, cand *candidate) (write func(x string) string, sentence string) {
	c := &p.Column
	var set classSet
	var exceptions []*Class
	var late []float64
	for i := range c.Classes {
		class := &c.Classes[i]
		if !common(class.Class) && rare(&class.Seen, c.Values.Seen.Calls) && !b.settings.Unguarded {
			exceptions = append(exceptions, class)
			continue
		}
		set.add(class.Class)
		if !common(class.Class) {
			late = append(late, float64(class.At-1)/float64(max(1, c.Values.Seen.Sessions)))
		}
	}
	if slices.Sort(late); len(late) > 1 { // one that comes late is no sign of more to come
		cand.evidence.LastChange = late[len(late)-2]
	}
	prose := false
	if !b.settings.Unguarded {
		n := c.Values.distinct()
		usual := []string{ofIdentifiers, ofNames}
		many := n >= b.enough(leastTexts)
		switch {
		case p.Part == requestHeaderPart || p.Part == agentPart:
			usual = []string{ofHeaders}
		case set.has(' '):
			prose = true
			usual = []string{ofIdentifiers, ofNames, ofProse}
			many = n >= b.enough(leastProse)
		}
		if !set.widen(many, usual) && !many {
			cand.why = whyFewTexts
		}
	}
	exceptions = slices.DeleteFunc(exceptions, func(class *Class) bool { return set.has(class.Class) })
	cand.except(exceptions)
	if set == (classSet{}) {
		cand.why, cand.sentence = whyRare, p.name()+" is of few kinds of characters"
		return nil, ""
	}
	pattern := set.pattern()
	longest := int(c.Longest.Top)
	if c.Longest.alone(farLength) {
		longest = int(c.Longest.Next)
		cand.outlier(true, &c.Longest)
	}
	if p.Part == agentPart { // tomorrow's browser tells more
		longest = max(longest, usualAgent)
		if c.Values.distinct() == 1 {
			cand.why = whyFewTexts
		}
	}
	size := fmt.Sprintf("size(%%s) <= %d", roundLength(longest))
	length := fmt.Sprintf("at most %d long", roundLength(longest))
	if c.Shortest == longest && !c.Forms[numberForm].alive() && c.Values.distinct() >= leastTexts && plain(&set) {
		size, length = fmt.Sprintf("size(%%s) == %d", longest), fmt.Sprintf("%d long", longest)
	}
	repeat := "+"
	if c.Shortest == 0 || prose && c.Values.Seen.Sessions < b.enough(leastFilled) {
		repeat = "*"
	}
	return func(x string) string {
		return fmt.Sprintf(size, x) + " && " + x + ".matches(" + quoted("^"+pattern+repeat+"$") + ")"
	}, "of the characters " + pattern + ", " + length
}

// except takes in the calls that have characters which are in no other texts. One that has several is one call; where there
// were too many to be kept, it is not known which, and the most frequent character counts.
func (c *candidate) except(exceptions []*Class) {
	var most Support
	for _, class := range exceptions {
		more := false
		for i, ref := range class.Refs {
			if !slices.Contains(c.refs, ref) {
				more = true
				c.evidence.Violations++
				c.refs, c.found = append(c.refs, ref), append(c.found, class.Found[i])
			}
		}
		switch {
		case more:
			c.evidence.Breakers += class.Seen.Sessions
		case len(class.Refs) == 0 && class.Seen.Calls > most.Calls:
			most = class.Seen
		}
	}
	c.evidence.Violations += most.Calls
	c.evidence.Breakers += most.Sessions
}

// usualAgent is how long what a browser says of itself may be.
const usualAgent = 200

// plain is true for the characters that identifiers and tokens are made of.
func plain(s *classSet) bool {
	for class := range classes {
		if s.has(class) && class < 128 && class != '-' && class != '_' || class >= wideClass && s.has(class) {
			return false
		}
	}
	return true
}

// roundLength is a power of two that is well above a length.
func roundLength(n int) int { return max(16, 1<<bits.Len(uint(2*n))) }
