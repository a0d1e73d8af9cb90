package ddl

import (
	"math"
	"strconv"
	"strings"
)

// conditions reads the parts of a condition that AND joins. What is none of the forms of [Check] comes back unread.
func conditions(tokens []token) (parts []Check, unread [][]token) {
	if len(tokens) > maxCondition {
		return nil, [][]token{tokens}
	}
	for _, part := range conjuncts(withoutCasts(tokens), 0) {
		check, ok := simple(part)
		if !ok {
			unread = append(unread, part)
			continue
		}
		if n := len(parts); n > 0 && isOtherEnd(&parts[n-1], &check) {
			parts[n-1].Low, parts[n-1].High = either(parts[n-1].Low, check.Low), either(parts[n-1].High, check.High)
			continue
		}
		parts = append(parts, check)
	}
	return parts, unread
}

// isOtherEnd: one of them is the lower bound of a column, and the other one the upper.
func isOtherEnd(a, b *Check) bool {
	return a.Column == b.Column && (a.Low != nil && b.High != nil || a.High != nil && b.Low != nil) &&
		(a.Low == nil || b.Low == nil) && (a.High == nil || b.High == nil)
}

func either(a, b *Bound) *Bound {
	if a != nil {
		return a
	}
	return b
}

// withoutCasts takes ::type out.
func withoutCasts(tokens []token) []token {
	out := make([]token, 0, len(tokens))
	for c := (&cursor{tokens: tokens}); !c.done(); {
		if !c.take("::") {
			out = append(out, c.peek(0))
			c.next()
			continue
		}
		if _, _, ok := c.name(); !ok {
			continue
		}
		c.skip("varying", "precision", "with", "without", "time", "zone")
		if inside := c.peek(1); c.is("(") && inside.kind == numberToken {
			c.group()
		}
		for c.take("[", "]") {
		}
	}
	match(out)
	return out
}

// bare takes parentheses away that enclose the whole.
func bare(tokens []token) []token {
	for len(tokens) > 0 && is(tokens[0], "(") && tokens[0].mate == len(tokens)-1 {
		tokens = tokens[1 : len(tokens)-1]
	}
	return tokens
}

// conjuncts are what AND joins, also within parentheses.
func conjuncts(tokens []token, depth int) [][]token {
	tokens = bare(tokens)
	if depth == maxNesting {
		return [][]token{tokens}
	}
	parts := divide(tokens, "and")
	if len(parts) == 1 || len(divide(tokens, "or")) > 1 {
		return [][]token{tokens}
	}
	var all [][]token
	for _, part := range parts {
		all = append(all, conjuncts(part, depth+1)...)
	}
	return all
}

// divide splits at a keyword that is in no parentheses; the AND of BETWEEN is none.
func divide(tokens []token, keyword string) [][]token {
	var parts [][]token
	depth, from, between := 0, 0, false
	for i, t := range tokens {
		switch {
		case is(t, "(", "["), is(t, "case"):
			depth++
		case is(t, ")", "]"), is(t, "end"):
			depth--
		case depth != 0:
		case is(t, "between"):
			between = true
		case is(t, "and") && between:
			between = false
		case is(t, keyword):
			parts = append(parts, tokens[from:i])
			from = i + 1
		}
	}
	return append(parts, tokens[from:])
}

// simple reads one of the forms of [Check]: a column with a comparison, which may be true of null besides.
func simple(tokens []token) (Check, bool) {
	tokens = bare(tokens)
	if parts := divide(tokens, "or"); len(parts) == 2 {
		return orNull(parts[0], parts[1])
	}
	c := &cursor{tokens: tokens}
	if literal, ok := value(c); ok { // 0 < amount
		operator := c.peek(0)
		c.next()
		column, ok := columnOf(c)
		if !ok || !c.done() {
			return Check{}, false
		}
		return compare(column, mirrored(operator.text), literal)
	}
	column, ok := columnOf(c)
	if !ok {
		return Check{}, false
	}
	check, ok := comparison(column, c)
	return check, ok && c.done()
}

// orNull reads x IS NULL OR x = ...: a condition that is about the same column is true of null anyway.
func orNull(a, b []token) (Check, bool) {
	for _, order := range [2][2][]token{{a, b}, {b, a}} {
		c := &cursor{tokens: bare(order[0])}
		if column, ok := columnOf(c); ok && c.take("is", "null") && c.done() {
			check, ok := simple(order[1])
			return check, ok && check.Column == column
		}
	}
	return Check{}, false
}

