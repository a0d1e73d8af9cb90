package apicall

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// statement reads what costs nearly nothing: most client spans are no database statements, and most readers want only
// to count those that are.
func statement(span ptrace.Span, st *Statement) Kind {
	var system, oldSystem string
	var rows pcommon.Value
	for k, v := range span.Attributes().All() {
		switch k {
		case "db.system.name":
			system = v.Str()
		case "db.system":
			oldSystem = v.Str()
		case "db.response.returned_rows":
			rows = v
		}
	}
	if system = firstOf(system, oldSystem); system == "" {
		return None
	}
	st.Start, st.End = interval(span)
	st.TraceID, st.SpanID = span.TraceID(), span.SpanID()
	st.System, st.Operation, st.Collection, st.Text = system, "", "", ""
	st.Rows = -1
	if rows != (pcommon.Value{}) {
		if n, ok := integer(rows); ok {
			st.Rows = n
		}
	}
	return DBStatement
}

// StatementText fills System, Operation, Collection and Text of a statement, "" for what is absent. The text is as the
// span has it: of any length, often sanitised or truncated.
func (*Reader) StatementText(span ptrace.Span, st *Statement) {
	var system, operation, collection, text string
	st.System, st.Operation, st.Collection, st.Text = "", "", "", ""
	for k, v := range span.Attributes().All() {
		switch k {
		case "db.system.name":
			st.System = v.Str()
		case "db.system":
			system = v.Str()
		case "db.operation.name":
			st.Operation = v.Str()
		case "db.operation":
			operation = v.Str()
		case "db.collection.name":
			st.Collection = v.Str()
		case "db.sql.table":
			collection = v.Str()
		case "db.query.text":
			st.Text = v.Str()
		case "db.statement":
			text = v.Str()
		}
	}
	st.System = firstOf(st.System, system)
	st.Operation = firstOf(st.Operation, operation)
	st.Collection = firstOf(st.Collection, collection)
	st.Text = firstOf(st.Text, text)
}

// firstOf returns the stable value, else the old one.
func firstOf(stable, old string) string {
	if stable != "" {
		return stable
	}
	return old
}
