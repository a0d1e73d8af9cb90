package sqltext

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPairsOfAWhere(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		d          Dialect
	}{
		// What pins a column.
		{text: `select * from orders where id = 5`, want: `orders.id=5`},
		{text: `select * from orders where 5 = id and 'x' = name`, want: `orders.id=5 orders.name='x'`},
		{text: `select * from orders where id = -5 and rate = 1.5e3 and n = +2`, want: `orders.id=-5 orders.rate=1.5e3 orders.n=2`},
		{text: `select * from orders where id = $1 and user_id = $2`, want: `orders.id=#0 orders.user_id=#1`},
		{text: `select * from orders where id = ? and user_id = ?`, want: `orders.id=#0 orders.user_id=#1`},
		{text: `select * from orders where id = %s and user_id = %(user)s`, want: `orders.id=#0 orders.user_id=:user`},
		{text: `select * from orders where id = :id and user_id = @user and x = $y and z = ?3`, want: `orders.id=:id orders.user_id=:user orders.x=:y orders.z=#2`, d: SQLite},
		{text: `select * from orders where id in (7)`, want: `orders.id=7`},
		{text: `select * from orders where id in (7, $1, 'x')`, want: `orders.id=[7 #0 'x']`},
		{text: `select * from orders where paid is null and a = null`, want: `orders.paid=null orders.a=null`},
		{text: `select * from orders where ok = true and bad = FALSE`, want: `orders.ok=true orders.bad=false`},
		{text: `select * from orders where ((id = 5) and (a = 1 and (b = 2)))`, want: `orders.id=5 orders.a=1 orders.b=2`},
		{text: `select * from orders where id = (5) and a = ((6))`, want: `orders.id=5 orders.a=6`},
		{text: `select * from orders where id = $1::bigint and b = '5'::character varying(7) and c = $2::int[]`, want: `orders.id=#0 orders.b='5' orders.c=#1`},
		{text: `select * from orders where id = cast(? as bigint) and n = CAST(CAST('x' AS text) AS varchar(3))`, want: `orders.id=#0 orders.n='x'`},
		{text: `select * from orders where id == 5`, want: `orders.id=5`, d: SQLite},
		{text: `update orders set a = 1 where id = 5 returning id`, want: `orders.id=5`},
		{text: `delete from orders where id = 5 order by id limit 1`, want: `orders.id=5`},
		{text: `select * from orders where a = 1 and 1 = 1 and b = 2`, want: `orders.a=1 orders.b=2`},
		{text: `select * from orders where a = 1 for no key update of orders nowait`, want: `orders.a=1`},

		// What hides a column.
		{text: `select * from orders where id = 5 or 1 = 1`, want: `orders.id=?`},
		{text: `select * from orders where a = 1 and id = 5 or b = 2`, want: `orders.a=? orders.id=? orders.b=?`},
		{text: `select * from orders where a = 1 and (id = 5 or b = 2)`, want: `orders.a=1 orders.id=? orders.b=?`},
		{text: `select * from orders where a = 1 xor b = 2`, want: `orders.a=? orders.b=?`, d: MySQL},
		{text: `select * from orders where a = 1 || b = 2`, want: `orders.a=? orders.b=?`, d: MySQL},
		{text: `select * from orders where c = 3 and a = 1 || b = 2`, want: `orders.c=? orders.a=? orders.b=?`},
		{text: `select * from orders where c = 3 and a = 'x' || b`, want: `orders.c=3 orders.a=? orders.b=?`, d: PostgreSQL},
		{text: `select * from orders where a = 1 && b = 2`, want: `orders.a=1 orders.b=2`, d: MySQL},
		{text: `select * from orders where not a = 1 and b = 2`, want: `orders.a=? orders.b=2`},
		{text: `select * from orders where not (a = 1 and c = 3) and b = 2`, want: `orders.a=? orders.c=? orders.b=2`},
		{text: `select * from orders where a < 1 and b > 2 and c <> 3 and d != 4 and e >= 5 and f <= 6`, want: `orders.a=? orders.b=? orders.c=? orders.d=? orders.e=? orders.f=?`},
		{text: `select * from orders where a like 'x%' and b between 1 and 2 and c = 3`, want: `orders.a=? orders.b=? orders.c=3`},
		{text: `select * from orders where a not in (1, 2) and b is not null and c is not distinct from 3`, want: `orders.a=? orders.b=? orders.c=?`},
		{text: `select * from orders where lower(a) = ? and coalesce(b, c) = 1`, want: `orders.a=? orders.b=? orders.c=?`},
		{text: `select * from orders where a = lower($1) and b = 1 + 1 and c = $1 + 1 and d = -$1`, want: `orders.a=? orders.b=? orders.c=? orders.d=?`},
		{text: `select * from orders where a = 1 = 1 and b = 2`, want: `orders.a=? orders.b=2`},
		{text: `select * from orders where a = any($1) and (b, c) = (1, 2)`, want: `orders.a=? orders.b=? orders.c=?`},
		{text: `select * from orders where a::text = '1' and b = 'x' 'y' and c = x'41' and d = 0x10`, want: `orders.a=? orders.b=? orders.c=? orders.d=?`},
		{text: `select * from orders where case when a = 1 and b = 2 or c = 3 then 1 else 0 end = 1 and d = 4`, want: `orders.a=? orders.b=? orders.c=? orders.d=4`},
		{text: `select * from orders where active and a = 1`, want: `orders.active=? orders.a=1`},
		{text: `select * from orders where a = 1_000 and b = '1' collate "C"`, want: `orders.a=? orders.b=? orders.c=?`, d: PostgreSQL},
		{text: `select a from orders group by a having a = 1`, want: `orders.a=?`},
		{text: `select * from orders where a in (?) and b in (?, lower('x'))`, want: `orders.a=#0 orders.b=?`},
		{text: `select * from orders where a = '?' and b = $? and c in (...) and d = [REDACTED] and e = *** and f = '<redacted>'`, want: `orders.a=? orders.b=? orders.c=? orders.d=? orders.e=? orders.f=?`},

		// Joins.
		{text: `select * from a join b on a.x = b.y where a.id = 1`, want: `a.id=1`},
		{text: `select * from orders o join users as u on u.id = o.user_id and u.active = true where o.id = $1 and total = 5`, want: `users.active=true orders.id=#0 total=5`},
		{text: `select * from a left join b on b.x = a.x and b.k = 1 and a.z = 2 where a.id = 3`, want: `b.k=1 a.z=? a.id=3`},
		{text: `select * from a right join b on b.k = 1`, want: `b.k=?`},
		{text: `select * from a full outer join b on b.k = 1 inner join c on c.m = 2`, want: `b.k=? c.m=2`},
		{text: `select * from a join b using (x) where a.x = 1`, want: `a.x=1`},
		{text: `select * from a, b where a.x = b.x and b.y = 2`, want: `b.y=2`},
		{text: `select * from a join b on a.x = b.x or a.y = 1, c where c.z = 2`, want: `a.y=? c.z=2`},
		{text: `select * from users a join users b on a.boss = b.id where a.id = 1`, want: `users.id=?`},
		{text: `select * from a where x = "y"`, want: `a.x=? a.y=?`, d: SQLite},
		{text: `select * from a where x = "y"`, want: `a.x='y'`, d: MySQL},
		{text: `select * from a where x = "y"`, want: ``, d: PostgreSQL},
		{text: `select * from a where "x" = 1`, want: `a.x=?`, d: MySQL},

		// Sub-selects.
		{text: `select * from orders where id in (select order_id from shares where user_id = 7) and a = 1`, want: `orders.id=? shares.user_id=7 orders.a=1`},
		{text: `select * from orders o where exists (select 1 from shares s where s.order_id = o.id and s.user_id = 7 or o.x = 3)`, want: `shares.user_id=? orders.x=?`},
		{text: `select * from (select * from orders where user_id = 7) q where q.a = 1`, want: `orders.user_id=7 a=1`},
		{text: `with mine as (select * from orders where user_id = $1) select * from mine where a = 2`, want: `orders.user_id=#0 a=2`},
		{text: `select * from orders where user_id = 7 and total > (select avg(total) from orders)`, want: `orders.user_id=? orders.total=?`},

		// UNION.
		{text: `select * from a where x = 1 union all select * from b where x = 1 and y = 2`, want: `a.x=1 b.x=1 b.y=?`},
		{text: `select * from a where x = 1 union select * from users --`, want: `a.x=?`},
		{text: `(select * from a where x = 1) union (select * from a where x = 2) order by 1`, want: `a.x=1 a.x=2`},

		// Several statements.
		{text: `update a set x = 1 where id = 1; select * from b where id = 1; select 1`, want: `a.id=1 b.id=1`},
		{text: `update a set x = 1 where id = 1; delete from b`, want: `a.id=?`},
		{text: `set nocount on update a set x = 1 where id = 1 select @@rowcount`, want: `a.id=1`, d: SQLServer},

		// Names.
		{text: `select * from "Orders" where "Orders"."User Id" = 1 and "we""ird" = 2`, want: `orders.user id=1 orders.we"ird=2`},
		{text: "select * from `orders` where `orders`.`id` = 1", want: `orders.id=1`, d: MySQL},
		{text: `select * from [dbo].[Orders] AS [o] where [o].[Id] = @__id_0`, want: `dbo.orders.id=:__id_0`, d: SQLServer},
		{text: `select * from public.orders where public.orders.id = 1`, want: `public.orders.id=1`},
		{text: `select * from orders where key = 1 and offset = 2 and orders.order = 3`, want: `orders.key=1 orders.offset=2 orders.order=3`},
	} {
		s := Parse(tt.text, tt.d)
		assert.Equal(t, tt.want, show(s.Where), "%s %s", tt.d, tt.text)
		assert.False(t, s.Truncated || s.Limited, "%s: %s", tt.text, flags(s))
	}
}

