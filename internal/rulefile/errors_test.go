package rulefile

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rules is a file whose rules are the given lines, which begin at line 3.
func rules(lines ...string) string {
	return "version: 1\ninvariants:\n" + strings.Join(lines, "\n") + "\n"
}

// rule is a file with one rule, r1, whose other lines begin at line 4 and column 5.
func rule(lines ...string) string {
	return rules("  - id: r1\n    " + strings.Join(lines, "\n    "))
}

// good is a rule with one more line, the sixth.
func good(line string) string {
	return rule("api: '*'", "check: a", line)
}

// badFile is a file and its errors without the path; bySchema is whether the schema finds it bad, too.
type badFile struct {
	content  string
	errors   []string
	bySchema bool
}

var badFiles = []badFile{
	// The file.
	{"[]", []string{`1:1: the file is a list: write version: 1 and invariants: with a list of rules`}, true},
	{"x", []string{`1:1: the file is the text "x": write version: 1 and invariants: with a list of rules`}, true},
	{"{}", []string{
		`1:1: version is missing: write version: 1`,
		`1:1: invariants is missing: write the list of rules, or [] if there are none`,
	}, true},
	{"version: 2\ninvariants: 5", []string{`1:10: version is 2: this Spanwarden reads version 1`}, true},
	{"version: \"1\"\ninvariants: []", []string{`1:10: version is the text "1": write version: 1`}, true},
	{"version: 1.0\ninvariants: []", []string{`1:10: version is the number 1.0: write version: 1`}, false},
	{"invariants: []", []string{`1:1: version is missing: write version: 1`}, true},
	{"version: 1\n", []string{`1:1: invariants is missing: write the list of rules, or [] if there are none`}, true},
	{"version: 1\ninvariants:\n", []string{`2:12: invariants is empty: write a list of rules, or [] if there are none`}, true},
	{"version: 1\ninvariants: {}", []string{`2:13: invariants is a mapping: write a list of rules, or [] if there are none`}, true},
	{"version: 1\ninvariant: []", []string{
		`2:1: there is no key "invariant": did you mean invariants?`,
		`1:1: invariants is missing: write the list of rules, or [] if there are none`,
	}, true},
	{"version: 1\ninvariants: []\nzzz: 3", []string{`3:1: there is no key "zzz": there are version, references and invariants`}, true},
	{"version: 1\nversion: 1\ninvariants: []", []string{`2:1: version is there twice: take one out`}, false},

	// Rules.
	{rules("  - 5", "  - []", "  -"), []string{
		`3:5: invariants[0] is the number 5: write a rule with id, api and check`,
		`4:5: invariants[1] is a list: write a rule with id, api and check`,
		`5:4: invariants[2] is empty: write a rule with id, api and check`,
	}, true},
	{rules("  - {}"), []string{
		`3:5: id is missing: give the rule a name, such as order-read-by-its-owner`,
		`3:5: api is missing: write a method and a route, such as GET /orders/{id}, or "*" for every API`,
		`3:5: check is missing: write the expression that must hold`,
	}, true},
	{rule("api: '*'", "chekc: a"), []string{
		`5:5: rule r1: there is no key "chekc": did you mean check?`,
		`3:5: rule r1: check is missing: write the expression that must hold`,
	}, true},
	{good("severity: high"), []string{
		`6:5: rule r1: there is no key "severity": there are id, kind, service, api, when, check, message, support and disabled`,
	}, true},
	{good("check: b"), []string{`6:5: rule r1: check is there twice: take one out`}, false},
	{good("<<: {a: b}"), []string{
		`6:5: rule r1: merge keys (<<) are not read: repeat the keys, with aliases of single values where they are long`,
	}, true},
	{good("? [a]\n    : b"), []string{`6:7: rule r1: a key is a list: write a word`}, false},

	// Ids.
	{rules("  - {id: a b, api: '*', check: a}"), []string{
		`3:10: id: "a b" has more than letters, digits and, from the second character on, . _ -: write for example order-read-by-its-owner`,
	}, true},
	{rules("  - {id: -a, api: '*', check: a}"), []string{
		`3:10: id: "-a" has more than letters, digits and, from the second character on, . _ -: write for example order-read-by-its-owner`,
	}, true},
	{rules("  - {id: " + strings.Repeat("a", 101) + ", api: '*', check: a}"), []string{`3:10: id has 101 bytes: 100 are the most`}, true},
	{rules("  - {id: 1.10, api: '*', check: a}"), []string{`3:10: rule 1.10: id is the number 1.10: put it in quotes`}, true},
	{rules("  - {id: a, api: '*', check: a}", "  - {id: a, api: '*', check: b}"), []string{
		`4:10: rule a: id is taken by the rule of line 3: give every rule its own`,
	}, false},

	// APIs.
	{rule("api: GET orders", "check: a"), []string{
		`4:10: rule r1: api: "GET orders" has no leading slash: write it as GET /orders`,
	}, true},
	{rule("api: GET https://shop/orders?a=b", "check: a"), []string{
		`4:10: rule r1: api: "GET https://shop/orders?a=b" has no leading slash: write it as GET /orders`,
	}, true},
	{rule("api: GTE /orders", "check: a"), []string{
		`4:10: rule r1: api: "GTE /orders" has the unknown method "GTE": did you mean GET?`,
	}, true},
	{rule("api: XYZZY /a", "check: a"), []string{
		`4:10: rule r1: api: "XYZZY /a" has the unknown method "XYZZY": there are GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, ` +
			`PATCH, QUERY, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, UNLOCK, REPORT, SEARCH, ACL and _OTHER`,
	}, true},
	{rule("api: GET|*|PUT /a", "check: a"), []string{
		`4:10: rule r1: api: "GET|*|PUT /a" has a * among its methods: write either * alone or the methods`,
	}, true},
	{rule("api: GET| /a", "check: a"), []string{
		`4:10: rule r1: api: "GET| /a" has an empty method: write one on each side of |`,
	}, true},
	{rule("api: /orders", "check: a"), []string{
		`4:10: rule r1: api: "/orders" has no method: write it as GET /orders, or as * /orders for every method`,
	}, true},
	{rule("api: GET", "check: a"), []string{
		`4:10: rule r1: api: "GET" has no route: write it as GET /orders/{id}, or as GET * for every route`,
	}, true},
	{rule("api: GET /orders?a=b", "check: a"), []string{
		`4:10: rule r1: api: "GET /orders?a=b" has a query: a route ends before the ?`,
	}, false},
	{rule("api: GET /a GET /b", "check: a"), []string{
		`4:10: rule r1: api: "GET /a GET /b" has a space in its route: write several APIs as a list`,
	}, false},
	{rule("api: GET /a/{id", "check: a"), []string{
		`4:10: rule r1: api: "GET /a/{id" has a { without its }, or the other way round: write parameters as {id}`,
	}, false},
	{rule("api: GET /a/**/b", "check: a"), []string{
		`4:10: rule r1: api: "GET /a/**/b" has a ** that is not the last segment: only a trailing /** matches the rest`,
	}, false},
	{rule("api: GET /"+strings.Repeat("a", 200), "check: a"), []string{
		`4:10: rule r1: api: "GET /` + strings.Repeat("a", 55) + `"… has a route of 201 bytes: routes are cut after 200`,
	}, false},
	{rule(`api: "GET /a\x01"`, "check: a"), []string{
		`4:10: rule r1: api: "GET /a\x01" has a control character or a byte that is no text in it: take it out`,
	}, false},
	{rule("api: []", "check: a"), []string{
		`4:10: rule r1: api is an empty list: write a text such as GET /orders/{id}, or a list of them`,
	}, true},
	{rule("api: [GET /a, 5, GET /a, get /a]", "check: a"), []string{
		`4:19: rule r1: api[1] is the number 5: put it in quotes`,
		`4:22: rule r1: api[2]: "GET /a" is there twice: take one out`,
		`4:30: rule r1: api[3]: "GET /a" is there twice: take one out`,
	}, true},
	{rule("api: {a: b}", "check: a"), []string{`4:10: rule r1: api is a mapping: write a text such as GET /orders/{id}`}, true},

	// Expressions.
	{rule("api: ''", "check:"), []string{
		`4:10: rule r1: api is empty: write a text such as GET /orders/{id}`,
		`5:11: rule r1: check is empty: write an expression, such as resp.status == 200`,
	}, true},
	{rule("api: '*'", "check: ' '"), []string{
		`5:12: rule r1: check is empty: write an expression, such as resp.status == 200`,
	}, true},
	{rule("api: '*'", "check: true"), []string{`5:12: rule r1: check is the truth value true: put it in quotes`}, true},
	{rule("api: '*'", "check: [a, b]"), []string{
		`5:12: rule r1: check is a list: write an expression, such as resp.status == 200`,
	}, true},
	{rule("api: '*'", "check: "+strings.Repeat("x", MaxExpressionBytes+1)), []string{
		`5:12: rule r1: check has 16385 bytes: 16384 are the most`,
	}, true},
	{rule("api: '*'", "check: !has(x)"), []string{
		`5:12: rule r1: check begins with !, which YAML takes for a tag: put the value in quotes or behind |`,
	}, false},
	{rule("api: '*'", "check: ! has(x)"), []string{
		`5:12: rule r1: check begins with !, which YAML takes for a tag: put the value in quotes or behind |`,
	}, false},
	{rule("api: '*'", "check: &a ! has(x)"), []string{
		`5:12: rule r1: check begins with !, which YAML takes for a tag: put the value in quotes or behind |`,
	}, false},
	{rule("api: '*'", `check: a == "x #y"`), []string{
		`5:12: rule r1: check is cut at a #, which begins a comment: put the value in quotes or behind |`,
	}, false},

	// The other keys.
	{good("kind: dtabase"), []string{`6:11: rule r1: kind: there is no kind "dtabase": did you mean database?`}, true},
	{good("kind: whatever"), []string{
		`6:11: rule r1: kind: there is no kind "whatever": there are common-sense, format, database, environment, related-API and novelty`,
	}, true},
	{good("service: []"), []string{`6:14: rule r1: service is an empty list: write a name or a list of names`}, true},
	{good("service: [a, a]"), []string{`6:18: rule r1: service[1]: the service "a" is there twice: take one out`}, true},
	{good("service: " + strings.Repeat("a", 251)), []string{`6:14: rule r1: service has 251 bytes: 250 are the most`}, true},
	{good("service: [" + strings.Repeat("a,", 1001) + "]"), []string{`6:14: rule r1: service has 1001 items: 1000 are the most`}, true},
	{good("message: |\n      a\n      b"), []string{
		`6:14: rule r1: message has a line break or another control character: write one line`,
	}, false},
	{good("message: " + strings.Repeat("x", 501)), []string{`6:14: rule r1: message has 501 bytes: 500 are the most`}, true},
	{good("disabled: yes"), []string{`6:15: rule r1: disabled is the text "yes": write true or false`}, true},
	{good("disabled:"), []string{`6:14: rule r1: disabled is empty: write true or false`}, true},
	{good("support: 5"), []string{`6:14: rule r1: support is the number 5: write a mapping, such as {calls: 432}`}, true},
	{good("support: {a: 1, a: 2, b: !z 3, ? [a] : b}"), []string{
		`6:21: rule r1: support has "a" twice: take one out`,
		`6:30: rule r1: support has a value that begins with !, which YAML takes for a tag: put it in quotes`,
		`6:38: rule r1: support has a key that is a list: write a word`,
	}, false},
	{good("support: &a {b: *a}"), []string{`6:14: rule r1: support has more than 32 levels: make it flatter`}, false},
}

