package rulefile

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// references is a file without rules whose references are the given lines, which begin at line 4.
func references(lines ...string) string {
	return "version: 1\ninvariants: []\nreferences:\n" + strings.Join(lines, "\n") + "\n"
}

// from is a file with one reference, r1, whose source begins at line 6 and column 9.
func from(lines ...string) string {
	return references("  - name: r1\n    from:\n      - " + strings.Join(lines, "\n        "))
}

const manyFields = "f%d: id, "

func fields(from, to int) (list string) {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, manyFields, i)
	}
	return "fields: {" + strings.TrimSuffix(b.String(), ", ") + "}"
}

var badReferences = []badFile{
	{"version: 1\ninvariants: []\nreferences: {}", []string{
		`3:13: references is a mapping: write a list of references, or leave it out`,
	}, true},
	{"version: 1\ninvariants: []\nreferences:", []string{
		`3:12: references is empty: write a list of references, or leave it out`,
	}, true},
	{references("  - orders", "  - {}"), []string{
		`4:5: references[0] is the text "orders": write a reference with name and from`,
		`5:5: name is missing: give the reference a name, such as orders`,
		`5:5: from is missing: ` + fromMend,
	}, true},
	{references("  - name: Orders", "    from: 5"), []string{
		`4:11: name is "Orders": write a lower-case letter and then up to 63 lower-case letters, digits and . _ -, such as orders`,
		`5:11: from is the number 5: ` + fromMend,
	}, true},
	{references("  - name: "+strings.Repeat("a", 65), "    from: []"), []string{
		`4:11: name is "` + strings.Repeat("a", 60) + `"…: write a lower-case letter and then up to 63 lower-case letters, digits and . _ -, such as orders`,
		`5:11: from is an empty list: ` + fromMend,
	}, true},
	{references("  - {name: a, from: {table: a, key: id}}", "  - {name: a, from: {table: b, key: id}}"), []string{
		`5:12: reference a: name is taken by the reference of line 4: add the sources there, or take another name`,
	}, false},
	{from("key: id"), []string{
		`6:9: reference r1: from[0].api is missing: write whose calls the rows come from, such as POST /orders, or a table`,
		`6:14: reference r1: from[0].key: "id" is no path of a call: begin it with req., resp., env. or call., or say in at where the objects are`,
	}, true},
	{from("api: GET /a", "table: b", "key: req.body.id"), []string{
		`7:16: reference r1: from[0].table is beside an api: make two sources of them`,
	}, true},
	{from("api: orders", "service: []", "at: resp.body"), []string{
		`6:14: reference r1: from[0].api: "orders" has no route: write it as orders /orders/{id}, or as orders * for every route`,
		`7:18: reference r1: from[0].service is an empty list: write a name or a list of names`,
		`6:9: reference r1: from[0].key is missing: ` + keyMend,
	}, true},
	{from("table: a", "at: resp.body", "key: [a, b, c, d]"), []string{
		`7:13: reference r1: from[0].at is beside a table, whose statements have no objects: take it out`,
		`8:14: reference r1: from[0].key has 4 items: 3 are the most`,
	}, true},
	{from("table: a", "keys: id", "key: [a, a]"), []string{
		`7:9: reference r1: there is no key "keys": did you mean key?`,
		`8:18: reference r1: from[0].key[1]: "a" is there twice: take one out`,
	}, true},
	{from("api: GET /a", "at: data[]", "key: id"), []string{
		`7:13: reference r1: from[0].at: "data[]" is of no body: write a path that begins with req.body or resp.body, or leave it out if ` +
			`the row is the call itself`,
	}, false},
	{from("api: GET /a", "at: resp.body[0]", "key: a[].b"), []string{
		`7:13: reference r1: from[0].at: "resp.body[0]" has a [ that neither [] nor ["name"] begins with: write one of them`,
		`8:14: reference r1: from[0].key: "a[].b" has [] in it, which is many values: put the path of the list into at`,
	}, false},
	{from("api: GET /a", "at: resp.body", "key: id", "fields: {a b: c, d: e f, g: [h], i: }"), []string{
		`9:18: reference r1: from[0].fields has the name "a b": write a letter or _ and then up to 63 letters, digits and _`,
		`9:29: reference r1: from[0].fields.d: "e f" has the character ' ' in a name: write the name as in resp.body["order id"]`,
		`9:37: reference r1: from[0].fields.g is a list: write where the value is`,
		`9:45: reference r1: from[0].fields.i is empty: write where the value is`,
	}, true},
	{from("api: GET /a", "at: resp.body", "key: id", "fields: {a: c, a: d}"), []string{
		`9:24: reference r1: from[0].fields has "a" twice: take one out`,
	}, false},
	{from("api: GET /a", "at: resp.body", "key: id", "fields: [a]"), []string{
		`9:17: reference r1: from[0].fields is a list: ` + fieldsMend,
	}, true},
	{from("table: a", "key: "+strings.Repeat("a", 251)), []string{`7:14: reference r1: from[0].key has 251 bytes: 250 are the most`}, true},
	{from("table: \"a\\nb\"", "key: 'a'"), []string{
		`6:16: reference r1: from[0].table has a line break or another control character: take it out`,
	}, false},
	{from("api: GET /a", "at: resp.body", "key: id", fields(0, 60)) + "      - {table: a, key: id, " + fields(58, 66) + "}\n", []string{
		`10:9: reference r1: from[1] has a field too many: a reference has at most 64, over all of its sources`,
	}, false},
	{from("table: a", "key: id", fields(0, 65)), []string{
		`6:9: reference r1: from[0] has a field too many: a reference has at most 64, over all of its sources`,
	}, true},
	{from("table: a", "key: id", "fields: {<<: {a: b}, [c]: d}"), []string{
		`8:18: reference r1: from[0].fields has a merge key (<<): repeat the keys`,
		`8:30: reference r1: from[0].fields has a key that is a list: write a word`,
	}, false},
	{from("api: GET /a", "at: 'resp.body[\""+strings.Repeat("\uE000", 70)+"\"]'", "key: id"), []string{
		`7:13: reference r1: from[0].at has 433 bytes once it is written out: 250 are the most`,
	}, false},
	{references("  - name: r1", "    from: ["+strings.Repeat("{table: a, key: b}, ", MaxSources+1)+"]"), []string{
		`5:11: reference r1: from has 101 items: 100 are the most`,
	}, true},
}