func TestPairsOfASet(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		d          Dialect
	}{
		{text: `update accounts set balance = balance + $2, owner = 'x', a = null, b = default where id = $1`, want: `accounts.balance=? accounts.owner='x' accounts.a=null accounts.b=?`},
		{text: `update accounts set (a, b) = (1, 2), c = 3`, want: `accounts.a=? accounts.b=? accounts.c=3`},
		{text: `update accounts a set x = case when a.y = 1 then 2 else 3 end, z = (select 1 from b where b.k = 2), w = 4 from c where c.id = a.id`, want: `accounts.x=? accounts.z=? accounts.w=4`},
		{text: `update a join b on a.x = b.x set a.y = 1, z = 2 where b.k = 3`, want: `a.y=1 z=2`, d: MySQL},
		{text: `UPDATE o SET o.x = 1, [y] = 2 FROM orders AS o WHERE o.id = 3`, want: `orders.x=1 orders.y=2`, d: SQLServer},
		{text: `update or ignore t set x = 1`, want: `t.x=1`, d: SQLite},
		{text: `insert into orders (id, user_id, at) values ($1, 'u', now())`, want: `orders.id=#0 orders.user_id='u' orders.at=?`},
		{text: `insert into orders (id, user_id) values (1, 7), (2, 7)`, want: `orders.id=[1 2] orders.user_id=7`},
		{text: `insert into e (a, b) values ($1, $2), ($2, $1)`, want: `e.a=[#0 #1] e.b=[#1 #0]`},
		{text: `insert into t (a, b) values (5, (select 1 from x where y in (1, 2))), (7, 8)`, want: `t.a=[5 7] t.b=[? 8]`},
		{text: `insert into orders values (1, 2)`, want: ``},
		{text: `insert into orders (a, b) values (1, 2, 3)`, want: `orders.a=? orders.b=?`},
		{text: `insert into orders (a, b) select x, y from t where z = 1`, want: `orders.a=? orders.b=?`},
		{text: `insert into orders default values`, want: ``},
		{text: `insert into orders set a = 1, b = ?`, want: `orders.a=1 orders.b=#0`, d: MySQL},
		{text: `insert into d (u, n) values ($1, $2) on conflict (u) do update set n = d.n + excluded.n, m = 5 where d.k = 3 returning n`, want: `d.u=#0 d.n=#1 d.m=?`},
		{text: `insert into d (u, n) values (?, ?) on duplicate key update n = values(n), m = 1`, want: `d.u=#0 d.n=#1 d.m=?`, d: MySQL},
		{text: `insert into d as x (u) values (1) on conflict do nothing`, want: `d.u=1`},
		{text: `replace into d (u) values (1)`, want: `d.u=1`, d: MySQL},
		{text: `SET NOCOUNT ON; INSERT INTO [d] ([u], [v]) OUTPUT INSERTED.[id] VALUES (@p0, @p1);`, want: `d.u=:p0 d.v=:p1`, d: SQLServer},
		{text: `insert into a (x) values (1); insert into a (x) values (2)`, want: `a.x=1 a.x=2`},
		{text: `insert into a (x, y) values (1, 2); insert into b (x) values (1)`, want: `a.x=1 a.y=? b.x=1`},
	} {
		s := Parse(tt.text, tt.d)
		assert.Equal(t, tt.want, show(s.Set), tt.text)
		assert.False(t, s.Truncated || s.Limited, "%s: %s", tt.text, flags(s))
	}
}

