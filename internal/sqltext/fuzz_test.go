package sqltext

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

func FuzzParse(f *testing.F) {
	for _, q := range queries {
		f.Add(q.text, uint8(q.d))
		f.Add(q.text[:len(q.text)*2/3], uint8(q.d))
	}
	for _, text := range []string{
		`select id from e where text like '%' or 1=1 --%'`, `/*! /* */ */ select $a$ $b$ $a$`, "'", `"`, "`", "[", "/*", "--", "(((", ")))", `N'`, `E'\`,
		`:a ::b :1 @@c @d %s %(e)s ?1 ?? ? $? $1 $f *** <redacted> [redacted] (...) ... …`, `"a--b"."select"."" . .5 5. 1e 1_000 0x`, "\x00\xff\xc3", `is "null" is null - - 5`,
		`insert into t (a, b) values (1, 2), (3, (select 4 from x where y = 1)) on conflict (a) do update set b = 3 where c = 4`,
		`((select 1) union (select 2)) except values (1), (1), (2)`, `case case when end end between and`, `- "select" - - ? , - 5`,
		`select 1 from t where 0 = a --`,
	} {
		for _, d := range dialects {
			f.Add(text, uint8(d))
		}
	}
	f.Fuzz(func(t *testing.T, text string, dialect uint8) {
		d := Dialect(dialect % 5)
		s := Parse(text, d)
		checkBounds(t, s)
		require.Equal(t, s.Skeleton, Parse(s.Skeleton, d).Skeleton, "the skeleton of a skeleton")
		require.Equal(t, s, Parse(strings.Clone(text), d), "twice the same")
		for _, in := range []Section{InWhere, InSet} {
			for _, c := range s.Columns(in) {
				_, presence := s.Column(in, c, nil)
				require.NotEqual(t, Absent, presence, c)
			}
		}
		cut := Parse(text+" ...", d)
		for _, c := range cut.Columns(InWhere) {
			_, presence := cut.Column(InWhere, c, nil)
			require.Equal(t, Hidden, presence)
		}
	})
}

func checkBounds(t *testing.T, s *Statement) {
	t.Helper()
	require.LessOrEqual(t, len(s.Skeleton), MaxSkeleton)
	require.LessOrEqual(t, len(s.Tables), MaxTables)
	require.LessOrEqual(t, len(s.Where)+len(s.Set), MaxPairs)
	require.True(t, utf8.ValidString(s.Skeleton))
	for _, table := range s.Tables {
		require.LessOrEqual(t, len(table), maxParts*(maxName+1)+2)
		require.True(t, utf8.ValidString(table))
	}
	for _, pairs := range [][]Pair{s.Where, s.Set} {
		for i := range pairs {
			require.LessOrEqual(t, len(pairs[i].Column), maxName)
			require.LessOrEqual(t, len(pairs[i].Value.Text), MaxLiteral+1)
			require.LessOrEqual(t, len(pairs[i].Value.List), maxValues)
			require.True(t, utf8.ValidString(pairs[i].Column) && utf8.ValidString(pairs[i].Value.Text))
		}
	}
}