var goodSources = []string{
	`{api: GET /a, key: call.start}`, `{api: [GET /a, POST /b], service: "*", key: [req.path.id]}`, `{table: a.b, key: [x, y, z], fields: {}}`,
	`[{table: a, key: req.x}, {table: a, service: [s], key: b}]`, `{api: "*", at: req.body, key: id, fields: {_: a, B9: env.user.id}}`,
	`{api: GET /b, at: 'resp.body["a b"][].c', key: '["x\ny"].z'}`, `{api: GET /a, at: 'resp.body[][]', key: '  id '}`,
}

func TestReferencesAreBounded(t *testing.T) {
	_, err := Parse("f.yaml", []byte(references(strings.Repeat("  - 1\n", MaxReferences+1))))
	assert.EqualError(t, err, "f.yaml:1004:5: references has 1001 references: a file has at most 1000")
	err = Write(&bytes.Buffer{}, &File{References: make([]Reference, MaxReferences+1)})
	assert.EqualError(t, err, "write the invariants: there are 1001 references: 1000 are the most")
}

func TestEveryKeyOfReferencesIsRead(t *testing.T) {
	f, err := Load("testdata/invariants.yaml")
	require.NoError(t, err)
	api := func(method, route string) API { return newAPI([]string{method}, route) }
	assert.Equal(t, []Reference{
		{Name: "orders", Sources: []Source{
			{
				Services: []string{"ts-order-service"}, APIs: []API{api("POST", "/order/refresh")}, At: "resp.body.data[]", Key: []string{"id"},
				Fields: map[string]string{
					"accountId": "accountId", "price": "price", "owner": "env.user.id", "line": `details["line no."].first`,
				},
			},
			{
				Services: []string{"payment", "order"}, Table: "payments", Key: []string{"id"},
				Fields: map[string]string{"user_id": "user_id", "status": "status"},
			},
		}},
		{Name: "seats.booked-2", Sources: []Source{{
			APIs: []API{api("POST", "/seats"), api("PUT", "/seats/{train}")}, Key: []string{"req.body.train", "req.body.seat", "call.status"},
		}}},
	}, referencesWithoutPositions(f))
	orders := &f.References[0]
	assert.Equal(t, [2]int{49, 5}, [2]int{orders.Line, orders.Column})
	assert.Equal(t, [2]int{56, 9}, [2]int{orders.Sources[1].Line, orders.Sources[1].Column})
	assert.Equal(t, 51, orders.Sources[0].APIs[0].Line)
	assert.EqualError(t, orders.Problem(-1, "name", "is not read by any rule"), "testdata/invariants.yaml:49:5: reference orders: name is not read by any rule")
	assert.EqualError(t, orders.Problem(1, "fields.status", "is unknown"), "testdata/invariants.yaml:56:9: reference orders: from[1].fields.status is unknown")
}