// noYAML are files that are no YAML, or not one document of it.
var noYAML = []struct{ content, problem string }{
	{"", `1:1: the file is empty: write version: 1 and invariants: []`},
	{"# nothing\n", `1:1: the file is empty: write version: 1 and invariants: []`},
	{"---\n", `1:1: the file is empty: write version: 1 and invariants: []`},
	{"null", `1:1: the file is empty: write version: 1 and invariants: []`},
	{
		"version: 1\ninvariants: []\n---\na: b\n",
		`3:1: a second YAML document begins here: write all rules below one invariants, without ---`,
	},
	{"a: \x00", `1:4: U+0000 is a control character, which YAML does not allow: take it out, or write it as an escape in double quotes`},
	{
		"# é: \u2028",
		`1:6: U+2028 is a line break to YAML and not to every editor: take it out, or write it as an escape in double quotes`,
	},
	{"a: \xff", `1:4: the file is not UTF-8: save it as UTF-8`},
	{"\xff\xfea\x00", `1:1: the file is not UTF-8: save it as UTF-8`},

	// What expressions invite.
	{
		rule("check: a ? b : c", "api: '*'"),
		`4:12: the value has a colon and a space in it, which make a key for YAML: put the whole value in quotes or behind |`,
	},
	{rule(`check: "a" == b`, "api: '*'"), `4:12: the value goes on behind its closing quote: put the whole value in quotes or behind |`},
	{rule(`check: 'it''s' == b # c`), `4:12: the value goes on behind its closing quote: put the whole value in quotes or behind |`},
	{
		rule("api: '*'", "check: [a].all(b)"),
		`5:12: the value goes on behind what its [ begins, a list or mapping: put the whole value in quotes or behind |`,
	},
	{rule("check: a", "api: *"), `5:10: the value begins with *, which means something else to YAML: put the whole value in quotes or behind |`},
	{
		rule("check: a", "api:", "  - * /orders"),
		`6:9: the value begins with *, which means something else to YAML: put the whole value in quotes or behind |`,
	},
	{
		rule("api: [GET /orders/{id}, PUT /orders/{id}]", "check: a"),
		`4:10: the { of a route in [ ] or { } begins a mapping for YAML: put the route in quotes, or write a list with a - before each item ` +
			`on a line of its own`,
	},
	{
		rules("  - {id: r1, check: a, api: GET /orders/{id}}"),
		`3:5: the { of a route in [ ] or { } begins a mapping for YAML: put the route in quotes, or write a list with a - before each item ` +
			`on a line of its own`,
	},
	{rule("check: a", "api: *foo"), `5:10: no anchor &foo stands before this alias: if the * is text, put the value in quotes`},
	{
		rule(`check: x.matches("\d")`, `when: "^\d+$"`),
		`5:11: the value has a \ in double quotes that begins no escape of YAML: write \\, or put the value in single quotes or behind |`,
	},
	{rule("check: 'abc", "api: foo"), `4:12: the quote that opens here is never closed: close it, or put the value behind |`},
	{rule("check", "api: foo"), `4:5: a colon is missing: write check: and the value`},
	{rule("check:a", "api: foo"), `4:5: a space is missing behind the colon: write check: and the value`},
	{rules("  - id: x", "\tcheck: a"), `4:1: a tab indents this line: YAML takes spaces only`},
	{"version: 1\ninvariants:\n\t- id: x\n", `3:1: a tab indents this line: YAML takes spaces only`},
	{
		rules("  - id: w", "    check: >", "      a", "  - id: x", "   check: abc"),
		`7:4: this is no YAML (did not find expected '-' indicator): see to the indentation, and put values that have : or # or quotes in ` +
			`them in quotes or behind |`,
	},
}

