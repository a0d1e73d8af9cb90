package sqltext

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// grown are texts that can be made of any length, by what they repeat.
var grown = map[string]struct{ head, unit, tail string }{
	"list":         {`select * from orders where id in (`, `1234567, `, `1)`},
	"open":         {``, `(`, ``},
	"parentheses":  {`select * from orders where `, `((1=1) and `, `id = 1`},
	"selects":      {``, `(select a from b where c in `, ``},
	"signs":        {`select `, `- `, `x`},
	"dots":         {``, `a.`, `b`},
	"column":       {`select 1 from t where `, `a.`, `b = 1`},
	"table":        {`select 1 from `, `a.`, `b`},
	"quotes":       {``, `'"`, ``},
	"comments":     {``, `/*`, ``},
	"closings":     {`/*`, `*/*`, ``},
	"tags":         {``, `$a$b`, ``},
	"percents":     {``, `%(`, ``},
	"conditions":   {`select * from t where `, `a = 1 and `, `b = 2`},
	"columns":      {`select * from t where a in (`, `b, `, `c)`},
	"tables":       {`select * from t`, ` join t on t.a = t.b`, ``},
	"expressions":  {`with `, `a as (select 1 from a), `, ` b as (select 2) select * from a`},
	"explain":      {``, `explain `, `select 1`},
	"rows":         {`insert into t (a, b) values `, `(1, (select 2 from t where c = 3)), `, `(1, 2)`},
	"nested rows":  {``, `with a as (insert into t (a) values (1, (with b as (select 1) select 2), (`, ``},
	"inserts":      {``, `insert into t (a) `, `select 1`},
	"cases":        {`select 1 from t where `, `case when a = 1 and `, ``},
	"unions":       {`select 1`, ` union select a from t where b = 1`, ``},
	"statements":   {``, `select a from t where b = 1;`, ``},
	"casts":        {`select 1 from t where a = 1`, `::int[]`, ``},
	"spaces":       {``, ` `, `…`},
	"placeholders": {`select 1 from t where a in (`, `?, `, `?)`},
	"drop":         {`drop table `, `a, `, `b`},
	"equalities":   {`select 1 from a, b where a.x = 1`, ` and a.x = b.y`, ``},
	"outer joins":  {`select 1 from a`, ` left join b on a.x = b.y and a.x = 1`, ` where a.x = 1`},
	"assignments":  {`update t set `, `a = (select 1), `, `b = 2`},
}

func TestTimeIsLinearInTheText(t *testing.T) {
	const short, long, most = 3 << 10, 24 << 10, 18 // eight times the length; tokens are bounded, so at least 28 times the time if it is quadratic
	for name, g := range grown {
		text := func(size int) string { return g.head + strings.Repeat(g.unit, size/len(g.unit)) + g.tail }
		for _, d := range []Dialect{PostgreSQL, MySQL} {
			ratio, quick, slow := most+1.0, time.Hour, time.Hour
			for try := 0; try < 20 && ratio > most; try++ { // a machine that is busy is not so each time
				quick, slow = min(quick, shortest(text(short), d)), min(slow, shortest(text(long), d))
				ratio = float64(slow) / float64(quick)
			}
			assert.LessOrEqual(t, ratio, float64(most), "%s %s", name, d)
		}
	}
}

// shortest is the time of one reading, of some.
func shortest(text string, d Dialect) time.Duration {
	least := time.Hour
	for range 3 {
		start := time.Now()
		Parse(text, d)
		least = min(least, time.Since(start))
	}
	return max(least, time.Microsecond)
}

func TestAMegabyteAndEndlessParenthesesAreRead(t *testing.T) {
	s := Parse(`select * from orders where id in (`+strings.Repeat("1234567, ", 120_000)+`1)`, MySQL)
	assert.True(t, s.Truncated)
	assert.Equal(t, `select * from orders where id in ( ? ,`, s.Skeleton)
	assert.Equal(t, []string{"orders"}, s.Tables)
	s = Parse(`select * from orders where `+strings.Repeat("(", 100_000)+`id = 1`+strings.Repeat(")", 100_000), MySQL)
	assert.True(t, s.Truncated && s.Limited)
	s = Parse(`select * from orders where `+strings.Repeat("(", 1000)+`id = 1`+strings.Repeat(")", 1000), MySQL)
	assert.True(t, s.Limited)
	_, presence := s.Column(InWhere, "id", nil)
	assert.Equal(t, Hidden, presence)
}
