package ddl_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apispec/ddl"
)

var update = flag.Bool("update", false, "write the golden files anew")

// described is a schema as text, one line for each thing that it has.
func described(s *ddl.Schema) string {
	var b strings.Builder
	fmt.Fprintf(&b, "dialect %s, open %v\n", s.Dialect, s.Open)
	for i := range s.Tables {
		describe(&b, &s.Tables[i])
	}
	for _, skipped := range s.Skipped {
		fmt.Fprintf(&b, "skipped %d of %s, line %d\n", skipped.Count, skipped.What, skipped.Line)
	}
	return b.String()
}

func describe(b *strings.Builder, t *ddl.Table) {
	fmt.Fprintf(b, "table %s, line %d, whole %v: %s\n", t.FullName(), t.Line, t.Whole, strings.Join(t.Names, ", "))
	for i := range t.Columns {
		c := &t.Columns[i]
		fmt.Fprintf(b, "  %s %s (%s)", c.Name, c.Type, c.Declared)
		for _, flag := range []struct {
			is   bool
			word string
		}{
			{c.NotNull, "not null"},
			{c.Generated, "generated"},
			{c.Unsigned, "unsigned"},
			{c.AnyCase, "any case"},
			{c.MaxLength > 0, "at most " + strconv.Itoa(c.MaxLength)},
			{c.Enum != nil, "one of " + strings.Join(c.Enum, "|")},
		} {
			if flag.is {
				fmt.Fprintf(b, ", %s", flag.word)
			}
		}
		b.WriteByte('\n')
	}
	if t.PrimaryKey != nil {
		fmt.Fprintf(b, "  primary key %v\n", t.PrimaryKey)
	}
	for _, key := range t.Unique {
		fmt.Fprintf(b, "  unique %v\n", key)
	}
	for _, f := range t.ForeignKeys {
		fmt.Fprintf(b, "  %v references %s %v\n", f.Columns, f.Table, f.Keys)
	}
	for i := range t.Checks {
		fmt.Fprintf(b, "  check %s\n", checked(&t.Checks[i]))
	}
}

func checked(c *ddl.Check) string {
	text := c.Column
	if c.Low != nil {
		text += fmt.Sprintf(" from %v%s", c.Low.Value, open(c.Low))
	}
	if c.High != nil {
		text += fmt.Sprintf(" to %v%s", c.High.Value, open(c.High))
	}
	if c.In != nil {
		text += " in " + values(c.In...)
	}
	if c.Not != nil {
		text += " not " + values(*c.Not)
	}
	if c.Differs != "" {
		text += " differs from " + c.Differs
	}
	if c.Constraint != "" {
		text += " by " + c.Constraint
	}
	return text
}

func open(b *ddl.Bound) string {
	if b.Open {
		return " (open)"
	}
	return ""
}

func values(all ...ddl.Value) string {
	var texts []string
	for _, v := range all {
		if v.Number {
			texts = append(texts, v.Text)
		} else {
			texts = append(texts, strconv.Quote(v.Text))
		}
	}
	return strings.Join(texts, "|")
}

// What dumps of three databases say is what is written beside them.
func TestDumpsAreRead(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"postgresql", "mysql", "sqlite"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("testdata", name+".sql"))
			require.NoError(t, err)
			got := described(ddl.Read(string(text)))
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}
