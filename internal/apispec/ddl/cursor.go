package ddl

import "slices"

// cursor goes through the tokens of a statement, or of a part of one. Behind the end there are tokens without kind.
type cursor struct {
	tokens []token
	at     int
}

func (c *cursor) done() bool { return c.at >= len(c.tokens) }

func (c *cursor) peek(n int) token {
	if i := c.at + n; i >= 0 && i < len(c.tokens) {
		return c.tokens[i]
	}
	return token{}
}

func (c *cursor) next() {
	if !c.done() {
		c.at++
	}
}

// is: the next token is one of these keywords or marks.
func (c *cursor) is(texts ...string) bool { return is(c.peek(0), texts...) }

func is(t token, texts ...string) bool {
	return (t.kind == wordToken || t.kind == markToken) && slices.Contains(texts, t.text)
}

// take goes over these keywords and marks if all of them come next.
func (c *cursor) take(texts ...string) bool {
	for i, text := range texts {
		if !is(c.peek(i), text) {
			return false
		}
	}
	c.at += len(texts)
	return true
}

// skip goes over any of these keywords and marks.
func (c *cursor) skip(texts ...string) {
	for c.is(texts...) {
		c.at++
	}
}

// name reads a name with its schema; more than one part before the name is a database, which is left out.
func (c *cursor) name() (schema, name string, ok bool) {
	for {
		t := c.peek(0)
		if !isName(t) {
			return schema, name, false
		}
		c.at++
		schema, name = name, t.text
		if !c.take(".") {
			return schema, name, true
		}
	}
}

// column reads a name without a schema.
func (c *cursor) column() (string, bool) {
	t := c.peek(0)
	if !isName(t) {
		return "", false
	}
	c.at++
	return t.text, true
}

func isName(t token) bool { return t.kind == wordToken || t.kind == nameToken && t.text != "" }

// group returns what the parentheses that open here enclose, and goes behind them. It is nil if none open, or are never
// closed.
func (c *cursor) group() *cursor {
	t := c.peek(0)
	if !is(t, "(") || t.mate == 0 || c.at+t.mate >= len(c.tokens) {
		return nil
	}
	inside := &cursor{tokens: c.tokens[c.at+1 : c.at+t.mate]}
	c.at += t.mate + 1
	return inside
}

// match finds the parenthesis that closes each one that opens.
func match(tokens []token) {
	var open []int
	for i := range tokens {
		tokens[i].mate = 0
		switch t := tokens[i]; {
		case is(t, "("):
			open = append(open, i)
		case is(t, ")") && len(open) > 0:
			last := open[len(open)-1]
			tokens[last].mate = i - last
			open = open[:len(open)-1]
		}
	}
}

// split returns the parts between the commas that are in no parentheses or brackets.
func (c *cursor) split() []*cursor {
	var parts []*cursor
	depth, from := 0, c.at
	for i := c.at; i < len(c.tokens); i++ {
		switch t := c.tokens[i]; {
		case is(t, "(", "["):
			depth++
		case is(t, ")", "]"):
			depth--
		case is(t, ",") && depth == 0:
			parts = append(parts, &cursor{tokens: c.tokens[from:i]})
			from = i + 1
		}
	}
	return append(parts, &cursor{tokens: c.tokens[from:]})
}

// columns reads (a, b(10), c DESC): columns of a key. It is false if something else than columns is among them.
func (c *cursor) columns() ([]string, bool) {
	inside := c.group()
	if inside == nil {
		return nil, false
	}
	var names []string
	for _, part := range inside.split() {
		name, ok := part.column()
		part.group() // the length of a prefix
		part.skip("asc", "desc", "nulls", "first", "last")
		if !ok || !part.done() {
			return nil, false
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names, true
}
