package sqltext

import (
	"fmt"
	"testing"

	"github.com/DataDog/go-sqllexer"
)

// typical are distinct statements of 80 to 200 bytes, as applications send them.
var typical = func() (all []string) {
	for _, format := range []string{
		`select id, status, account_id, product_id, quantity, price, total, created_at from payments_%d where id = $1 and user_id = $2`,
		`SELECT "invoices_%d".* FROM "invoices" WHERE "invoices"."customer_id" = $1 AND "invoices"."state" = $2 ORDER BY "invoices"."id" ASC LIMIT $3`,
		`INSERT INTO basket_lines_%d (basket_id, article_id, amount, price) VALUES ($1, $2, $3, $4) RETURNING id`,
		`update transfers set status = 'executed_%d', executed_at = $2 where id = $1 and status <> 'executed'`,
		`SELECT a.id, a.title, k.name AS kind_name FROM articles_%d a LEFT JOIN kinds k ON a.kind_id=k.id WHERE a.id=$1`,
		`delete from sessions_%d where user_id = ? and expires_at < now() and revoked_at is null and kind in (?, ?, ?)`,
		"SELECT `baskets`.`id`, `baskets`.`owner` FROM `baskets` WHERE `baskets`.`owner` = %d AND `baskets`.`deleted_at` IS NULL",
	} {
		for i := range 200 {
			all = append(all, fmt.Sprintf(format, i))
		}
	}
	return all
}()

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	i, bytes := 0, 0
	for _, s := range typical {
		bytes += len(s)
	}
	for b.Loop() {
		Parse(typical[i], PostgreSQL)
		if i++; i == len(typical) {
			i = 0
		}
	}
	b.ReportMetric(float64(bytes)/float64(len(typical)), "bytes/statement")
}

func BenchmarkCacheHit(b *testing.B) {
	c := NewCache(10_000, 32<<20)
	for _, s := range typical {
		c.Get(s, PostgreSQL)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Get(typical[i], PostgreSQL)
		if i++; i == len(typical) {
			i = 0
		}
	}
}

// BenchmarkCacheFlood asks for texts that never come twice.
func BenchmarkCacheFlood(b *testing.B) {
	c := NewCache(500, 1<<20)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		c.Get(typical[i], PostgreSQL)
		if i++; i == len(typical) {
			i = 0
		}
	}
}

func BenchmarkColumn(b *testing.B) {
	var statements []*Statement
	for _, s := range typical {
		statements = append(statements, Parse(s, PostgreSQL))
	}
	var p Parameters
	for i, v := range []string{"7", "paid", "12", "3"} {
		p.Add(fmt.Sprint(i), v)
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		statements[i].Column(InWhere, "user_id", &p)
		if i++; i == len(statements) {
			i = 0
		}
	}
}

// BenchmarkOtherLexer normalises the same statements with go-sqllexer, which finds no pairs.
func BenchmarkOtherLexer(b *testing.B) {
	normalizer := sqllexer.NewNormalizer(sqllexer.WithCollectCommands(true), sqllexer.WithCollectTables(true))
	obfuscator := sqllexer.NewObfuscator(sqllexer.WithReplaceDigits(true))
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if _, _, err := sqllexer.ObfuscateAndNormalize(typical[i], obfuscator, normalizer, sqllexer.WithDBMS(sqllexer.DBMSPostgres)); err != nil {
			b.Fatal(err)
		}
		if i++; i == len(typical) {
			i = 0
		}
	}
}