func TestInjectedTextIsReadAsTheDatabaseWould(t *testing.T) {
	for _, tt := range []struct {
		text, where, tables string
		d                   Dialect
	}{
		{text: `select id from entries where user_id = 7 and text like '%' or 1=1 --%'`, where: `entries.user_id=? entries.text=?`, tables: `entries`},
		{text: `select id from e where u = 7 and t = 'x' union select id from users --'`, where: `e.u=? e.t=?`, tables: `e users`},
		{text: `select id from e where u = 7 and t = 'x\' or 1=1 --'`, where: `e.u=7 e.t='x' or 1=1 --'`, tables: `e`, d: MySQL},
		{text: `select id from e where u = 7 and t = 'x\' or 1=1 --'`, where: `e.u=? e.t=?`, tables: `e`, d: PostgreSQL},
		{text: `select id from e where u = 7 and t = E'x\' or 1=1 --'`, where: `e.u=7 e.t='x' or 1=1 --'`, tables: `e`, d: PostgreSQL},
		{text: `select id from e where u = 7 /*!50000 or 1=1 */`, where: `e.u=?`, tables: `e`, d: MySQL},
		{text: `select id from e where u = 7 /*!50000 or 1=1 */`, where: `e.u=7`, tables: `e`, d: PostgreSQL},
		{text: `select id from e where u = 7 /* /* */ or 1=1 -- */`, where: `e.u=?`, tables: `e`, d: MySQL},
		{text: `select id from e where u = 7 /* /* */ or 1=1 -- */`, where: `e.u=7`, tables: `e`, d: PostgreSQL},
		{text: `select id from e where u = 7 # or 1=1`, where: `e.u=7`, tables: `e`, d: MySQL},
		{text: `select id from e where u = 7--1 or 1=1`, where: `e.u=?`, tables: `e`, d: MySQL},
		{text: "select id from e where t = $x$ ' or 1=1 $y$ $x$ and u = 7", where: `e.t=' ' or 1=1 $y$ ' e.u=7`, tables: `e`, d: PostgreSQL},
		{text: `select id from e where t = "x\". or 1=1 -- " and u = 7`, where: `e.t='x". or 1=1 -- ' e.u=7`, tables: `e`, d: MySQL},
		{text: `select id from e where t = 'it''s' and u = N'ü'`, where: `e.t='it's' e.u='ü'`, tables: `e`, d: SQLServer},
	} {
		s := Parse(tt.text, tt.d)
		assert.Equal(t, tt.where, show(s.Where), "%s %s", tt.d, tt.text)
		assert.Equal(t, tt.tables, join(s.Tables), tt.text)
	}
}

func TestWhatDialectsReadDifferentlyIsHiddenInTheGenericOne(t *testing.T) {
	for _, text := range []string{
		`select id from e where u = 7 and t = 'x\' or 1=1 --'`,
		`select id from e where u = 7 /*! or 1=1 */`,
		`select id from e where u = 7 /* /* */ or 1=1 -- */`,
		`select id from e where u = 7 # or 1=1`,
		`select id from e where u = 7 and t = $$ or 1=1 $$`,
		`select id from e where u = 7 and t = "x\" or 1=1 --"`,
	} {
		_, presence := Parse(text, Generic).Column(InWhere, "u", nil)
		assert.Equal(t, Hidden, presence, text)
	}
}
