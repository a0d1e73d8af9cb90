package check

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// rule is one rule of a test.
type rule struct{ id, api, check string }

func book(t testing.TB, rules ...rule) *invariant.Book {
	t.Helper()
	var maps []map[string]any
	for _, r := range rules {
		maps = append(maps, map[string]any{"id": r.id, "api": r.api, "check": r.check})
	}
	file, err := rulefile.FromMaps("rules", maps)
	require.NoError(t, err)
	b, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	require.NoError(t, err)
	return b
}

func checker(t testing.TB, s Settings, rules ...rule) *Checker {
	t.Helper()
	c, err := New(book(t, rules...), s)
	require.NoError(t, err)
	return c
}

// scene is spans of one batch.
type scene struct{ ptrace.SpanSlice }

func newScene() (ptrace.Traces, scene) {
	td := ptrace.NewTraces()
	return td, scene{td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()}
}

func (s scene) add(kind ptrace.SpanKind, trace, id, parent uint64, start int64) pcommon.Map {
	span := s.AppendEmpty()
	span.SetKind(kind)
	var traceID pcommon.TraceID
	binary.BigEndian.PutUint64(traceID[8:], trace)
	span.SetTraceID(traceID)
	span.SetSpanID(spanID(id))
	span.SetParentSpanID(spanID(parent))
	span.SetStartTimestamp(pcommon.Timestamp(start))
	return span.Attributes()
}

func spanID(n uint64) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

// call is a call of GET /orders.
func (s scene) call(trace, id, parent uint64, start int64) {
	m := s.add(ptrace.SpanKindServer, trace, id, parent, start)
	m.PutStr("http.request.method", "GET")
	m.PutStr("http.route", "/orders")
	m.PutInt("http.response.status_code", 200)
}

func (s scene) statement(trace, id, parent uint64, sql string) {
	m := s.add(ptrace.SpanKindClient, trace, id, parent, 1)
	m.PutStr("db.system.name", "postgresql")
	m.PutStr("db.query.text", sql)
}

// judged are the violations as "trace/span rule", in their order.
func judged(t *testing.T, c *Checker) (found []string) {
	t.Helper()
	short := func(id string) string { return id[len(id)-1:] }
	require.NoError(t, c.Judge(t.Context(), func(v *Violation) error {
		found = append(found, short(v.TraceID)+"/"+short(v.SpanID)+" "+v.Invariant)
		return nil
	}))
	return found
}

func TestViolationsAreOrderedByStartTraceSpanAndRule(t *testing.T) {
	c := checker(t, DefaultSettings(),
		rule{"deferred", "GET /orders", "db.complete.size() > 0"},
		rule{"immediate", "GET /orders", "resp.status == 404"},
		rule{"deferred-too", "GET /orders", "calls.complete.exists(c, c.status == 404)"},
	)
	td, s := newScene()
	s.call(3, 1, 0, 10)
	s.call(2, 2, 0, 20)
	s.call(2, 1, 0, 20)
	s.call(1, 5, 0, 20)
	s.call(4, 1, 0, 5)
	c.Read(td)
	var want []string
	for _, call := range []string{"4/1", "3/1", "1/5", "2/1", "2/2"} {
		for _, id := range []string{"deferred", "immediate", "deferred-too"} {
			want = append(want, call+" "+id)
		}
	}
	assert.Equal(t, want, judged(t, c))
	assert.Equal(t, Counts{Calls: 5, Traces: 4, Violations: 15}, c.Counts())
}

// Traces are judged one after the other, also where they go on side by side.
func TestViolationsOfOverlappingTracesAreOrderedByStart(t *testing.T) {
	c := checker(t, DefaultSettings(), rule{"bad", "GET /orders", "resp.status == 404"})
	td, s := newScene()
	s.call(3, 1, 0, 10)
	s.call(3, 3, 1, 20)
	s.call(3, 2, 1, 20)
	s.call(3, 4, 1, 40)
	s.call(2, 1, 0, 20)
	s.call(2, 2, 1, 40)
	s.call(1, 1, 0, 30)
	s.call(1, 2, 1, 50)
	c.Read(td)
	want := []string{"3/1", "2/1", "3/2", "3/3", "1/1", "2/2", "3/4", "1/2"}
	for i := range want {
		want[i] += " bad"
	}
	assert.Equal(t, want, judged(t, c))
}

// Calls that no rule is about count, and stand between what is above and below them.
func TestCallsWithoutRulesBoundWhatIsBeneathOthers(t *testing.T) {
	c := checker(t, DefaultSettings(), rule{"no-deletes", "GET /orders", `db.all(s, s.op != "DELETE")`})
	td, s := newScene()
	s.call(1, 1, 0, 10)
	other := s.add(ptrace.SpanKindServer, 1, 2, 1, 11)
	other.PutStr("http.request.method", "POST")
	other.PutStr("http.route", "/cleanings")
	s.statement(1, 3, 2, "DELETE FROM orders")
	s.statement(1, 4, 1, "SELECT * FROM orders WHERE id = 1")
	c.Read(td)
	assert.Empty(t, judged(t, c))
	assert.Equal(t, Counts{Calls: 2, Traces: 1, Statements: 2}, c.Counts())
	assert.Equal(t, 1, c.Tallies()[0].Held)
}

