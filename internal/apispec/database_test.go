package apispec_test

import (
	"database/sql"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/apispec"
)

const shopTables = `
create type mood as enum ('glad', 'sad');
create table orders (
  id bigint primary key,
  status text not null check (status in ('pending', 'paid')),
  reason text check (reason in ('late', 'lost')),
  quantity int not null check (quantity between 1 and 100),
  price numeric(10,2) check (price > 0),
  level int check (level in (1, 2)),
  code text not null check (code <> 'x'),
  factor int check (factor <> 0),
  mood mood,
  buyer bigint not null,
  seller bigint,
  born date check (born > '2000-01-01'),
  check (buyer <> seller)
);
create table "Order Items" ("a b" text not null);
create view totals as select 1;
`

// runs is a call that runs one statement.
func runs(system, text string, parameters ...string) *call {
	return &call{method: "GET", path: "/x", statements: []statement{{system, text, parameters}}}
}

// A statement breaks the rules of those constraints that it breaks, whether its values are literals or parameters.
func TestStatementsAreHeldAgainstTheSchema(t *testing.T) {
	t.Parallel()
	spec, err := apispec.ParseDDL("schema.sql", []byte(shopTables), apispec.Options{})
	require.NoError(t, err)
	assert.Equal(t, []string{"a CHECK of orders: born > '2000-01-01' is not understood: line 15"}, spec.Skipped())
	book := compiled(t, spec.Rules())
	for _, test := range []struct {
		statement  string
		parameters string
		want       string
	}{
		{"select * from orders o join totals on o.id = totals.id", "", ""},
		{"select * from public.orders, main.orders", "", "tables"},
		{"select table_name from information_schema.tables", "", "tables"},
		{`select * from "Order Items" where "a b" = 'c'`, "", ""},
		{"with t as (select 1 as a) select * from t", "", ""},
		{"insert into orders (id, status, quantity, code, buyer) values (1, 'paid', 5, 'a', 7)", "", ""},
		{"insert into orders (id, status, quantity, code, buyer) values (1, 'gone', 0, 'x', 7)", "", "orders.code orders.quantity orders.status"},
		{"insert into public.orders (status) values ('gone')", "", "orders.status"},
		{"insert into Orders (Status) values ('gone')", "", "orders.status"},
		{"insert into orders (status, quantity, code) values ($1, $2, $3)", "paid 100 y", ""},
		{"insert into orders (status, quantity, code) values ($1, $2, $3)", "PAID 101 x", "orders.code orders.quantity orders.status"},
		{"update orders set status = $1, quantity = quantity + 1 where id = $2", "gone 5", "orders.status"},
		{"update orders set quantity = $1 where id = $2", "0 5", "orders.quantity"},
		{"update orders set quantity = '0'", "", "orders.quantity"},
		{"update orders set quantity = 100.5", "", "orders.quantity"},
		{"update orders set quantity = ?", "", ""},
		{"update orders set status = lower('GONE')", "", ""},
		{"update orders set price = 0", "", "orders.price"},
		{"update orders set price = null, reason = null, level = null, factor = null, mood = null, seller = null", "", ""},
		{"update orders set price = 0.01, reason = 'lost', level = 2, factor = -1, mood = 'sad'", "", ""},
		{"update orders set price = $1, reason = $2, level = $3, factor = $4, mood = $5", "0.01 lost 2 -1 sad", ""},
		{"update orders set reason = '', level = 3, factor = 0, mood = 'mad'", "", "orders.factor orders.level orders.mood"},
		{"update orders set reason = 'x', level = $1, factor = $2, mood = $3", "3 0 mad", "orders.factor orders.level orders.mood orders.reason"},
		{"update orders set status = null, buyer = null", "", "orders.not-null orders.status"},
		{"insert into orders (id, buyer) values (null, 5)", "", ""},
		{"insert into orders (id, code) values (1, null)", "", "orders.not-null"},
		{"insert into orders (buyer, seller) values (5, 5)", "", "orders.buyer"},
		{"insert into orders (buyer, seller) values ($1, '5')", "5", "orders.buyer"},
		{"insert into orders (buyer, seller) values (5, 6)", "", ""},
		{"insert into orders (status, quantity) values ('paid', 1), ('gone', 0)", "", ""},
		{"insert into orders (status, quantity) values ('gone', 0), ('gone', 0)", "", "orders.quantity orders.status"},
		{"update orders set colour = 5", "", "orders.columns"},
		{"update orders set status = 'paid', role = 'admin'", "", "orders.columns"},
		{"update orders o, \"order items\" i set i.role = 5, o.status = 'gone'", "", ""},
		{"insert into orders (colour) select a from totals", "", ""},
		{`update "order items" set "a b" = 'x'`, "", ""},
		{`update "order items" set "a b" = null`, "", "Order Items.not-null"},
		{`update "order items" set "a c" = 'x'`, "", "Order Items.columns"},
		{"update nowhere set status = 'gone'", "", "tables"},
		{"update orders set status = 'gone", "", ""},
		{"delete from orders where status = 'gone'", "", ""},
	} {
		var want []string
		for id := range strings.FieldsSeq(strings.ReplaceAll(test.want, "Order Items", "order-items")) {
			want = append(want, "ddl."+id)
		}
		is := judge(t, book, runs("", test.statement, strings.Fields(test.parameters)...))
		assert.Equal(t, want, is.violated(), test.statement+" "+test.parameters)
	}
	null := judge(t, book, runs("", "update orders set reason = $1, mood = $2, level = $3", "", "", ""))
	assert.Empty(t, null.violated(), "null is bound as an empty text")
}

