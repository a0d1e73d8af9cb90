package invariant

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// writer writes expressions, and calls that have what these ask for.
type writer struct {
	*rapid.T
	variables []string // of the macros around
	// names and values that bodies have besides those that are always there
	names, values []string
}

// writerFor writes what a rule asks for.
func writerFor(t *rapid.T, r *Rule) *writer {
	text := r.Check
	if r.when != nil {
		text += " " + r.when.source.Text
	}
	return &writer{T: t, names: namesIn.FindAllString(text, -1), values: valuesIn.FindAllString(text, -1)}
}

var (
	namesIn  = regexp.MustCompile(`\b[a-zA-Z_]\w*`)
	valuesIn = regexp.MustCompile(`"[^"\\]*"|\b\d+`)
)

func (w *writer) one(of ...string) string { return rapid.SampledFrom(of).Draw(w.T, "one") }

func (w *writer) word() string { return w.one("a", "b", "id", "items", "price", "7", "42", "") }

func (w *writer) name() string {
	if len(w.names) > 0 {
		return w.one(w.names...)
	}
	return w.one("a", "b", "id", "items", "price")
}

// test writes what is true or false, mostly.
func (w *writer) test(depth int) string {
	if depth == 0 {
		return w.one("true", "false", "has("+w.path()+"."+w.name()+")", w.path(), `call.status == 200`)
	}
	switch rapid.IntRange(0, 15).Draw(w.T, "test") {
	case 0:
		return "(" + w.test(depth-1) + " && " + w.test(depth-1) + ")"
	case 1:
		return "(" + w.test(depth-1) + " || " + w.test(depth-1) + ")"
	case 2:
		return "!(" + w.test(depth-1) + ")"
	case 3:
		return "(" + w.test(depth-1) + " ? " + w.test(depth-1) + " : " + w.test(depth-1) + ")"
	case 4, 5:
		return w.term(depth-1) + w.one(" == ", " != ") + w.term(depth-1)
	case 6:
		return w.term(depth-1) + w.one(" < ", " <= ", " > ", " >= ") + w.term(depth-1)
	case 7:
		return "same(" + w.term(depth-1) + ", " + w.term(depth-1) + ")"
	case 8:
		return w.term(depth-1) + " in " + w.one(w.term(depth-1), `["a", "b"]`, `[1, 2, 42]`, `[1, "a", null]`, `["1", "2", "3", "4", "5", "6", "7", "8", "a"]`, "[1, 2, 3, 4, 5, 6, 7, 8, 42]", "[]", "["+w.path()+", 1]")
	case 9:
		return "type(" + w.term(depth-1) + ")" + w.one(" == ", " != ") + w.one("int", "uint", "double", "bool", "string", "list", "map", "null_type")
	case 10:
		return w.one("isUUID", "isDate", "isEmail") + "(" + w.term(depth-1) + ")"
	case 11:
		return w.term(0) + "." + w.one(`matches("^[a-z0-9]+$")`, `matches("^[^b]*$")`, `matches("a|4")`, `startsWith("a")`, `endsWith("2")`, `contains("b")`, "contains("+w.path()+")")
	case 12:
		return "has(" + w.path() + "." + w.name() + ")"
	case 13:
		return w.one("shown(\"orders\", "+w.term(depth-1)+")", `has(row("orders", `+w.term(0)+`).price)`, `has(earlier("POST /orders/list").resp.body.`+w.name()+`)`)
	}
	over := w.one(w.path(), w.path(), "db", "db.complete", "calls", "calls.complete", "req.body", "req.body.items", "req.query", "req.header", "req.path", "env.user.roles", `["a", 1]`)
	variable := fmt.Sprint("x", len(w.variables))
	inside := &writer{T: w.T, variables: append(slices.Clip(w.variables), variable)}
	return over + "." + w.one("all", "exists", "exists_one") + "(" + variable + ", " + inside.test(depth-1) + ")"
}

// term writes any value.
func (w *writer) term(depth int) string {
	if depth > 0 {
		switch rapid.IntRange(0, 12).Draw(w.T, "term") {
		case 0:
			return "size(" + w.term(depth-1) + ")"
		case 1:
			return "day(" + w.one(w.term(depth-1), "call.start") + ")"
		case 2:
			return "(" + w.test(depth-1) + " ? " + w.term(depth-1) + " : " + w.term(depth-1) + ")"
		case 3:
			return w.path() + "[" + w.term(depth-1) + "]"
		case 4:
			return `row("orders", ` + w.term(depth-1) + `).` + w.one("price", "status", "seen", "owner", "items")
		case 5:
			return `row("lines", [` + w.term(depth-1) + `, 1]).amount`
		case 6:
			return `earlier("POST /orders/list").` + w.one("resp.body.a", "req.path.id", "call.start", "resp.status", "env.user.id")
		case 7:
			return "(" + w.test(depth-1) + ")"
		case 8:
			return w.one("int", "double", "string", "uint") + "(" + w.term(depth-1) + ")"
		case 9:
			return w.path() + w.one(".lowerAscii()", ".upperAscii()", ".trim()")
		}
	}
	return w.one(w.path(), w.path(), w.path(), "1", "-2", "42", "2.5", "42.0", "7u", `"a"`, `"7"`, `"42"`, `""`, "null", "true", `"2026-01-02"`)
}