func TestSpansThatComeAgainCountOnce(t *testing.T) {
	c := checker(t, DefaultSettings(), rule{"no-deletes", "GET /orders", `db.all(s, s.op != "DELETE")`})
	td, s := newScene()
	s.call(1, 1, 0, 10)
	s.statement(1, 2, 1, "DELETE FROM orders")
	c.Read(td)
	c.Read(td)
	assert.Equal(t, []string{"1/1 no-deletes"}, judged(t, c))
	assert.Equal(t, Counts{Calls: 1, Traces: 1, Statements: 1, Violations: 1}, c.Counts())
}

// What was left out of a trace for want of room may have been what a rule looks for.
func TestWhatWasLeftOutViolatesNothing(t *testing.T) {
	rules := []rule{
		{"some", "GET /orders", `db.complete.exists(s, s.table == "orders")`},
		{"few", "GET /orders", "db.complete.size() < 3"},
	}
	td, s := newScene()
	s.call(1, 1, 0, 10)
	for id := range uint64(4) {
		s.statement(1, id+2, 1, "SELECT * FROM customers WHERE id = 1")
	}
	s.statement(1, 6, 1, "SELECT * FROM orders WHERE id = 1")

	whole := checker(t, DefaultSettings(), rules...)
	whole.Read(td)
	assert.Equal(t, []string{"1/1 few"}, judged(t, whole))

	settings := DefaultSettings()
	settings.MaxSpansPerTrace = 3
	cut := checker(t, settings, rules...)
	cut.Read(td)
	assert.Empty(t, judged(t, cut))
	assert.Equal(t, int64(3), cut.Counts().Refused)
	for i := range rules {
		calls, reason := cut.Tallies()[i].NotApplicable()
		assert.Equal(t, 1, calls, rules[i].id)
		assert.Equal(t, invariant.Unobserved, reason)
	}
}

func TestCallsThatThereIsNoRoomForAreCounted(t *testing.T) {
	settings := DefaultSettings()
	settings.MaxBytes = 1 << 20
	c := checker(t, settings, rule{"bad", "GET /orders", "resp.status == 404"})
	const calls = 5000
	for i := range uint64(calls) {
		td, s := newScene()
		s.call(i+1, 1, 0, int64(i))
		c.Read(td)
	}
	found := judged(t, c)
	counts := c.Counts()
	assert.Positive(t, counts.Unjudged)
	assert.Less(t, counts.Unjudged, int64(calls))
	assert.Equal(t, calls, counts.Calls+int(counts.Unjudged))
	assert.Len(t, found, counts.Calls)
}

func TestSpansWithoutIDsArePassedOver(t *testing.T) {
	c := checker(t, DefaultSettings(), rule{"bad", "GET /orders", "resp.status == 404"})
	td, s := newScene()
	s.call(0, 1, 0, 10)
	s.call(1, 0, 0, 10)
	c.Read(td)
	assert.Empty(t, judged(t, c))
	assert.Equal(t, Counts{Nameless: 2}, c.Counts())
}

func TestJudgingEndsWithTheFirstErrorAndTheContext(t *testing.T) {
	read := func() *Checker {
		c := checker(t, DefaultSettings(), rule{"bad", "GET /orders", "resp.status == 404"})
		td, s := newScene()
		s.call(1, 1, 0, 10)
		s.call(2, 1, 0, 11)
		c.Read(td)
		return c
	}
	full := errors.New("the disk is full")
	handed := 0
	assert.ErrorIs(t, read().Judge(t.Context(), func(*Violation) error { handed++; return full }), full)
	assert.Equal(t, 1, handed)

	ctx, cancel := context.WithCancel(t.Context())
	assert.ErrorIs(t, read().Judge(ctx, func(*Violation) error { handed++; cancel(); return nil }), context.Canceled)
	assert.Equal(t, 2, handed)
}

func TestOfSeveralReasonsTheMostFrequentIsTold(t *testing.T) {
	var tally Tally
	calls, reason := tally.NotApplicable()
	assert.Zero(t, calls)
	assert.Equal(t, invariant.None, reason)
	for _, reason := range []invariant.Reason{invariant.Unknown, invariant.Missing, invariant.Cost, invariant.Unknown} {
		tally.count(&invariant.Verdict{Reason: reason})
	}
	tally.count(&invariant.Verdict{Outcome: invariant.Holds})
	calls, reason = tally.NotApplicable()
	assert.Equal(t, 4, calls)
	assert.Equal(t, invariant.Unknown, reason)
	assert.Equal(t, 1, tally.Applied())
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	b := book(t, rule{"bad", "GET /orders", "resp.status == 404"})
	for want, change := range map[string]func(*Settings){
		"client key":   func(s *Settings) { s.Calls.ClientKey = []string{""} },
		"request body": func(s *Settings) { s.Bodies.Request = []string{""} },
		"max_bytes":    func(s *Settings) { s.MaxBytes = 1 },
	} {
		s := DefaultSettings()
		change(&s)
		_, err := New(b, s)
		assert.ErrorContains(t, err, want)
	}
}