func TestErrorsSayWhatIsWrongWhereAndTheMend(t *testing.T) {
	for _, bad := range slices.Concat(badFiles, badReferences) {
		assertErrors(t, bad.content, bad.errors)
	}
	for _, bad := range noYAML {
		assertErrors(t, bad.content, []string{bad.problem})
	}
}

func assertErrors(t *testing.T, content string, problems []string) {
	t.Helper()
	_, err := Parse("f.yaml", []byte(content))
	require.Error(t, err, content)
	var lines []string
	for _, e := range each(t, err) {
		lines = append(lines, strings.TrimPrefix(e.Error(), "f.yaml:"))
	}
	assert.Equal(t, problems, lines, content)
}

// each returns the errors that are joined.
func each(t *testing.T, err error) []*Error {
	t.Helper()
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "%T", err)
	var all []*Error
	for _, one := range joined.Unwrap() {
		var e *Error
		require.ErrorAs(t, one, &e)
		all = append(all, e)
	}
	return all
}

func TestFiftyErrorsAreEnough(t *testing.T) {
	_, err := Parse("f.yaml", []byte(rules(strings.Repeat("  - {}\n", 100))))
	assert.Len(t, each(t, err), MaxErrors)
}

func TestAFileIsBounded(t *testing.T) {
	for name, test := range map[string]struct{ content, problem string }{
		"bytes": {strings.Repeat("#", MaxFileBytes+1), "f.yaml: the file has more than 16 MiB: split it"},
		"rules": {
			rules(strings.Repeat("  - 1\n", MaxRules+1)),
			"f.yaml:10003:5: invariants has 10001 rules: a file has at most 10000",
		},
		"separators": {
			"[" + strings.Repeat(",", 2*maxNodes),
			"f.yaml:1:1000001: the file has more than 1000000 line breaks, commas, colons, dashes and brackets: split it",
		},
		"aliases": {
			good("support: &f\n      a: &a [1,1,1,1,1,1,1,1,1,1]\n      b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n" +
				"      c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n      d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n" +
				"      e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n      f: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"),
			"f.yaml:7:14: rule r1: the file has more than 1000000 values with all aliases written out: split it",
		},
		"depth": {
			good("support: {a: " + strings.Repeat("[", 40) + strings.Repeat("]", 40) + "}"),
			"f.yaml:6:50: rule r1: support has more than 32 levels: make it flatter",
		},
	} {
		_, err := Parse("f.yaml", []byte(test.content))
		assert.EqualError(t, err, test.problem, name)
	}
}

