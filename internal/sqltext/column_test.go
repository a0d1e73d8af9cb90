package sqltext

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func bound(pairs ...string) *Parameters {
	p := &Parameters{}
	for i := 0; i < len(pairs); i += 2 {
		p.Add(pairs[i], pairs[i+1])
	}
	return p
}

func TestColumnTellsWhatIsCertain(t *testing.T) {
	two := bound("0", "a", "1", "b")
	for _, tt := range []struct {
		text, column string
		in           Section
		p            *Parameters
		want         string // "absent", "hidden" or the value
		d            Dialect
	}{
		{text: `select * from orders where id = 5`, column: "id", want: "5"},
		{text: `select * from orders where id = 5`, column: "orders.id", want: "5"},
		{text: `select * from shop.orders where id = 5`, column: "orders.id", want: "5"},
		{text: `select * from shop.orders where id = 5`, column: "shop.orders.id", want: "5"},
		{text: `select * from shop.orders where id = 5`, column: "other.orders.id", want: "absent"},
		{text: `select * from orders where id = 5`, column: "user_id", want: "absent"},
		{text: `select * from orders`, column: "user_id", want: "absent"},
		{text: `select * from orders where id = 5`, column: "users.id", want: "absent"},
		{text: `select * from orders where id = 5`, column: "id", in: InSet, want: "absent"},
		{text: `update orders set a = 1`, column: "id", want: "absent"},
		{text: `select * from orders where id > 5`, column: "id", want: "hidden"},
		{text: `select * from orders where id = 5 and id = 6`, column: "id", want: "hidden"},
		{text: `select * from orders where id = 5 and id = 5`, column: "id", want: "5"},
		{text: `select * from orders where id = 5 and id = '5'`, column: "id", want: "hidden"},

		// Not whole, or not understood.
		{text: `select * from orders where id = 5 and`, column: "id", want: "hidden"},
		{text: `select * from orders where id = 5...`, column: "user_id", want: "hidden"},
		{text: `select * from orders where id = 5 and (a = 'x`, column: "id", want: "hidden"},
		{text: ``, column: "id", want: "hidden"},
		{text: `BEGIN`, column: "id", want: "hidden"},
		{text: `call pay($1)`, column: "id", want: "hidden"},
		{text: `create table t (id int)`, column: "id", want: "hidden"},
		{text: `merge into t using s on t.id = s.id when matched then delete`, column: "id", want: "hidden"},
		{text: `what is this`, column: "id", want: "hidden"},
		{text: `update t set a = 1 where current of c`, column: "id", want: "hidden"},
		{text: `call pay(); select * from orders where id = 5`, column: "id", want: "hidden"},
		{text: `begin; select * from orders where id = 5; commit`, column: "id", want: "5"},

		// Written.
		{text: `insert into orders (id, user_id) values ($1, $2)`, column: "user_id", in: InSet, p: two, want: "'b'"},
		{text: `insert into orders (id, user_id) values ($1, $2)`, column: "orders.x", in: InSet, p: two, want: "absent"},
		{text: `insert into orders (id) values (1), (2)`, column: "id", in: InSet, want: "[1 2]"},
		{text: `insert into orders (id) values ($1), ($2)`, column: "id", in: InSet, p: two, want: "['a' 'b']"},
		{text: `insert into orders (id) values ($1), ($3)`, column: "id", in: InSet, p: two, want: "hidden"},
		{text: `insert into orders (id) values ($1), (now())`, column: "id", in: InSet, p: two, want: "hidden"},
		{text: `insert into orders values (1)`, column: "id", in: InSet, want: "hidden"},
		{text: `insert into orders select * from x`, column: "id", in: InSet, want: "hidden"},
		{text: `insert into orders (id) select 1`, column: "id", in: InSet, want: "hidden"},
		{text: `insert into orders (id) select 1`, column: "x", in: InSet, want: "absent"},
		{text: `update a set b = b + 1`, column: "b", in: InSet, want: "hidden"},

		// Which table.
		{text: `select * from a join b on a.x = b.x where user_id = 1`, column: "user_id", want: "1"},
		{text: `select * from a join b on a.x = b.x where user_id = 1`, column: "a.user_id", want: "hidden"},
		{text: `select * from a join b on a.x = b.x where a.id = 1`, column: "b.id", want: "absent"},
		{text: `select * from a join b on a.x = b.x where a.id = 1 and b.id = 2`, column: "b.id", want: "2"},
		{text: `select * from a join b on a.x = b.x where a.id = 1 and b.id = 2`, column: "id", want: "hidden"},
		{text: `select * from a left join b on b.user_id = 1`, column: "user_id", want: "hidden"},
		{text: `select * from a left join b on b.user_id = 1`, column: "b.user_id", want: "1"},
		{text: `select * from a left join b on b.user_id = 1`, column: "a.user_id", want: "absent"},
		{text: `select * from a where id in (select x from b where user_id = 1)`, column: "user_id", want: "hidden"},
		{text: `select * from a where id in (select x from b where user_id = 1)`, column: "b.user_id", want: "1"},
		{text: `select * from a where id in (select x from b where user_id = 1)`, column: "a.user_id", want: "absent"},
		{text: `select * from a where user_id = 1 and id in (select x from b where k = 1)`, column: "user_id", want: "1"},
		{text: `select * from (select * from a where user_id = 1) q limit 5`, column: "user_id", want: "1"},
		{text: `with m as (select * from a where user_id = 1), n as (select * from b) select * from m, n`, column: "user_id", want: "hidden"},
		{text: `select * from a where x = 1 union select * from b where x = 1`, column: "x", want: "1"},
		{text: `select * from a where x = 1 union select * from b where x = 2`, column: "x", want: "hidden"},
		{text: `select * from a where x = 1 union select * from b`, column: "x", want: "hidden"},
		{text: `select * from a where x = 1 union select * from b where x = 1 or 1=1`, column: "x", want: "hidden"},
		{text: `select * from a where x = $1 union select * from b where x = $2`, column: "x", p: bound("0", "7", "1", "7"), want: "'7'"},

		// Placeholders.
		{text: `select * from a where x = $1`, column: "x", want: "hidden"},
		{text: `select * from a where x = $2`, column: "x", p: two, want: "'b'"},
		{text: `select * from a where x = $3`, column: "x", p: two, want: "hidden"},
		{text: `select * from a where x = $2 and y = $1`, column: "x", p: bound("1", "a", "2", "b"), want: "'b'"},
		{text: `select * from a where x = $1 and y = $2 and z = $3`, column: "x", p: bound("1", "a", "2", "b"), want: "hidden"},
		{text: `select * from a where x = ? and y = ?`, column: "y", p: two, want: "'b'"},
		{text: `select * from a where x = %s and y = %s`, column: "y", p: two, want: "'b'"},
		{text: `select * from a where x = ? and y = ?`, column: "y", p: bound("1", "a", "2", "b"), want: "'b'"},
		{text: `select * from a where x = ? and y = ? and z = ?`, column: "y", p: two, want: "hidden"}, // one is a literal
		{text: `select * from a where x = ? and y = ?`, column: "x", p: bound("0", "a"), want: "hidden"},
		{text: `select * from a where x = ? and y = $1`, column: "x", p: bound("0", "a"), want: "hidden"},
		{text: `select * from a where x = ? and y = $1`, column: "y", p: bound("0", "a"), want: "'a'"},
		{text: `select * from a where data ? 'key' and y = ?`, column: "y", p: two, want: "hidden"},
		{text: `select * from a where data ?? 'key' and y = ?`, column: "y", p: bound("0", "a"), want: "'a'"},
		{text: `select * from a where x = :x`, column: "x", p: bound("x", "7"), want: "'7'"},
		{text: `select * from a where x = @x`, column: "x", p: bound("@x", "7"), want: "'7'"},
		{text: `select * from a where x = :2`, column: "x", p: two, want: "'b'"},
		{text: `select * from a where x = ?2`, column: "x", p: two, want: "'b'"},
		{text: `select * from a where x = $2`, column: "x", p: bound("$1", "a", "$2", "b"), want: "'b'"},
		{text: `select * from a where x = @p0 and y = @p1`, column: "y", p: two, want: "'b'"},
		{text: `select * from a where x = @p1 and y = @p2`, column: "y", p: two, want: "'b'"},
		{text: `select * from a where x = @p1 and y = @p2`, column: "y", p: bound("p1", "c", "p2", "d"), want: "'d'"},
		{text: `select * from a where x = @p1`, column: "x", p: two, want: "hidden"},
		{text: `select * from a where x = '?'`, column: "x", p: bound("0", "a"), want: "hidden"},
		{text: `select * from a where x in ($1, 3)`, column: "x", p: two, want: "['a' 3]"},
		{text: `select * from a where x = '100%%' and y = %s`, column: "x", p: bound("0", "a"), want: "hidden"},
		{text: `select * from a where x = $1`, column: "x", p: bound("0", strings.Repeat("x", MaxLiteral+1)), want: "hidden"},
		{text: `select * from a where x = $1`, column: "x", p: bound("0", "a", "0", "b"), want: "hidden"},
		{text: `select * from a where x = '` + strings.Repeat("x", MaxLiteral+1) + `'`, column: "x", want: "hidden"},
	} {
		v, presence := Parse(tt.text, tt.d).Column(tt.in, tt.column, tt.p)
		got := presence.String()
		if presence == Known {
			got = showValue(&v)
		} else {
			assert.Equal(t, Value{}, v, tt.text)
		}
		assert.Equal(t, tt.want, got, "%s of %s", tt.column, tt.text)
	}
}

