package apicall

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// statementSpan is a span of kind CLIENT from 100 to 250 ns.
func statementSpan(t *testing.T, a attrs) ptrace.Span {
	span := serverSpan(t, a)
	span.SetKind(ptrace.SpanKindClient)
	span.SetTraceID(pcommon.TraceID{1})
	span.SetSpanID(pcommon.SpanID{2})
	span.SetStartTimestamp(100)
	span.SetEndTimestamp(250)
	return span
}

func TestStatement(t *testing.T) {
	read := Statement{Start: 100, End: 250, Rows: -1, TraceID: pcommon.TraceID{1}, SpanID: pcommon.SpanID{2}}
	withText := read
	withText.System, withText.Operation, withText.Collection, withText.Text = "mysql", "SELECT", "orders", "SELECT * FROM orders"
	tests := []struct {
		name  string
		attrs attrs
		want  Statement
	}{
		{"stable", attrs{"db.system.name": "mysql", "db.operation.name": "SELECT", "db.collection.name": "orders", "db.query.text": "SELECT * FROM orders"}, withText},
		{"old", attrs{"db.system": "mysql", "db.operation": "SELECT", "db.sql.table": "orders", "db.statement": "SELECT * FROM orders"}, withText},
		{
			"both",
			attrs{
				"db.system.name": "mysql", "db.operation.name": "SELECT", "db.collection.name": "orders", "db.query.text": "SELECT * FROM orders",
				"db.system": "x", "db.operation": "x", "db.sql.table": "x", "db.statement": "x",
			},
			withText,
		},
		{"system alone", attrs{"db.system": "mysql"}, func() Statement { s := read; s.System = "mysql"; return s }()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			span := statementSpan(t, tt.attrs)
			r := newReader(t, Settings{})
			st := Statement{Operation: "left over", Collection: "left over", Text: "left over", Rows: 9}
			require.Equal(t, DBStatement, r.Span(span, &Scratch{}, &Call{}, &st))
			quick := tt.want
			quick.Operation, quick.Collection, quick.Text = "", "", ""
			assert.Equal(t, quick, st)
			r.StatementText(span, &st)
			assert.Equal(t, tt.want, st)
		})
	}
}

func TestStatementRows(t *testing.T) {
	for value, want := range map[any]int64{0: 0, 17: 17, "17": 17, 17.0: 17, -3: -1, "many": -1, "": -1, false: -1} {
		span := statementSpan(t, attrs{"db.system": "mysql", "db.response.returned_rows": value})
		var st Statement
		require.Equal(t, DBStatement, newReader(t, Settings{}).Span(span, &Scratch{}, &Call{}, &st))
		assert.Equal(t, want, st.Rows, "%T %v", value, value)
	}
}
