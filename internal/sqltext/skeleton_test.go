package sqltext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSkeletonLeavesOutWhatVaries(t *testing.T) {
	for _, tt := range []struct {
		want  string
		texts []string
		d     Dialect
	}{
		{want: `select * from orders where id = ?`, texts: []string{
			`SELECT * FROM orders WHERE id = 5`, "select  *\n from \"orders\"\twhere id=$1", `select * from orders where id = -5`, `select*from orders where id=?`,
			`select * from orders where id = :id -- the order`, `/* app */ select * from orders where id = 'x''y'`, `select * from orders where id = - + 5`,
			`select * from orders where id = null`, `select * from orders where id = TRUE`, `select * from orders where id = %s`, `select * from orders where id = %(id)s`,
			`select * from orders where id = '?'`, `select * from orders where id = [REDACTED]`, `select * from orders where id = 1.5e-3`, `select * from orders where id = .5`,
		}},
		{want: `select o.id from shop.orders o where o.x in ( ? )`, texts: []string{
			`select o.id from shop.orders o where o.x in (1)`, `select o.id from shop.orders o where o.x in (1, 2, -3)`, `select o.id from shop.orders o where o.x in (?,?)`,
			`select o.id from shop.orders o where o.x in (...)`, `select o . id from shop . orders o where o.x in ($1, 'x', null)`,
		}},
		{want: `insert into t ( a , b ) values ( ? )`, texts: []string{`insert into t (a, b) values (1, 2)`, `insert into t (a, b) values (1, 2), (3, 4), (?, ?)`}},
		{want: `insert into t ( a , b ) values ( default , ? , now ( ) )`, texts: []string{
			`insert into t (a, b) values (default, 2, now())`, `insert into t (a, b) values (default, 2, now()), (default, 3, now()), (default, 3, now())`,
		}},
		{want: `select a - ? , b is null , c is not null`, texts: []string{`select a - 5, b is null, c is not null`, `select a - -5, b is null, c is not null`}},
		{want: `select count ( * ) from t limit ? offset ?`, texts: []string{`select count(*) from t limit 10 offset 20`}},
		{want: `select ? :: bigint , data ->> ?`, texts: []string{`select $1::bigint, data->>'x'`}, d: PostgreSQL},
		{want: `update dbo.t set a = ? where #tmp.b = ? ; select @@rowcount`, texts: []string{`UPDATE [dbo].[T] SET [a] = @p0 WHERE #tmp.b = N'x'; SELECT @@ROWCOUNT`}, d: SQLServer},
		{want: `select my_table.a_b , __ from _1`, texts: []string{`select "my table"."a'b", "--" from "1"`}},
		{want: ``, texts: []string{``, ` `, `-- nothing`, `/* nothing */`}},
	} {
		for _, text := range tt.texts {
			assert.Equal(t, tt.want, Parse(text, tt.d).Skeleton, text)
		}
	}
}

func TestSkeletonIsCutBetweenTokens(t *testing.T) {
	s := Parse(`select `+strings.Repeat(`abcdefg + `, 2000)+`1`, Generic)
	assert.Greater(t, len(s.Skeleton), MaxSkeleton-12)
	assert.LessOrEqual(t, len(s.Skeleton), MaxSkeleton)
	assert.True(t, strings.HasSuffix(s.Skeleton, `abcdefg`) || strings.HasSuffix(s.Skeleton, `+`), s.Skeleton[len(s.Skeleton)-20:])
	assert.False(t, s.Limited, "what is read does not hang on what is shown")
}