func TestColumnsAreNamedOnce(t *testing.T) {
	s := Parse(`update a set x = 1, y = 2 where b = 3 and (c = 4 or b = 5)`, Generic)
	assert.Equal(t, []string{"b", "c"}, s.Columns(InWhere))
	assert.Equal(t, []string{"x", "y"}, s.Columns(InSet))
	assert.Empty(t, Parse(`commit`, Generic).Columns(InWhere))
}

func TestParametersBeyondTheBoundAreUnknown(t *testing.T) {
	p := &Parameters{}
	for i := range MaxParameters + 10 {
		p.Add(strconv.Itoa(i), "v"+strconv.Itoa(i))
	}
	s := Parse(`select * from a where x = $3 and y = $130 and z = $1`, PostgreSQL)
	v, presence := s.Column(InWhere, "x", p)
	assert.Equal(t, Known, presence)
	assert.Equal(t, "v2", v.Text)
	_, presence = s.Column(InWhere, "y", p)
	assert.Equal(t, Hidden, presence)
	p.Reset()
	_, presence = s.Column(InWhere, "x", p)
	assert.Equal(t, Hidden, presence)
}

func TestFlagsOfATextThatIsNotWhole(t *testing.T) {
	for text, want := range map[string]string{
		`select * from a where x = 1`:                ``,
		`select * from a where x = 1;`:               ``,
		`select * from a where x = 1 for update`:     ``,
		`select * from a where x = 'abc`:             `truncated`,
		`select * from "a`:                           `truncated`,
		`select * from a where x in (1, 2`:           `truncated`,
		`select * from a where x = 1 /* abc`:         `truncated`,
		`select * from a where x = 1 and`:            `truncated`,
		`select * from a where x =`:                  `truncated`,
		`select a, b,`:                               `truncated`,
		`select a.`:                                  `truncated`,
		`select * from`:                              `truncated`,
		`select a, b ... from t`:                     `truncated`,
		`select * from a where x = 1 ...`:            `truncated`,
		`select * from a where x = 1…`:               `truncated`,
		`select * from a where x = 1 -- and ...`:     `truncated`,
		`= 1) and y = 2`:                             `truncated opaque`,
		`update a`:                                   `truncated`,
		`insert into a (x)`:                          `truncated`,
		`insert into a (x) values`:                   `truncated`,
		`delete`:                                     `truncated`,
		`with a as (select 1)`:                       `truncated`,
		`select case when a then b`:                  ``,
		`select 1 from a where case when a = 1`:      `truncated`,
		`select 1 from a where x between 1`:          `truncated`,
		`select * from a where x = '?'`:              `sanitised`,
		`select * from a where x in (...)`:           `sanitised`,
		`select * from a where x = $?`:               `sanitised`,
		`select * from a where x = ***`:              `sanitised`,
		`select * from a where x = ? and y = $1`:     `sanitised`,
		`select * from a where x = ? and y = ?`:      ``,
		`insert into a default values`:               ``,
		`select * from a where x = '[REDACTED]'`:     `sanitised`,
		`select ` + strings.Repeat(`1,`, 9000) + `1`: `limited`,
	} {
		assert.Equal(t, want, strings.TrimSuffix(flags(Parse(text, Generic)), "\n"), "%.100s", text)
	}
}

