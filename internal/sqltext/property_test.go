package sqltext

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// dialects of which a property is asked.
var dialects = []Dialect{Generic, PostgreSQL, MySQL, SQLite, SQLServer}

// drawn is a SELECT, UPDATE or INSERT whose literals are left open.
type drawn struct {
	words   []string // in order; "?" for a value
	columns []string
}

func drawStatement(t *rapid.T) drawn {
	name := rapid.SampledFrom([]string{"orders", "o2", "user_id", "state", "total", "shop"})
	var d drawn
	add := func(words ...string) { d.words = append(d.words, words...) }
	conditions := func() {
		for i := range rapid.IntRange(1, 4).Draw(t, "conditions") {
			if i > 0 {
				add(rapid.SampledFrom([]string{"and", "and", "and", "or"}).Draw(t, "joint"))
			}
			column := name.Draw(t, "column")
			d.columns = append(d.columns, column)
			switch rapid.IntRange(0, 5).Draw(t, "condition") {
			case 0:
				add(column, "in", "(", "?", ",", "?", ",", "?", ")")
			case 1:
				add(column, "<>", "?")
			case 2:
				add("(", column, "=", "?", ")")
			case 3:
				add(column, "is", "null")
			case 4:
				add("lower", "(", column, ")", "=", "?")
			default:
				add(column, "=", "?")
			}
		}
	}
	switch rapid.IntRange(0, 3).Draw(t, "verb") {
	case 0:
		column := name.Draw(t, "column")
		d.columns = append(d.columns, column)
		add("insert", "into", "orders", "(", "id", ",", column, ")", "values", "(", "?", ",", "?", ")", ",", "(", "?", ",", "?", ")")
	case 1:
		add("update", "orders", "set", name.Draw(t, "column"), "=", "?", "where")
		conditions()
	case 2:
		add("select", "*", "from", "orders", "where")
		conditions()
		add("union", "select", "*", "from", "shop", "where")
		conditions()
	default:
		add("select", "*", "from", "orders", "where")
		conditions()
		if rapid.Bool().Draw(t, "limited") {
			add("limit", "?")
		}
	}
	return d
}

// text writes the statement with values of its own in the place of each "?".
func (d drawn) text(value func(i int) string) string {
	words := make([]string, len(d.words))
	n := 0
	for i, w := range d.words {
		if words[i] = w; w == "?" {
			words[i] = value(n)
			n++
		}
	}
	return padded(strings.Join(words, " "))
}

// padded is the text with spaces behind it if its length alone would make it one that was cut.
func padded(text string) string {
	for isUsualLimit(len(text)) {
		text += " "
	}
	return text
}

func TestLiteralsAndPlaceholdersDoNotChangeTheSkeleton(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawStatement(t)
		dialect := rapid.SampledFrom(dialects).Draw(t, "dialect")
		want := Parse(d.text(func(int) string { return "?" }), dialect).Skeleton
		style := rapid.SampledFrom([]string{"$1", ":a", "@p0", "%s", "%(a)s", "?1", "7", "-7.5e3", "'it''s; -- (or'", "null", "true", "'?'", "***", "'" + strings.Repeat("x", 3000) + "'"})
		got := Parse(d.text(func(int) string { return style.Draw(t, "value") }), dialect)
		require.Equal(t, want, got.Skeleton)
		require.False(t, got.Truncated)
	})
}

func TestWhitespaceCommentsAndCaseChangeNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := drawStatement(t)
		dialect := rapid.SampledFrom(dialects).Draw(t, "dialect")
		plain := d.text(func(int) string { return "'Ab'" })
		gap := rapid.SampledFrom([]string{" ", "\n\t ", " /* or 1=1 */ ", " -- or 1=1 '(\n", "\r\n"})
		var other strings.Builder
		for _, w := range d.words {
			switch {
			case w == "?":
				w = "'Ab'"
			case rapid.Bool().Draw(t, "upper"):
				w = strings.ToUpper(w)
			}
			other.WriteString(gap.Draw(t, "gap"))
			other.WriteString(w)
		}
		require.Equal(t, Parse(plain, dialect), Parse(padded(other.String()), dialect), other.String())
	})
}

func TestACutTextNeitherLacksAColumnNorGivesItAnotherValue(t *testing.T) {
	p := bound("0", "a", "1", "b", "2", "c")
	check := func(t require.TestingT, text string, dialect Dialect, columns []string) {
		whole := Parse(text, dialect)
		for end := range len(text) {
			for _, mark := range []string{"", "...", "…"} {
				s := Parse(text[:end]+mark, dialect)
				if mark == "" && !s.Truncated {
					continue // where a whole statement could end, nobody can tell
				}
				for _, in := range []Section{InWhere, InSet} {
					for _, c := range columns {
						want, there := whole.Column(in, c, p)
						got, presence := s.Column(in, c, p)
						require.False(t, presence == Absent && there != Absent, "%s of %s", c, text[:end]+mark)
						require.False(t, presence == Known && (there != Known || !got.Equal(&want)), "%s of %s", c, text[:end]+mark)
					}
				}
			}
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		d := drawStatement(t)
		check(t, d.text(func(int) string { return "'x'" }), rapid.SampledFrom(dialects).Draw(t, "dialect"), d.columns)
	})
	for _, q := range queries {
		whole := Parse(q.text, q.d)
		check(t, q.text, q.d, append(whole.Columns(InWhere), whole.Columns(InSet)...))
	}
}