func TestReferencesThatCannotBeReadAreNotWritten(t *testing.T) {
	fine := Reference{Name: "orders", Sources: []Source{{Table: "orders", Key: []string{"id"}}}}
	for problem, bad := range map[string][]Reference{
		"references[1]: reference orders: name is taken by references[0]: add the sources there, or take another name": {fine, fine},
		"references[0]: name is empty: write a name, such as orders":                                                   {{Sources: fine.Sources}},
		"references[0]: reference orders: from is an empty list: " + fromMend:                                          {{Name: "orders"}},
		"references[0]: reference orders: from[0].key is an empty list: " + keyMend: {
			{Name: "orders", Sources: []Source{{Table: "orders"}}},
		},
		`references[0]: reference orders: from[0].key: "id" is no path of a call: begin it with req., resp., env. or call., or say in at where the objects are`: {
			{Name: "orders", Sources: []Source{{APIs: []API{newAPI(nil, "*")}, Key: []string{"id"}}}},
		},
	} {
		var out bytes.Buffer
		assert.EqualError(t, Write(&out, &File{References: bad}), "write the invariants: "+problem)
		assert.Empty(t, out.String())
	}
}

func TestPaths(t *testing.T) {
	name := func(s string) Step { return Step{Name: s} }
	each := Step{Each: true}
	for text, want := range map[string]Path{
		"id":                           {name("id")},
		"resp.body.data[]":             {name("resp"), name("body"), name("data"), each},
		"resp.body[][].a":              {name("resp"), name("body"), each, each, name("a")},
		`["a.b"]`:                      {name("a.b")},
		`a["b c"][]["\""].é-$_`:        {name("a"), name("b c"), each, name(`"`), name("é-$_")},
		"[]":                           {each},
		strings.Repeat("a.", 31) + "a": append(make(Path, 0), repeat(name("a"), 32)...),
	} {
		got, err := ParsePath(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got)
		assert.Equal(t, text, got.String())
	}
	for text, problem := range map[string]string{
		"":                             `"" has an empty name: write a path of names, such as resp.body.id`,
		".":                            `"." has an empty name: write a path of names, such as resp.body.id`,
		"a.":                           `"a." has an empty name: write a path of names, such as resp.body.id`,
		"a..b":                         `"a..b" has an empty name: write a path of names, such as resp.body.id`,
		"a.[]":                         `"a.[]" has an empty name: write a path of names, such as resp.body.id`,
		"a[]b":                         `"a[]b" has no dot between two names: write it as resp.body.id`,
		`["a"]b`:                       `"[\"a\"]b" has no dot between two names: write it as resp.body.id`,
		"a[0]":                         `"a[0]" has a [ that neither [] nor ["name"] begins with: write one of them`,
		`a["b`:                         `"a[\"b" has a [" that is not closed: write it as ["name"]`,
		`a["b"`:                        `"a[\"b\"" has a [" that is not closed: write it as ["name"]`,
		`a[""]`:                        `"a[\"\"]" has an empty name or one that is no text: write it as ["name"]`,
		`a["\xff"]`:                    `"a[\"\\xff\"]" has an empty name or one that is no text: write it as ["name"]`,
		"a b":                          `"a b" has the character ' ' in a name: write the name as in resp.body["order id"]`,
		"a.b]":                         `"a.b]" has the character ']' in a name: write the name as in resp.body["order id"]`,
		"a./":                          `"a./" has the character '/' in a name: write the name as in resp.body["order id"]`,
		strings.Repeat("a.", 32) + "a": `"` + strings.Repeat("a.", 30) + `"… has more than 32 steps: no more are looked into`,
	} {
		_, err := ParsePath(text)
		assert.EqualError(t, err, problem)
	}
	for text, absolute := range map[string]bool{"req.body": true, "call.start": true, "env.user.id": true, "call": false, "id": false, "body.req": false} {
		p, err := ParsePath(text)
		require.NoError(t, err)
		assert.Equal(t, absolute, p.Absolute(), text)
	}
}