func TestALongLineTakesNoLongerThanManyLines(t *testing.T) {
	const count = 5000
	var content strings.Builder
	content.WriteString("{version: 1, invariants: [")
	for i := range count {
		content.WriteString(`{id: "` + strconv.Itoa(i) + `", api: GET /é, check: &c` + strconv.Itoa(i) + ` a == b}, `)
	}
	content.WriteString("]}")
	f, err := Parse("f.yaml", []byte(content.String()))
	require.NoError(t, err)
	for _, r := range f.Rules {
		_, column := r.Check.At(1, 3)
		assert.Equal(t, "== b", string([]rune(content.String())[column-1:column+3]))
	}
}

func TestErrorsOfAFileThatCannotBeReadNameIt(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing.yaml")
	_, err := Load(missing)
	assert.ErrorIs(t, err, os.ErrNotExist)
	assert.ErrorContains(t, err, missing)

	_, err = Load(filepath.Dir(missing))
	assert.ErrorContains(t, err, filepath.Dir(missing))

	bad := filepath.Join(filepath.Dir(missing), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte("version: 3"), 0o600))
	_, err = Load(bad)
	assert.EqualError(t, err, bad+":1:10: version is 3: this Spanwarden reads version 1")
	var e *Error
	require.ErrorAs(t, err, &e)
	assert.Equal(t, Error{Path: bad, Line: 1, Column: 10, Key: "version", Problem: "is 3: this Spanwarden reads version 1"}, *e)
}

func TestAProblemThatOthersFindIsWhereItStands(t *testing.T) {
	f, err := Parse("f.yaml", []byte(rule("api: GET /orders", "check: |", "  a &&", "  b")))
	require.NoError(t, err)
	r := &f.Rules[0]
	assert.EqualError(t, r.Problem("check", 2, 1, "there is no b: declare it"), "f.yaml:7:7: rule r1: check: there is no b: declare it")
	assert.EqualError(t, r.Problem("api", 0, 0, "is taken"), "f.yaml:3:5: rule r1: api is taken")

	f, err = FromMaps("rules", []map[string]any{{"id": "a", "api": "*", "check": "a"}})
	require.NoError(t, err)
	assert.EqualError(t, f.Rules[0].Problem("check", 1, 1, "there is no a"), "rules[0]:1:1: rule a: check: there is no a")
}

// To open a pipe takes as long as nobody writes to it.
func TestWhatIsNoFileIsNotOpened(t *testing.T) {
	_, err := Load(t.TempDir())
	assert.ErrorContains(t, err, "is no file: name one that holds the rules")
}
