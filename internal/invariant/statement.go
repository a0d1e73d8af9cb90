package invariant

import (
	"strconv"
	"strings"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// statementView shows a statement to the interpreter.
type statementView struct {
	object
	statement  *Statement
	where, set columnMap
}

func newStatementView() *statementView {
	v := new(statementView)
	v.object = object{typeStatement, v}
	v.where = columnMap{view: v, section: sqltext.InWhere}
	v.where.finder = &v.where
	v.set = columnMap{view: v, section: sqltext.InSet}
	v.set.finder = &v.set
	return v
}

// known is a text of the statement: where the statement was not read to its end there may be more.
func (v *statementView) known(s string) ref.Val {
	if s == "" {
		return errUnknown
	}
	return types.String(s)
}

func (v *statementView) operation() ref.Val { return v.known(v.statement.SQL.Operation) }

func (v *statementView) table() ref.Val {
	if len(v.statement.SQL.Tables) == 0 {
		if v.cut() {
			return errUnknown
		}
		return types.String("")
	}
	return types.String(v.statement.SQL.Tables[0])
}

func (v *statementView) tables() ref.Val {
	if v.cut() {
		return errUnknown
	}
	return types.NewStringList(types.DefaultTypeAdapter, v.statement.SQL.Tables)
}

func (v *statementView) skeleton() ref.Val {
	if v.cut() || len(v.statement.SQL.Skeleton) >= sqltext.MaxSkeleton { // a longer one is cut
		return errUnknown
	}
	return v.known(v.statement.SQL.Skeleton)
}

// cut is true where a part of the statement was not seen.
func (v *statementView) cut() bool { return v.statement.SQL.Truncated || v.statement.SQL.Limited }

func (v *statementView) conditions() ref.Val  { return &v.where }
func (v *statementView) assignments() ref.Val { return &v.set }
func (v *statementView) system() ref.Val      { return text(v.statement.System) }

func (v *statementView) rows() ref.Val {
	if v.statement.Rows < 0 {
		return errMissing
	}
	return types.Int(v.statement.Rows)
}

// columnMap are the columns of one part of a statement with their values.
type columnMap struct {
	lookup
	view    *statementView
	section sqltext.Section
}

func (m *columnMap) find(column string) ref.Val {
	st := m.view.statement
	value, presence := st.SQL.Column(m.section, strings.ToLower(column), &st.Parameters)
	switch presence {
	case sqltext.Absent:
		return absent
	case sqltext.Known:
		return valueOfSQL(&value)
	}
	return errUnknown
}

// names is part of [finder].
func (m *columnMap) names() ([]string, *types.Err) {
	if m.view.cut() {
		return nil, errUnknown
	}
	if _, presence := m.view.statement.SQL.Column(m.section, noColumn, nil); presence != sqltext.Absent {
		return nil, errUnknown // not understood: there may be any
	}
	return m.view.statement.SQL.Columns(m.section), nil
}

// noColumn is a name that no column has.
const noColumn = "\x00"

// IsSet is part of [traits.FieldTester]: a column is there also where its value is not known, as in sanitised text.
func (m *columnMap) IsSet(index ref.Val) ref.Val {
	name, ok := index.(types.String)
	if !ok {
		return errMismatch
	}
	st := m.view.statement
	column := strings.ToLower(string(name))
	switch _, presence := st.SQL.Column(m.section, column, &st.Parameters); {
	case presence == sqltext.Absent:
		return types.False
	case presence == sqltext.Known, m.named(column):
		return types.True
	}
	return errUnknown
}

// named is true for a column that the statement surely pins or writes, with whatever value.
func (m *columnMap) named(column string) bool {
	if m.view.cut() {
		return false
	}
	sql, pairs := m.view.statement.SQL, m.view.statement.SQL.Where
	if m.section == sqltext.InSet {
		pairs = sql.Set
	}
	for i := range pairs {
		if pairs[i].Column == column && (m.section == sqltext.InSet || pairs[i].Value.Kind != sqltext.Unknown) {
			return true
		}
	}
	return false
}

// Contains is part of [traits.Container].
func (m *columnMap) Contains(index ref.Val) ref.Val { return m.IsSet(index) }

// valueOfSQL is a literal, or the text of a parameter.
func valueOfSQL(v *sqltext.Value) ref.Val {
	switch v.Kind {
	case sqltext.Null:
		return types.NullValue
	case sqltext.Bool:
		return types.Bool(v.Text == "true")
	case sqltext.Int:
		if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil {
			return types.Int(n)
		}
		if n, err := strconv.ParseUint(v.Text, 10, 64); err == nil {
			return types.Uint(n)
		}
		return big(v.Text)
	case sqltext.Float:
		if f, err := strconv.ParseFloat(v.Text, 64); err == nil {
			return types.Double(f)
		}
		return errUnknown
	case sqltext.Text:
		return types.String(v.Text)
	case sqltext.List:
		items := make([]ref.Val, len(v.List))
		for i := range v.List {
			item := valueOfSQL(&v.List[i])
			if isError(item) {
				return item
			}
			items[i] = item
		}
		return types.NewRefValList(types.DefaultTypeAdapter, items)
	}
	return errUnknown
}
