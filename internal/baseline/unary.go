package baseline

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// unary makes rules about the values at a place.
func (b *builder) unary(p *Place) {
	c := &p.Column
	if p.Group >= 0 || c.Values.Seen.Calls == 0 || p.mixed() {
		return
	}
	switch p.Part {
	case statusPart:
		b.statuses(p)
		return
	case userPart, sessionPart, addressPart:
		return
	case responsePart, responseHeaderPart:
		return
	}
	if p.Part != agentPart && p.Part != requestHeaderPart && b.set(p) { // the software of others changes
		return
	}
	b.format(p)
	b.rangeOf(p)
	b.date(p)
}

// typed writes that x has the type of the column's values; "" where all have the same anyway, or where nothing is known.
func (p *Place) typed(x string) string {
	if p.Part != requestPart && p.Part != responsePart {
		return ""
	}
	c := &p.Column
	switch {
	case c.Huge:
		return ""
	case c.holds(text):
		return "type(" + x + ") == string"
	case c.holds(boolean):
		return "type(" + x + ") == bool"
	case c.holds(integer) && !c.Doubles:
		return "type(" + x + ") == int"
	case c.holds(integer):
		return "(type(" + x + ") == int || type(" + x + ") == double)"
	}
	return ""
}

// holds is true if all values are of the kind.
func (c *Column) holds(k kind) bool {
	return c.Kinds[k].Broke.Calls == 0 && c.Kinds[k].Held.Calls > 0
}

// statuses makes the rule about the status that an API answers with.
func (b *builder) statuses(p *Place) {
	v := &p.Column.Values
	if v.More {
		return
	}
	b.values(v, &candidate{
		kind: "novelty", what: "status", when: "resp.status < 500", least: leastOften,
		message: "the API answers with a status that it has not been seen to answer with",
	}, func(v *Values) (check, sentence string) {
		return "resp.status in " + literals(v), "the status is " + spoken(v)
	})
}

func setEvidence(v *Values) Evidence {
	n := float64(max(1, v.Seen.Sessions))
	return Evidence{
		Calls: v.Seen.Calls, Sessions: v.Seen.Sessions, Distinct: len(v.List), LastChange: float64(v.Newest-1) / n,
		Risk: (float64(v.rare()) + 0.5) / (n + 1), // Good and Turing: the share of what was not seen yet
	}
}

// setWhy tells why values, of which a column has some, are no closed set.
func setWhy(own, all *Values) string {
	single, known := all.ofOneUser()
	switch {
	case all.rare() > 0:
		return whyRare
	case known && single*2 >= len(all.List):
		return whyUsers
	case own.Seen.Sessions < perValue*len(own.List) || len(own.List) > fewValues && own.Seen.Sessions < manyPerValue*len(own.List):
		return whyMany
	}
	return ""
}

// set makes the rule that a value is one of few, and tells whether it was made.
func (b *builder) set(p *Place) bool {
	column := &p.Column
	own := &column.Values
	if own.More || column.Huge || len(own.List) > mostInSet || own.distinct() > 2*mostInSet || column.is(dateForm) || column.is(uuidForm) {
		return false
	}
	all, lastChange := b.domains.of(p)
	mixed := slices.ContainsFunc(all.List, func(x Value) bool {
		return x.Kind != own.List[0].Kind && (!x.Kind.number() || !own.List[0].Kind.number())
	})
	large := slices.ContainsFunc(all.List, func(x Value) bool {
		_, err := strconv.ParseInt(x.Text, 10, 64)
		return x.Kind == integer && err != nil
	})
	if mixed || large || identifying(own) || all.More || len(all.List) > mostInDomain {
		return false
	}
	c := &candidate{
		kind: "common-sense", what: idOf(p.longPath()) + "-values",
		check:    b.api.over(p, "", func(x string) string { return and(p.typed(x), oneOf(x, &all)) }),
		message:  p.name() + " is none of the values that it has",
		sentence: p.name() + " is " + spoken(&all), evidence: setEvidence(&all), least: leastOften, why: setWhy(own, &all),
	}
	c.evidence.LastChange = lastChange
	if c.why == whyRare {
		b.nearSet(p, c, &all)
	}
	if c.why != "" { // such values may be people's
		c.sentence = p.name() + " is one of " + strconv.Itoa(len(all.List)) + " values"
	}
	return b.consider(c)
}

// is true if all texts have the form.
func (c *Column) is(f form) bool { return c.Forms[f].Held.Calls > 0 && c.Forms[f].alive() }

// nearSet tells of a set that would be closed but for a few calls of this API; what others have is told of them.
func (b *builder) nearSet(p *Place, c *candidate, all *Values) {
	own, v, near := &p.Column.Values, *all, *c
	v.List = slices.DeleteFunc(slices.Clone(all.List), func(x Value) bool { return rare(&x.Seen, all.Seen.Calls) })
	near.evidence.Violations = 0
	for i := range own.List {
		x := &own.List[i]
		if !slices.ContainsFunc(v.List, func(y Value) bool { return y.Hash == x.Hash }) {
			near.evidence.Violations += x.Seen.Calls
			near.refs, near.found = append(near.refs, x.First), append(near.found, x.Text)
		}
	}
	if len(near.refs) == 0 || len(near.refs) > keptRefs || near.evidence.Violations*breakShare > own.Seen.Calls || len(v.List) == 0 ||
		own.Seen.Sessions < leastOften || own.Seen.Sessions < perValue*len(v.List) {
		return
	}
	near.check = b.api.over(p, "", func(x string) string { return and(p.typed(x), oneOf(x, &v)) })
	near.sentence = p.name() + " is " + spoken(&v)
	near.evidence.Calls, near.evidence.Sessions, near.evidence.Distinct = own.Seen.Calls, own.Seen.Sessions, len(v.List)
	b.near(&near)
}