func TestTextsBeyondTheBoundsAreCut(t *testing.T) {
	tables := strings.Builder{}
	pairs := strings.Builder{}
	for i := range 1000 {
		tables.WriteString(", t" + strconv.Itoa(i))
		pairs.WriteString(" and c" + strconv.Itoa(i) + " = 1")
	}
	s := Parse(`select * from t`+tables.String(), Generic)
	assert.True(t, s.Limited)
	assert.Len(t, s.Tables, MaxTables)
	s = Parse(`select * from t where 1=1`+pairs.String(), Generic)
	assert.True(t, s.Limited)
	assert.Len(t, s.Where, MaxPairs)
	assert.LessOrEqual(t, len(s.Skeleton), MaxSkeleton)
	_, presence := s.Column(InWhere, "c1", nil)
	assert.Equal(t, Hidden, presence)
	s = Parse(`select * from t where name = '`+strings.Repeat("é", MaxText)+`'`, Generic)
	assert.True(t, s.Truncated)
	assert.Equal(t, `select * from t where name = ?`, s.Skeleton)
	s = Parse(`select * from `+strings.Repeat("é", 300), Generic)
	assert.True(t, s.Limited)
	assert.Len(t, s.Tables[0], 256)
}

func TestATextAsLongAsAttributesMayBeIsTakenForCut(t *testing.T) {
	of := func(text string, size int) string {
		return text[:len(text)-1] + strings.Repeat("x", size-len(text)) + "'"
	}
	const whole = `select * from orders where user_id = 7 and name = ''`
	for _, limit := range []int{128, 255, 256, 500, 512, 1000, 1024, 2000, 2048, 4000, 4096, 8000, 8192, 10000, 16384, 32768, 65535} {
		for _, size := range []int{limit - 1, limit, limit + 1} {
			if size != limit && isUsualLimit(size) {
				continue
			}
			s := Parse(of(whole, size), PostgreSQL)
			assert.Equal(t, size == limit, s.Truncated, size)
			_, presence := s.Column(InWhere, "user_id", nil)
			assert.Equal(t, size == limit, presence == Hidden, size)
		}
	}
	const cyrillic = `select * from orders where user_id = 7 and name = 'жжж'`
	assert.True(t, Parse(of(cyrillic, 128), PostgreSQL).Truncated, "128 bytes")
	assert.True(t, Parse(of(cyrillic, 128+3), PostgreSQL).Truncated, "128 characters")
	assert.False(t, Parse(of(cyrillic, 128+2), PostgreSQL).Truncated, "130 bytes, 127 characters")
}
