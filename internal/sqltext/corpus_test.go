package sqltext

// queries are statements in the styles of those that write them.
var queries = []struct {
	style, text string
	d           Dialect
	operation   string
	tables      string
	theirs      string // why go-sqllexer finds other tables or another operation; "" if it finds the same
}{
	// Hibernate.
	{"hibernate", `select o1_0.id,o1_0.created_at,o1_0.customer_id,o1_0.total from orders o1_0 where o1_0.id=?`, PostgreSQL, "SELECT", "orders", ""},
	{"hibernate", `select c1_0.id,c1_0.email,o1_0.customer_id,o1_0.id from customers c1_0 left join orders o1_0 on c1_0.id=o1_0.customer_id where c1_0.email=?`, PostgreSQL, "SELECT", "customers orders", ""},
	{"hibernate", `insert into orders (created_at,customer_id,total,id) values (?,?,?,?)`, PostgreSQL, "INSERT", "orders", ""},
	{"hibernate", `update orders set created_at=?,customer_id=?,total=?,version=? where id=? and version=?`, MySQL, "UPDATE", "orders", ""},
	{"hibernate", `delete from orders where id=? and version=?`, MySQL, "DELETE", "orders", ""},
	{"hibernate", `/* select p from Product p */ select p1_0.id,p1_0.name from product p1_0 where p1_0.name like ? escape '' fetch first ? rows only`, PostgreSQL, "SELECT", "product", ""},
	{"hibernate", `select nextval('orders_seq')`, PostgreSQL, "SELECT", "", ""},
	{"hibernate", `select next_val as id_val from hibernate_sequence for update`, MySQL, "SELECT", "hibernate_sequence", ""},
	{"hibernate", `select a1_0.id from account a1_0 where exists(select 1 from entry e1_0 where e1_0.account_id=a1_0.id and e1_0.amount>?)`, PostgreSQL, "SELECT", "account entry", ""},

	// GORM.
	{"gorm", `SELECT * FROM "users" WHERE "users"."id" = $1 AND "users"."deleted_at" IS NULL ORDER BY "users"."id" LIMIT $2`, PostgreSQL, "SELECT", "users", ""},
	{"gorm", `INSERT INTO "users" ("created_at","updated_at","deleted_at","name") VALUES ($1,$2,$3,$4),($5,$6,$7,$8) RETURNING "id"`, PostgreSQL, "INSERT", "users", ""},
	{"gorm", `UPDATE "users" SET "deleted_at"=$1 WHERE "users"."id" = $2 AND "users"."deleted_at" IS NULL`, PostgreSQL, "UPDATE", "users", ""},
	{"gorm", "SELECT `users`.`id`,`Company`.`name` AS `Company__name` FROM `users` LEFT JOIN `companies` `Company` ON `users`.`company_id` = `Company`.`id` WHERE `users`.`id` = ?", MySQL, "SELECT", "users companies", ""},
	{"gorm", "INSERT INTO `pets` (`name`,`owner_id`) VALUES (?,?) ON DUPLICATE KEY UPDATE `name`=VALUES(`name`)", MySQL, "INSERT", "pets", "it takes the column behind UPDATE for a table; ours is right"},
	{"gorm", `SELECT count(*) FROM "users" WHERE name = 'jinzhu' OR name = 'jinzhu 2'`, PostgreSQL, "SELECT", "users", ""},

	// ActiveRecord.
	{"activerecord", `SELECT "posts".* FROM "posts" WHERE "posts"."user_id" = $1 AND "posts"."id" = $2 LIMIT $3`, PostgreSQL, "SELECT", "posts", ""},
	{"activerecord", `SELECT 1 AS one FROM "users" WHERE "users"."email" = $1 AND "users"."id" != $2 LIMIT $3`, PostgreSQL, "SELECT", "users", ""},
	{"activerecord", `SELECT COUNT(*) FROM "comments" INNER JOIN "posts" ON "comments"."post_id" = "posts"."id" WHERE "posts"."user_id" = $1`, PostgreSQL, "SELECT", "comments posts", ""},
	{"activerecord", `UPDATE "posts" SET "title" = $1, "updated_at" = $2 WHERE "posts"."id" = $3`, PostgreSQL, "UPDATE", "posts", ""},
	{"activerecord", `UPDATE "counters" SET "hits" = COALESCE("hits", 0) + 1 WHERE "counters"."id" = ?`, SQLite, "UPDATE", "counters", ""},
	{"activerecord", `DELETE FROM "likes" WHERE "likes"."id" IN (SELECT "likes"."id" FROM "likes" WHERE "likes"."user_id" = $1)`, PostgreSQL, "DELETE", "likes", ""},
	{"activerecord", `INSERT INTO "tags" ("name","created_at") VALUES ('a', CURRENT_TIMESTAMP) ON CONFLICT ("name") DO NOTHING RETURNING "id"`, PostgreSQL, "INSERT", "tags", ""},
	{"activerecord", `SAVEPOINT active_record_1`, PostgreSQL, "SAVEPOINT", "", "it knows no SAVEPOINT; ours is right"},
	{"activerecord", `RELEASE SAVEPOINT active_record_1`, PostgreSQL, "RELEASE", "", "it knows no RELEASE; ours is right"},

	// Django.
	{"django", `SELECT "shop_order"."id", "shop_order"."owner_id" FROM "shop_order" INNER JOIN "auth_user" ON ("shop_order"."owner_id" = "auth_user"."id") WHERE ("auth_user"."username" = %s AND "shop_order"."id" = %s) LIMIT 21`, PostgreSQL, "SELECT", "shop_order auth_user", ""},
	{"django", `INSERT INTO "shop_order" ("owner_id", "total") VALUES (%s, %s) RETURNING "shop_order"."id"`, PostgreSQL, "INSERT", "shop_order", ""},
	{"django", `UPDATE "shop_order" SET "total" = ("shop_order"."total" + %s) WHERE "shop_order"."id" IN (%s, %s)`, PostgreSQL, "UPDATE", "shop_order", ""},
	{"django", "SELECT `django_session`.`session_key` FROM `django_session` WHERE (`django_session`.`expire_date` > %s AND `django_session`.`session_key` = %s)", MySQL, "SELECT", "django_session", ""},
	{"django", `SELECT (1) AS "a" FROM "auth_user" WHERE "auth_user"."username" = %s LIMIT 1`, SQLite, "SELECT", "auth_user", ""},
	{"django", `SELECT EXTRACT(YEAR FROM "shop_order"."at" AT TIME ZONE 'UTC') AS "y" FROM "shop_order" GROUP BY 1`, PostgreSQL, "SELECT", "shop_order", "it takes the FROM of EXTRACT for a table; ours is right"},

	// EF Core.
	{"efcore", `SELECT TOP(1) [b].[Id], [b].[Url] FROM [Blogs] AS [b] WHERE [b].[Id] = @__id_0`, SQLServer, "SELECT", "blogs", ""},
	{"efcore", `SELECT [b].[Id], [p].[Id] FROM [Blogs] AS [b] LEFT JOIN [Posts] AS [p] ON [b].[Id] = [p].[BlogId] WHERE [b].[OwnerId] = @__owner_0 ORDER BY [b].[Id]`, SQLServer, "SELECT", "blogs posts", ""},
	{"efcore", "SET IMPLICIT_TRANSACTIONS OFF;\nSET NOCOUNT ON;\nINSERT INTO [Blogs] ([Url], [OwnerId])\nOUTPUT INSERTED.[Id]\nVALUES (@p0, @p1);", SQLServer, "INSERT", "blogs", ""},
	{"efcore", "SET NOCOUNT ON;\nUPDATE [Blogs] SET [Url] = @p0\nOUTPUT 1\nWHERE [Id] = @p1;", SQLServer, "UPDATE", "blogs", ""},
	{"efcore", `DELETE FROM [b] FROM [Blogs] AS [b] WHERE [b].[Rating] < 3`, SQLServer, "DELETE", "blogs", "it takes the alias for a table; ours is right"},
	{"efcore", `SELECT [t].[Id] FROM ( SELECT TOP(@__p_0) [b].[Id] FROM [Blogs] AS [b] ORDER BY [b].[Id] ) AS [t] INNER JOIN [dbo].[Posts] AS [p] ON [t].[Id] = [p].[BlogId]`, SQLServer, "SELECT", "blogs dbo.posts", ""},
	{"efcore", `SELECT COUNT(*) FROM [Orders] AS [o] WITH (NOLOCK) WHERE [o].[UserId] = N'x'`, SQLServer, "SELECT", "orders", ""},

	// SQLAlchemy.
	{"sqlalchemy", `SELECT users.id AS users_id, users.name AS users_name FROM users WHERE users.id = %(pk_1)s`, PostgreSQL, "SELECT", "users", ""},
	{"sqlalchemy", `SELECT anon_1.id FROM (SELECT items.id AS id FROM items WHERE items.owner = :owner_1 LIMIT :param_1) AS anon_1 LEFT OUTER JOIN tags AS tags_1 ON anon_1.id = tags_1.item_id`, PostgreSQL, "SELECT", "items tags", ""},
	{"sqlalchemy", `INSERT INTO items (name, owner) VALUES (%(name_m0)s, %(owner_m0)s), (%(name_m1)s, %(owner_m1)s)`, PostgreSQL, "INSERT", "items", ""},
	{"sqlalchemy", `WITH RECURSIVE tree(id, parent) AS (SELECT nodes.id, nodes.parent FROM nodes WHERE nodes.id = $1::INTEGER UNION ALL SELECT nodes.id, nodes.parent FROM nodes, tree WHERE nodes.parent = tree.id) SELECT tree.id FROM tree`, PostgreSQL, "SELECT", "nodes", "it takes RECURSIVE for the name of the expression; ours is right"},
	{"sqlalchemy", `UPDATE items SET owner=? WHERE items.id = ? AND items.owner = ?`, SQLite, "UPDATE", "items", ""},
	{"sqlalchemy", `BEGIN (implicit)`, SQLite, "BEGIN", "", ""},

	// Prisma.
	{"prisma", `SELECT "public"."User"."id", "public"."User"."email" FROM "public"."User" WHERE ("public"."User"."id" = $1 AND 1=1) LIMIT $2 OFFSET $3`, PostgreSQL, "SELECT", "public.user", ""},
	{"prisma", `INSERT INTO "public"."Post" ("title","authorId") VALUES ($1,$2) RETURNING "public"."Post"."id"`, PostgreSQL, "INSERT", "public.post", ""},
	{"prisma", `SELECT "t0"."id" FROM "public"."Post" AS "t0" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t1"."id" FROM "public"."Tag" AS "t1" WHERE "t0"."id" = "t1"."postId") AS "t3") AS "Post_tags" ON TRUE WHERE "t0"."authorId" = $1`, PostgreSQL, "SELECT", "public.post public.tag", ""},
	{"prisma", "DELETE FROM `shop`.`Post` WHERE (`shop`.`Post`.`id` = ? AND 1=1)", MySQL, "DELETE", "shop.post", ""},

	// A bank.
	{"bank", "select a.id, a.user_id, u.display_name, u.email, a.kind, a.iban, a.balance, a.opened_at\nfrom accounts a join users u on u.id = a.user_id where a.id = $1", PostgreSQL, "SELECT", "accounts users", ""},
	{"bank", `select id, kind, iban, balance from accounts where user_id = $1 order by id`, PostgreSQL, "SELECT", "accounts", ""},
	{"bank", `select id, name, city, street, phone from branches where city = $1 or $1 = '' order by id`, PostgreSQL, "SELECT", "branches", ""},
	{"bank", "insert into entries (account_id, counter_account, amount, text, reference, period, booked_at)\nvalues ($1, $2, $3, $5, $6, $7, $8), ($2, $1, $4, $5, $6, $7, $8)\non conflict (reference, account_id) do nothing", PostgreSQL, "INSERT", "entries", ""},
	{"bank", `update accounts set balance = balance + $2 where id = $1`, PostgreSQL, "UPDATE", "accounts", ""},
	{"bank", `select e.id, e.account_id, e.text, e.amount, e.booked_at from entries e join accounts a on a.id = e.account_id where a.user_id = $1 and lower(e.text) like '%rent%' order by e.booked_at desc, e.id desc limit 50`, PostgreSQL, "SELECT", "entries accounts", ""},
	{"bank", "with own as (\n  select period, sum(case when amount > 0 then amount else 0 end) as received, sum(sum(amount)) over (order by period) as balance\n  from entries where account_id = $1 group by period\n), everybody as (\n  select period, cast(sum(amount) as bigint) / (select count(*) from accounts) as received\n  from entries where period < $2 and account_id <> $3 group by period\n)\nselect own.period, own.received, coalesce(everybody.received, 0)\nfrom own left join everybody on everybody.period = own.period\norder by own.period desc limit 12", PostgreSQL, "SELECT", "entries accounts", "it takes the second expression for a table; ours is right"},
	{"bank", "insert into daily_totals (user_id, day, amount) values ($1, $2, $3)\non conflict (user_id, day) do update set amount = daily_totals.amount + excluded.amount\nreturning amount", PostgreSQL, "INSERT", "daily_totals", ""},
	{"bank", `update transfers set status = 'executed', executed_at = $2 where id = $1 and status <> 'executed'`, PostgreSQL, "UPDATE", "transfers", ""},

	// A shop.
	{"shop", `SELECT id, label, stock FROM articles WHERE id=$1`, PostgreSQL, "SELECT", "articles", ""},
	{"shop", `SELECT a.*, k.name AS kind_name FROM articles a LEFT JOIN article_kinds k ON a.kind_id=k.id WHERE a.id=$1`, PostgreSQL, "SELECT", "articles article_kinds", ""},
	{"shop", `SELECT article_id, COUNT(article_id) AS pieces FROM basket_lines GROUP BY article_id LIMIT 3`, PostgreSQL, "SELECT", "basket_lines", ""},
	{"shop", `SELECT k.* FROM buyers k LEFT JOIN baskets b ON k.id=b.buyer_id LEFT JOIN basket_lines l ON b.id=l.basket_id LEFT JOIN articles a ON l.article_id=a.id WHERE a.id=$1 LIMIT $2`, PostgreSQL, "SELECT", "buyers baskets basket_lines articles", ""},
	{"shop", `INSERT INTO baskets (buyer_id) VALUES ($1) RETURNING id`, PostgreSQL, "INSERT", "baskets", ""},

	// Others.
	{"other", `CREATE TABLE IF NOT EXISTS "audit" ("id" bigserial, "at" timestamptz, PRIMARY KEY ("id"))`, PostgreSQL, "CREATE", "audit", ""},
	{"other", `CREATE UNIQUE INDEX "i" ON "audit" ("at")`, PostgreSQL, "CREATE", "audit", "it does not look behind ON; ours is right"},
	{"other", `ALTER TABLE audit ADD COLUMN who text`, PostgreSQL, "ALTER", "audit", ""},
	{"other", `TRUNCATE TABLE audit, orders`, PostgreSQL, "TRUNCATE", "audit orders", ""},
	{"other", `DROP TABLE IF EXISTS audit`, PostgreSQL, "DROP", "audit", ""},
	{"other", `MERGE INTO stock AS s USING delivery AS d ON s.id = d.id WHEN MATCHED THEN UPDATE SET n = s.n + d.n`, PostgreSQL, "MERGE", "stock delivery", "it takes SET for a table and does not look behind USING; ours is right"},
	{"other", `EXPLAIN ANALYZE SELECT * FROM audit`, PostgreSQL, "EXPLAIN", "audit", ""},
	{"other", `CALL settle_day($1)`, PostgreSQL, "CALL", "", "it knows no CALL; ours is right"},
	{"other", `COMMIT`, PostgreSQL, "COMMIT", "", ""},
	{"other", `SELECT * FROM a, b AS x, c y WHERE a.id = x.id`, PostgreSQL, "SELECT", "a b c", ""},
	{"other", `DELETE o FROM orders o JOIN users u ON u.id = o.user_id WHERE u.gone = 1`, MySQL, "DELETE", "orders users", ""},
	{"other", `SELECT x.id FROM generate_series(1, $1) AS x JOIN things t ON t.id = x.id`, PostgreSQL, "SELECT", "things", "it takes the function for a table; ours is right"},
	{"other", `SELECT * FROM t WHERE a IS DISTINCT FROM b AND trim(both from c) = 'x'`, PostgreSQL, "SELECT", "t", "it takes what stands behind the other FROMs for tables; ours is right"},
	{"other", `REPLACE INTO settings (k, v) VALUES (?, ?)`, MySQL, "REPLACE", "settings", "it knows no REPLACE; ours is right"},
	{"other", `INSERT INTO archive (id) SELECT id FROM orders WHERE at < ?`, MySQL, "INSERT", "archive orders", ""},
	{"other", `SELECT id FROM a UNION ALL SELECT id FROM b ORDER BY 1`, MySQL, "SELECT", "a b", ""},
}