// oneOf writes that x is one of the values.
func oneOf(x string, v *Values) string {
	if len(v.List) == 1 {
		return x + " == " + literal(&v.List[0])
	}
	return x + " in " + literals(v)
}

func literals(v *Values) string {
	all := make([]string, len(v.List))
	sorted := sortedValues(v)
	for i := range sorted {
		all[i] = literal(&sorted[i])
	}
	return "[" + strings.Join(all, ", ") + "]"
}

func sortedValues(v *Values) []Value {
	list := slices.Clone(v.List)
	slices.SortFunc(list, func(a, b Value) int {
		if a.Kind.number() && b.Kind.number() {
			x, _ := strconv.ParseFloat(a.Text, 64)
			y, _ := strconv.ParseFloat(b.Text, 64)
			if x != y {
				return int(math.Copysign(1, x-y))
			}
		}
		return strings.Compare(a.Text, b.Text)
	})
	return list
}

// sortedTexts are the texts of values in order.
func sortedTexts(v *Values) []string {
	var texts []string
	for i := range v.List {
		texts = append(texts, v.List[i].Text)
	}
	slices.Sort(texts)
	return texts
}

func literal(v *Value) string {
	if v.Kind == text {
		return quoted(v.Text)
	}
	return v.Text
}

// spoken are the values for people.
func spoken(v *Values) string {
	all := sortedValues(v)
	if len(all) == 1 {
		return "always " + literal(&all[0])
	}
	const shown = 6
	var b strings.Builder
	b.WriteString("one of ")
	for i := range all {
		if i == shown {
			fmt.Fprintf(&b, " and %d more", len(all)-shown)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(literal(&all[i]))
	}
	return b.String()
}

// and joins conditions; empty ones are none.
func and(conditions ...string) string {
	conditions = slices.DeleteFunc(slices.Clone(conditions), func(s string) bool { return s == "" })
	return strings.Join(conditions, " && ")
}

// rangeOf makes the rule about the range of numbers.
func (b *builder) rangeOf(p *Place) {
	c := &p.Column
	if !c.holds(integer) || c.Huge {
		return
	}
	var sign, sentence string
	claim := &c.Sign
	switch {
	case c.Positive.Broke.Calls == 0 && (!c.Doubles || c.Positive.Held.Sessions >= oftenEnough && !b.domains.zero(p)):
		sign, sentence, claim = "> 0", "above zero", &c.Positive
	case c.Sign.Broke.Calls == 0:
		sign, sentence = ">= 0", "not below zero"
	case c.Sign.alive():
		sign, sentence = ">= 0", "not below zero"
	default:
		return
	}
	largest := c.Max.Top
	outlier := c.Max.alone(farNumber)
	if outlier {
		largest = c.Max.Next
	}
	limit := ""
	// What grows with time would be beyond any limit some day.
	growing := !outlier && c.Max.At > int((1-b.settings.HoldOut)*float64(c.Values.Seen.Sessions)) && c.Values.distinct() > mostInSet
	if rank := keyRank(p.Name); largest < mostLimit && !growing && (rank < 0 || rank > 1) {
		limit = strconv.FormatFloat(roundUp(largest), 'f', -1, 64)
		sentence += " and at most " + limit
	}
	cand := &candidate{
		kind: "common-sense", what: idOf(p.longPath()) + "-range",
		check: b.api.over(p, "", func(x string) string {
			if limit == "" {
				return x + " " + sign
			}
			return x + " " + sign + " && " + x + " <= " + limit
		}),
		message:  p.name() + " is not within the range that it has",
		sentence: p.name() + " is " + sentence,
		evidence: evidenceOf(claim, c.Values.distinct()), refs: claim.Refs, found: claim.Found, least: leastOften,
	}
	cand.outlier(outlier, &c.Max)
	b.consider(cand)
}

// How many times larger than all others a number or a length must be to be taken for an exception.
const (
	farNumber = 100
	farLength = 4
)

// outlier adds the call with the largest size to the exceptions.
func (c *candidate) outlier(is bool, p *Peak) {
	if is {
		c.evidence.Violations++
		c.evidence.Breakers++
		c.refs, c.found = append(slices.Clone(c.refs), p.Ref), append(slices.Clone(c.found), p.Found)
	}
}

// mostLimit is the largest number that a limit is written for: all are whole numbers of CEL.
const mostLimit = 1e16

// roundUp is a power of ten that is well above.
func roundUp(x float64) float64 {
	if x < 1 {
		return 10
	}
	return math.Pow(10, math.Ceil(math.Log10(x*4)))
}

// date makes the rule that a date is not before the call.
func (b *builder) date(p *Place) {
	c := &p.Column
	if c.Forms[dateForm].Broke.Calls > 0 || c.NotPast.Held.Calls == 0 || !c.NotPast.alive() {
		return
	}
	cand := &candidate{
		kind: "common-sense", what: idOf(p.longPath()) + "-not-past",
		check:    b.api.over(p, "", func(x string) string { return "day(" + x + `) >= day(call.start - duration("24h"))` }),
		message:  p.name() + " is long before the call",
		sentence: p.name() + " is not before the day of the call, but for time zones",
		evidence: evidenceOf(&c.NotPast, c.Values.distinct()), refs: c.NotPast.Refs, found: c.NotPast.Found, least: leastNotPast,
	}
	if c.Values.distinct() < 3 {
		cand.why = whyChance
	}
	b.consider(cand)
}