func repeat(s Step, n int) (list []Step) {
	for range n {
		list = append(list, s)
	}
	return list
}

func FuzzParsePath(f *testing.F) {
	for _, seed := range []string{"resp.body.data[].id", `a["b.c"]`, "[][]", `["\u00e9"]`, "a..", `a["`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePath(text)
		if err != nil {
			return
		}
		again, err := ParsePath(p.String())
		require.NoError(t, err, p.String())
		assert.Equal(t, p, again)
	})
}

// anyPath is one that begins with what is given.
func anyPath(begin ...string) *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var p Path
		for _, name := range begin {
			p = append(p, Step{Name: name})
		}
		for range rapid.IntRange(1, 3).Draw(t, "steps") {
			p = append(p, Step{Name: rapid.SampledFrom([]string{"a", "b1", "x-y", "é", "a b", ".", "]", "\"", "#", ": "}).Draw(t, "name")})
		}
		return p.String()
	})
}

func anyReference() *rapid.Generator[Reference] {
	source := rapid.Custom(func(t *rapid.T) Source {
		var s Source
		path := anyPath()
		switch rapid.IntRange(0, 2).Draw(t, "what") {
		case 0:
			s.Table = rapid.SampledFrom([]string{"orders", "a.b", "true", "1", "x: y", "[z]"}).Draw(t, "table")
		case 1:
			s.APIs = []API{newAPI(nil, "*"), newAPI([]string{"GET"}, "/a/{b}")}[:rapid.IntRange(1, 2).Draw(t, "apis")]
			s.At = rapid.SampledFrom([]string{"req.body", "resp.body", "resp.body[]", "resp.body.data[].x"}).Draw(t, "at")
		default:
			s.APIs = []API{newAPI([]string{"PUT"}, "/")}
			path = rapid.OneOf(anyPath("req"), anyPath("env", "user"), anyPath("call"))
		}
		s.Key = rapid.SliceOfNDistinct(path, 1, MaxKeyParts, rapid.ID[string]).Draw(t, "key")
		if fields := rapid.MapOfN(rapid.StringMatching("[A-Za-z_][A-Za-z0-9_]{0,5}"), path, 0, 5).Draw(t, "fields"); len(fields) > 0 {
			s.Fields = fields
		}
		if rapid.Bool().Draw(t, "service") {
			s.Services = []string{"shop", "cart"}
		}
		return s
	})
	return rapid.Custom(func(t *rapid.T) Reference {
		return Reference{
			Name:    rapid.StringMatching("[a-z][a-z0-9_.-]{0,10}").Draw(t, "name"),
			Sources: rapid.SliceOfN(source, 1, 3).Draw(t, "from"),
		}
	})
}