// path writes something that a call may have.
func (w *writer) path() string {
	roots := []string{
		"req.body", "req.body", "req.body", "resp.body", "req.path", "req.query", "req.header", "env.user", "env.session", "env.client", "call", "resp",
		"db[0]", "db[0].where", "calls[0].req.body", "calls[0]",
	}
	for _, v := range w.variables {
		roots = append(roots, v, v, v+".where", v+".set", v+".req.body", v+".resp.body")
	}
	path := w.one(roots...)
	switch path {
	case "call", "calls[0]":
		return path + "." + w.one("status", "method", "route", "path", "service", "start", "client", "peer", "user_agent", "duration")
	case "resp":
		return "resp.status"
	case "env.user":
		return path + "." + w.one("id", "roles")
	case "env.session":
		return path + ".id"
	case "env.client":
		return path + ".address"
	case "db[0]":
		return path + "." + w.one("op", "table", "tables", "skeleton", "rows", "system")
	}
	if len(w.variables) > 0 && path == w.variables[len(w.variables)-1] {
		return path + w.one("", "", "."+w.name(), ".op", ".table", ".route", ".status", "."+w.name()+"."+w.name())
	}
	steps := []string{path}
	for range rapid.IntRange(0, 2).Draw(w.T, "fields") {
		steps = append(steps, w.one("."+w.name(), "."+w.name(), "[0]", `["`+w.name()+`"]`))
	}
	return strings.Join(steps, "")
}

// json writes a value of a body.
func (w *writer) json(depth int) string {
	if depth > 0 {
		switch rapid.IntRange(0, 5).Draw(w.T, "kind") {
		case 0:
			return "[" + w.json(depth-1) + "," + w.json(depth-1) + "]"
		case 1, 2, 3:
			var members []string
			for range 3 + len(w.names)/2 {
				members = append(members, `"`+w.name()+`":`+w.json(depth-1))
			}
			return "{" + strings.Join(members, ",") + "}"
		}
	}
	if len(w.values) > 0 && rapid.Bool().Draw(w.T, "of the rule") {
		return w.one(w.values...)
	}
	return w.one(
		"1", "42", "2.5", "42.0", "-2", "18446744073709551615", "123456789012345678901234567890", "7", `"a"`, `"b"`, `"7"`, `"42"`, `""`, `"größe"`, `"2026-01-02"`,
		`"2026-01-02T03:04:05Z"`, `"6ba7b810-9dad-11d1-80b4-00c04fd430c8"`, `"a@b.cd"`, "null", "true", "false", "[]", "{}", "[1]",
	)
}

// scene makes a call.
func (w *writer) scene() *scene {
	s := order()
	maybe := func(key string, value func() string) {
		if rapid.IntRange(0, 9).Draw(w.T, "has") > 0 {
			s.with(key, value())
		}
	}
	body := func() string { return w.one(w.json(3), w.json(3), w.json(3), `{"a": `, "") }
	maybe(requestBodyAttribute, body)
	maybe(responseBodyAttribute, body)
	maybe("url.query", func() string { return w.one("a=1&b=x&a=2", "id=42", "") })
	maybe("http.request.header.content-type", func() string { return w.one("application/json", "text/plain") })
	s.path = w.one("/orders/42", "/orders/a", "/orders/")
	for range rapid.IntRange(0, 2).Draw(w.T, "statements") {
		s.ran(w.one(
			`SELECT a FROM orders WHERE id = $1 AND a = 42`, `UPDATE items SET a = 1, b = 'b' WHERE price > 2`, `INSERT INTO orders (id, a) VALUES (42, $1)`,
			`SELECT a FROM items WHERE a IN (1, 2)`, `SELECT a FROM items WHERE a = ?`, `DELETE FROM`,
		), w.word())
	}
	for range rapid.IntRange(0, 2).Draw(w.T, "calls") {
		s.called(stock().with(requestBodyAttribute, body()).with(responseBodyAttribute, body()))
	}
	s.around.StatementsOpen = s.around.StatementsOpen || rapid.Bool().Draw(w.T, "open")
	s.around.CallsOpen = s.around.CallsOpen || rapid.Bool().Draw(w.T, "open")
	s.around.Untraced = rapid.IntRange(0, 9).Draw(w.T, "untraced") == 0
	return s
}
