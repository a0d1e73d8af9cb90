package apispec_test

import (
	"context"
	"encoding/binary"
	"maps"
	"slices"
	"strconv"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/check"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// call is an API call as telemetry has it; what is "" is not recorded.
type call struct {
	method, path, query string
	header              map[string]string
	request, response   string // bodies
	form                bool   // the request is a form
	status              int    // 0: 200
	statements          []statement
}

// statement is one that a call runs, with bound parameters.
type statement struct {
	system, text string // system "": postgresql
	parameters   []string
}

func (c *call) span(spans ptrace.SpanSlice, id uint64) {
	span := spans.AppendEmpty()
	place(span, id, 0)
	span.SetKind(ptrace.SpanKindServer)
	a := span.Attributes()
	status := c.status
	if status == 0 {
		status = 200
	}
	a.PutStr("http.request.method", c.method)
	a.PutStr("url.path", c.path)
	a.PutInt("http.response.status_code", int64(status))
	for name, value := range map[string]string{
		"url.query": c.query, "http.request.body.content": c.request, "http.response.body.content": c.response,
	} {
		if value != "" {
			a.PutStr(name, value)
		}
	}
	if c.form {
		a.PutEmptySlice("http.request.header.content-type").AppendEmpty().SetStr("application/x-www-form-urlencoded")
	}
	for name, value := range c.header {
		a.PutEmptySlice("http.request.header." + name).AppendEmpty().SetStr(value)
	}
	for i, s := range c.statements {
		s.span(spans, id, uint64(i+1))
	}
}

func (s *statement) span(spans ptrace.SpanSlice, parent, i uint64) {
	span := spans.AppendEmpty()
	place(span, parent+i, parent)
	span.SetKind(ptrace.SpanKindClient)
	a := span.Attributes()
	system := s.system
	if system == "" {
		system = "postgresql"
	}
	a.PutStr("db.system.name", system)
	a.PutStr("db.query.text", s.text)
	for i, p := range s.parameters {
		a.PutStr("db.query.parameter."+strconv.Itoa(i), p)
	}
}

func place(span ptrace.Span, id, parent uint64) {
	span.SetTraceID(pcommon.TraceID{15: 1})
	var bytes pcommon.SpanID
	binary.BigEndian.PutUint64(bytes[:], id)
	span.SetSpanID(bytes)
	if parent > 0 {
		binary.BigEndian.PutUint64(bytes[:], parent)
		span.SetParentSpanID(bytes)
	}
	span.SetStartTimestamp(pcommon.Timestamp(1e18 + id))
	span.SetEndTimestamp(pcommon.Timestamp(1e18 + id + 1))
}

// outcomes are what became of rules, by id; of rules that were not applicable there are none.
type outcomes map[string]invariant.Outcome

// violated are the ids of the rules that were, in order.
func (o outcomes) violated() []string {
	return slices.Sorted(maps.Keys(filtered(o, invariant.Violated)))
}

func (o outcomes) held() []string {
	return slices.Sorted(maps.Keys(filtered(o, invariant.Holds)))
}

func filtered(o outcomes, of invariant.Outcome) outcomes {
	o = maps.Clone(o)
	maps.DeleteFunc(o, func(_ string, is invariant.Outcome) bool { return is != of })
	return o
}

// compiled is a book of rules.
func compiled(t require.TestingT, rules []rulefile.Rule) *invariant.Book {
	book, err := invariant.Compile([]*rulefile.File{{Rules: rules}}, invariant.Options{})
	require.NoError(t, err)
	return book
}

// judge judges one call.
func judge(t require.TestingT, book *invariant.Book, c *call) outcomes {
	checker, err := check.New(book, check.DefaultSettings())
	require.NoError(t, err)
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "shop")
	c.span(rs.ScopeSpans().AppendEmpty().Spans(), 1<<32)
	checker.Read(td)
	require.NoError(t, checker.Judge(context.Background(), func(*check.Violation) error { return nil }))
	found := make(outcomes)
	for _, tally := range checker.Tallies() {
		switch {
		case tally.Violated > 0:
			found[tally.Rule.ID] = invariant.Violated
		case tally.Held > 0:
			found[tally.Rule.ID] = invariant.Holds
		}
	}
	return found
}