// Where a database compares texts without regard to case, so do rules.
func TestTextsOfAnyCaseAreOne(t *testing.T) {
	t.Parallel()
	spec, err := apispec.ParseDDL("schema.sql", []byte("use shop;\ncreate table t (a enum('New', 'Done') not null, b int unsigned, c varchar(9) check (c in ('X', 'y'))) engine=innodb"), apispec.Options{Services: []string{"shop"}})
	require.NoError(t, err)
	book := compiled(t, spec.Rules())
	for statement, want := range map[string][]string{
		"update t set a = 'NEW', b = 0, c = 'Y'":                       nil,
		"update `shop`.`t` set a = 'new', b = null, c = null":          nil,
		"update t set a = 'old', b = -1, c = 'z'":                      {"ddl.shop.shop.t.a", "ddl.shop.shop.t.b-unsigned", "ddl.shop.shop.t.c"},
		"select * from shop.t, t":                                      nil,
		"select * from mysql.user":                                     {"ddl.shop.tables"},
		"insert into t (a, c) values ('new', 'x'), ('unknown', 'zzz')": nil,
	} {
		assert.Equal(t, want, judge(t, book, runs("mysql", statement)).violated(), statement)
	}
	for _, rule := range spec.Rules() {
		assert.Equal(t, []string{"shop"}, rule.Services)
		assert.Equal(t, map[string]any{"source": "ddl"}, rule.Support)
		assert.Equal(t, "*", rule.APIs[0].Text)
	}
}

// What is not known of a database is no rule.
func TestATableThatIsNotKnownAsAWholeHasNoRuleAboutItsColumns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"create table a (b int)":                      {"ddl.tables", "ddl.a.columns"},
		"create table a (b int, like c)":              {"ddl.tables"},
		"create table a as select 1":                  {"ddl.tables"},
		"create table a (b int);\n\\i other.sql":      {"ddl.a.columns"},
		"create table a (b int check (b > 1 and 2))":  {"ddl.tables", "ddl.a.columns", "ddl.a.b"},
		"create table a (b uuid check (b in ('x')))":  {"ddl.tables", "ddl.a.columns"},
		"create table a (b int check (b in ('x')))":   {"ddl.tables", "ddl.a.columns"},
		"create table a (b text check (b in (1, 2)))": {"ddl.tables", "ddl.a.columns"},
		"create table a (b text check (b > 1))":       {"ddl.tables", "ddl.a.columns"},
		"create table a (b text check (b <> 'x'))":    {"ddl.tables", "ddl.a.columns"},
		"create table a (b int, c int, check (b<>c))": {"ddl.tables", "ddl.a.columns"},
		"create table a (b serial not null)":          {"ddl.tables", "ddl.a.columns"},
		"create view v as select 1":                   {"ddl.tables"},
	} {
		spec, err := apispec.ParseDDL("schema.sql", []byte(text), apispec.Options{})
		require.NoError(t, err, text)
		var ids []string
		for _, rule := range spec.Rules() {
			ids = append(ids, rule.ID)
		}
		assert.Equal(t, want, ids, text)
		fit(t, spec)
	}
}