// columnOf reads a column, also in parentheses or with its table.
func columnOf(c *cursor) (string, bool) {
	start := c.at
	if inside := c.group(); inside != nil {
		name, ok := columnOf(inside)
		if !ok || !inside.done() {
			c.at = start
			return "", false
		}
		return name, true
	}
	_, name, ok := c.name()
	if !ok || c.is("(") || strings.HasPrefix(name, "@") {
		c.at = start
		return "", false
	}
	return name, true
}

// comparison reads what follows a column.
func comparison(column string, c *cursor) (Check, bool) {
	switch {
	case c.take("in"):
		values, ok := valuesOf(c.group())
		return Check{Column: column, In: values}, ok
	case c.take("=", "any"), c.take("=", "some"):
		list := c.group()
		if list == nil {
			return Check{}, false
		}
		list = &cursor{tokens: bare(list.tokens)}
		if !list.take("array", "[") || !is(list.peek(len(list.tokens)-list.at-1), "]") {
			return Check{}, false
		}
		values, ok := valuesOf(&cursor{tokens: list.tokens[list.at : len(list.tokens)-1]})
		return Check{Column: column, In: values}, ok
	case c.take("between"):
		low, okLow := value(c)
		joined := c.take("and")
		high, okHigh := value(c)
		from, isFrom := bound(low)
		to, isTo := bound(high)
		return Check{Column: column, Low: from, High: to}, okLow && joined && okHigh && isFrom && isTo
	}
	operator := c.peek(0)
	c.next()
	if literal, ok := value(c); ok {
		return compare(column, operator.text, literal)
	}
	other, ok := columnOf(c)
	return Check{Column: column, Differs: other}, ok && is(operator, "<>", "!=") && other != column
}

// compare is a column beside a literal.
func compare(column, operator string, v Value) (Check, bool) {
	check := Check{Column: column}
	limit, isNumber := bound(v)
	switch operator {
	case "=", "==":
		check.In = []Value{v}
		return check, true
	case "<>", "!=":
		check.Not = &v
		return check, true
	case ">", ">=":
		check.Low = limit
	case "<", "<=":
		check.High = limit
	default:
		return check, false
	}
	if isNumber {
		limit.Open = len(operator) == 1
	}
	return check, isNumber
}

// mirrored is the operator with its sides changed.
func mirrored(operator string) string {
	switch operator {
	case "<", "<=":
		return strings.Replace(operator, "<", ">", 1)
	case ">", ">=":
		return strings.Replace(operator, ">", "<", 1)
	}
	return operator
}

// valuesOf reads a list of literals of one kind.
func valuesOf(c *cursor) ([]Value, bool) {
	if c == nil {
		return nil, false
	}
	var values []Value
	for _, part := range c.split() {
		v, ok := value(part)
		if !ok || !part.done() || len(values) == MaxValues || len(values) > 0 && values[0].Number != v.Number {
			return nil, false
		}
		values = append(values, v)
	}
	return values, true
}

// value reads a literal, also in parentheses, with its sign.
func value(c *cursor) (Value, bool) {
	start := c.at
	negative := c.take("-")
	t := c.peek(0)
	switch {
	case t.kind == numberToken:
		c.next()
		if f, err := strconv.ParseFloat(t.text, 64); err == nil && !math.IsInf(f, 0) {
			if negative {
				t.text = "-" + t.text
			}
			return Value{Number: true, Text: t.text}, true
		}
	case t.kind == textToken && !negative:
		c.next()
		return Value{Text: t.text}, true
	case is(t, "(") && !negative:
		inside := c.group()
		if inside == nil {
			break
		}
		if v, ok := value(inside); ok && inside.done() {
			return v, true
		}
	}
	c.at = start
	return Value{}, false
}

// bound is a number as a limit.
func bound(v Value) (*Bound, bool) {
	if !v.Number {
		return nil, false
	}
	f, err := strconv.ParseFloat(v.Text, 64)
	return &Bound{Value: f}, err == nil && !math.IsInf(f, 0) && !math.IsNaN(f)
}

// oneLine makes one line of a text for people.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
