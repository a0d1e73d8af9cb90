package ddl_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apispec/ddl"
)

// sound tells what no schema may be, whatever the text.
func sound(t *testing.T, s *ddl.Schema) {
	t.Helper()
	assert.LessOrEqual(t, len(s.Tables), ddl.MaxTables)
	names := make(map[string]bool)
	for i := range s.Tables {
		table := &s.Tables[i]
		assert.NotEmpty(t, table.Name)
		assert.False(t, names[table.FullName()+"\x00"], "%s is there twice", table.FullName())
		names[table.FullName()+"\x00"] = true
		assert.Contains(t, table.Names, table.FullName())
		assert.LessOrEqual(t, len(table.Columns), ddl.MaxColumns)
		columns := make(map[string]bool)
		for i := range table.Columns {
			c := &table.Columns[i]
			assert.False(t, columns[c.Name], "%s is there twice", c.Name)
			columns[c.Name] = true
			assert.True(t, utf8.ValidString(c.Name) && utf8.ValidString(c.Declared))
			assert.Equal(t, c.Name, strings.Map(func(r rune) rune {
				if 'A' <= r && r <= 'Z' {
					return r + 'a' - 'A'
				}
				return r
			}, c.Name))
			assert.LessOrEqual(t, len(c.Enum), ddl.MaxValues)
		}
		has := func(names []string) {
			for _, name := range names {
				assert.True(t, columns[name], name)
			}
		}
		has(table.PrimaryKey)
		for _, key := range table.Unique {
			has(key)
		}
		for _, f := range table.ForeignKeys {
			has(f.Columns)
			assert.True(t, f.Keys == nil || len(f.Keys) == len(f.Columns))
		}
		for i := range table.Checks {
			c := &table.Checks[i]
			has([]string{c.Column})
			said := []bool{c.In != nil, c.Not != nil, c.Low != nil || c.High != nil, c.Differs != ""}
			assert.Len(t, slices.DeleteFunc(said, func(is bool) bool { return !is }), 1, "%+v", c)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"postgresql.sql", "mysql.sql", "sqlite.sql"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		require.NoError(f, err)
		f.Add(string(text))
		for statement := range strings.SplitSeq(string(text), ";\n") {
			f.Add(statement)
		}
	}
	for _, text := range []string{
		"create table a (b enum('x', \"y\"), c int check (b in ('x') and (c between 1 and 2)))", "create table `a` (b int unsigned default -1 comment 'x')",
		"create type t as enum ('a'); create table a (b t[]); alter type t rename value 'a' to 'b'", "alter table a add (b int, c int)",
		"create table a.b.c (d int); alter table a.b.c rename to e; drop table e", "create trigger t begin end if; case end; end", "delimiter //",
		"copy a from stdin;\n1\n\\.\n", "\\i x\ncreate table a (b)", "$a$ $b$ $a$", "create table a ((((b int", "create table a (constraint", "[", "create",
		"create table a (b int default", "create table a (b int references", "create domain d d; create table a (b d)", "/*!", "/*!50 create table a (b int)*/",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sound(t, ddl.Read(text))
	})
}

// Texts that are made to be slow are read in time.
func TestTimeIsLinearInTheText(t *testing.T) {
	t.Parallel()
	const size = 1 << 20
	for name, piece := range map[string]string{
		"parentheses":          "(",
		"closed parentheses":   "()",
		"quotes":               "'",
		"dollars":              "$",
		"tags":                 "$a$",
		"open tables":          "create table a (",
		"broken items":         "alter table a add x int ((((((;",
		"columns":              "x int,",
		"renames":              "alter table a rename to b; alter table b rename to a;",
		"renamed enumerations": "alter type e rename to f; alter type f rename to e;",
		"unique keys":          "alter table a add unique (b);",
		"conditions":           "alter table a add check ((((b > 1) and (b < 2))));",
		"triggers":             "create trigger t begin end if case;",
		"delimiters":           "delimiter x\n",
		"copies":               "copy a from stdin;\n",
		"comments":             "/*",
		"executed comments":    "/*! */",
		"constraints":          "constraint ",
		"casts":                "::x",
		"domains":              "create domain d d;",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "create type e as enum ('a'); create table a (b int, c e); create table z (check (" + strings.Repeat(piece, size/len(piece))
			for _, text := range []string{text, strings.Replace(text, "create table z (check (", "", 1)} {
				done := make(chan struct{})
				go func() {
					defer close(done)
					sound(t, ddl.Read(text))
				}()
				select {
				case <-done:
				case <-time.After(time.Minute): // it takes a fraction of a second
					t.Fatal("it takes more than a minute")
				}
			}
		})
	}
}

// What is inside of each other a thousand times ends no stack.
func TestDeepNestingIsRead(t *testing.T) {
	t.Parallel()
	const depth = 60_000
	for _, text := range []string{
		"create table a (b int, check (" + strings.Repeat("(", depth) + "b > 0" + strings.Repeat(")", depth) + "))",
		"create table a (b int, check (" + strings.Repeat("(b > 0 and ", depth/10) + "b < 5" + strings.Repeat(")", depth/10) + "))",
		"create table a (b int, check (b = " + strings.Repeat("(", 2000) + "1" + strings.Repeat(")", 2000) + "))",
		"create table a (b " + strings.Repeat("x(", depth) + "1" + strings.Repeat(")", depth) + ")",
	} {
		s := ddl.Read(text)
		sound(t, s)
		assert.Len(t, s.Tables, 1)
	}
}