// Databases of any size have rules that compile.
func TestLargeDatabasesHaveRules(t *testing.T) {
	t.Parallel()
	for _, tables := range []int{1, 64, 65, 300} {
		var b strings.Builder
		for i := range tables {
			fmt.Fprintf(&b, "create table t%d (%s c int);\n", i, strings.Repeat("a", 1))
		}
		fmt.Fprintf(&b, "create table wide (")
		for i := range 300 {
			fmt.Fprintf(&b, "c%d int not null, ", i)
		}
		b.WriteString("d int);")
		spec, err := apispec.ParseDDL("schema.sql", []byte(b.String()), apispec.Options{})
		require.NoError(t, err)
		assert.Empty(t, spec.Skipped(), tables)
		fit(t, spec)
		book := compiled(t, spec.Rules())
		assert.Empty(t, judge(t, book, runs("", "select * from t0, wide")).violated())
		assert.Equal(t, []string{"ddl.tables"}, judge(t, book, runs("", "select * from t0, other")).violated())
		assert.Equal(t, []string{"ddl.wide.columns"}, judge(t, book, runs("", "update wide set c299 = 1, e = 2")).violated())
	}
}

// What SQLite accepts violates no rule, and what it refuses for a CHECK that is a rule violates that.
func TestRulesAreWhatSQLiteChecks(t *testing.T) {
	accepted, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		conditions := map[string][]string{
			"n INTEGER": {"n > 0", "n BETWEEN 1 AND 3", "n IN (1, 2)", "n <> 2", "n >= 1 AND n < 3", "n = 1 OR n IS NULL", "-1 < n", "n < 3 OR n > 5"},
			"n REAL":    {"n > 0", "n <= 2.5", "n IN (0.5, 2)"},
			"s TEXT":    {"s IN ('a', 'B')", "s <> ''", "s = 'a'", "length(s) < 2"},
		}
		column := rapid.SampledFrom([]string{"n INTEGER", "n REAL", "s TEXT"}).Draw(t, "column")
		notNull := rapid.SampledFrom([]string{"", " NOT NULL"}).Draw(t, "not null")
		condition := rapid.SampledFrom(conditions[column]).Draw(t, "condition")
		create := "CREATE TABLE t (" + column + notNull + ", CONSTRAINT c CHECK (" + condition + ")) STRICT -- sqlite_"
		create = strings.Replace(create, " STRICT", "", 1)

		db, err := sql.Open("sqlite", ":memory:")
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		db.SetMaxOpenConns(1)
		_, err = db.ExecContext(t.Context(), create)
		require.NoError(t, err)
		spec, err := apispec.ParseDDL("schema.sql", []byte(create), apispec.Options{})
		require.NoError(t, err)
		book := compiled(t, spec.Rules())
		isRule := false
		for _, rule := range spec.Rules() {
			isRule = isRule || rule.ID == "ddl.t.c"
		}

		for range 5 {
			literal := rapid.SampledFrom([]string{"0", "1", "2", "3", "-1", "2.5", "0.5", "NULL", "'a'", "'B'", "'b'", "''", "'1'", "'2'"}).Draw(t, "value")
			name, _, _ := strings.Cut(column, " ")
			text, parameters := "INSERT INTO t ("+name+") VALUES ("+literal+")", []string(nil)
			arguments := []any(nil)
			if rapid.Bool().Draw(t, "bound") {
				text, parameters = "INSERT INTO t ("+name+") VALUES (?)", []string{strings.Trim(strings.Replace(literal, "NULL", "", 1), "'")}
				arguments = []any{boundValue(t, literal)}
			}
			_, err := db.ExecContext(t.Context(), text, arguments...)
			is := judge(t, book, runs("sqlite", text, parameters...)).violated()
			isNumber := strings.Trim(literal, "0123456789.-") == ""
			switch {
			case err == nil:
				accepted++
				require.Empty(t, is, "%s: %s %v", create, text, arguments)
			case strings.Contains(err.Error(), "CHECK") && isRule && isNumber == (name == "n") && (literal != "''" || notNull != ""):
				refused++
				require.Contains(t, is, "ddl.t.c", "%s: %s %v", create, text, arguments)
			}
		}
	})
	require.Positive(t, accepted)
	require.Positive(t, refused)
}

// boundValue is a literal as a program binds it.
func boundValue(t *rapid.T, literal string) any {
	switch {
	case literal == "NULL":
		return nil
	case literal[0] == '\'':
		return strings.Trim(literal, "'")
	}
	f, err := strconv.ParseFloat(literal, 64)
	require.NoError(t, err)
	if f == math.Trunc(f) {
		return int64(f)
	}
	return f
}
