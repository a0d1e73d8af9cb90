package replay_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// span is one of a scene. It is a call of GET /orders unless it is something else.
type span struct {
	trace, id, parent uint64
	start             int64
	sql               string
	other, client     bool
}

func (s span) put(into ptrace.SpanSlice) {
	out := into.AppendEmpty()
	out.SetTraceID(traceID(s.trace))
	out.SetSpanID(spanID(s.id))
	out.SetParentSpanID(spanID(s.parent))
	out.SetStartTimestamp(pcommon.Timestamp(s.start))
	out.SetEndTimestamp(pcommon.Timestamp(s.start + 5))
	m := out.Attributes()
	switch {
	case s.other:
		out.SetKind(ptrace.SpanKindInternal)
	case s.sql != "":
		out.SetKind(ptrace.SpanKindClient)
		m.PutStr("db.system.name", "postgresql")
		m.PutStr("db.query.text", s.sql)
	case s.client:
		out.SetKind(ptrace.SpanKindClient)
		m.PutStr("http.request.method", "GET")
	default:
		out.SetKind(ptrace.SpanKindServer)
		m.PutStr("http.request.method", "GET")
		m.PutStr("http.route", "/orders")
		m.PutStr("user.id", "ann")
		m.PutStr("http.request.body.content", `{"id": 1}`)
	}
}

func traceID(n uint64) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[8:], n)
	return id
}

func spanID(n uint64) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], n)
	return id
}

func batch(spans ...span) ptrace.Traces {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr("service.name", "shop")
	into := rs.ScopeSpans().AppendEmpty().Spans()
	for _, s := range spans {
		s.put(into)
	}
	return td
}

func book(t testing.TB, checks ...string) *invariant.Book {
	t.Helper()
	var maps []map[string]any
	for i, check := range checks {
		maps = append(maps, map[string]any{"id": fmt.Sprint("r", i), "api": "GET /orders", "check": check})
	}
	file, err := rulefile.FromMaps("rules", maps)
	require.NoError(t, err)
	b, err := invariant.Compile([]*rulefile.File{file}, invariant.Options{})
	require.NoError(t, err)
	return b
}

func reading(t testing.TB, b *invariant.Book) *replay.Replay {
	t.Helper()
	r, err := replay.New(b, replay.DefaultSettings())
	require.NoError(t, err)
	return r
}

// shown are the traces as "trace: span (statements, calls) ...", where a root has a * behind it.
func shown(t require.TestingT, r *replay.Replay) (list []string) {
	require.NoError(t, r.Traces(func(trace *replay.Trace) error {
		var b strings.Builder
		fmt.Fprintf(&b, "%d:", binary.BigEndian.Uint64(trace.Calls[0].Call.TraceID[8:]))
		for i := range trace.Calls {
			o := &trace.Calls[i]
			fmt.Fprintf(&b, " %d", binary.BigEndian.Uint64(o.Call.SpanID[:]))
			if o.Root {
				b.WriteByte('*')
			}
			for _, st := range o.Around.Statements {
				fmt.Fprintf(&b, " %s", st.SQL.Operation)
			}
			for _, c := range o.Around.Calls {
				fmt.Fprintf(&b, " >%d", binary.BigEndian.Uint64(c.SpanID[:]))
			}
		}
		list = append(list, b.String())
		return nil
	}))
	return list
}

func TestTracesComeByStartThenIDAndMayOverlap(t *testing.T) {
	r := reading(t, nil)
	r.Read(batch(
		span{trace: 3, id: 1, start: 10}, span{trace: 3, id: 2, parent: 1, start: 90},
		span{trace: 2, id: 1, start: 20}, span{trace: 1, id: 1, start: 20},
		span{trace: 4, id: 1, start: 5}, span{trace: 4, id: 2, parent: 1, start: 95},
	))
	want := []string{"4: 1* >2 2", "3: 1* >2 2", "1: 1*", "2: 1*"}
	assert.Equal(t, want, shown(t, r))
	assert.Equal(t, want, shown(t, r), "a second time")
	r.Read(batch(span{trace: 9, id: 1}))
	assert.Equal(t, want, shown(t, r), "after more was read")
	assert.Equal(t, replay.Counts{Calls: 6, Traces: 4}, r.Counts())
}

func TestCallsComeByStartParentsFirstThenID(t *testing.T) {
	r := reading(t, nil)
	r.Read(batch(
		span{trace: 1, id: 5, start: 10},
		span{trace: 1, id: 4, parent: 8, start: 10}, span{trace: 1, id: 8, parent: 5, other: true},
		span{trace: 1, id: 3, parent: 5, start: 10},
		span{trace: 1, id: 1, parent: 4, start: 10},
		span{trace: 1, id: 2, parent: 1, start: 9}, // its clock is behind
	))
	assert.Equal(t, []string{"1: 2 5* >3 >4 3 4 >1 1 >2"}, shown(t, r))
}

// Whoever writes the spans decides who is above whom.
func TestCallsAboveEachOtherComeInOneOrder(t *testing.T) {
	spans := []span{
		{trace: 1, id: 1, parent: 2, start: 10},
		{trace: 1, id: 2, parent: 3, start: 10},
		{trace: 1, id: 3, parent: 1, start: 10},
		{trace: 1, id: 4, parent: 3, start: 10},
		{trace: 1, id: 5, parent: 5, start: 10},
	}
	rapid.Check(t, func(t *rapid.T) {
		r, err := replay.New(nil, replay.DefaultSettings())
		require.NoError(t, err)
		for _, s := range rapid.Permutation(spans).Draw(t, "spans") {
			r.Read(batch(s))
		}
		got := shown(t, r)
		require.Len(t, got, 1)
		var order []string
		for _, word := range strings.Fields(got[0])[1:] {
			if word[0] != '>' {
				order = append(order, word)
			}
		}
		assert.Equal(t, []string{"1", "2", "3", "5*", "4"}, order)
	})
}

func TestHowSpansArriveChangesNoTrace(t *testing.T) {
	var spans []span
	for trace := range uint64(4) {
		at := int64(trace) * 10
		spans = append(spans,
			span{trace: trace + 1, id: 1, start: at}, span{trace: trace + 1, id: 2, parent: 1, start: at + 1, client: true},
			span{trace: trace + 1, id: 3, parent: 2, start: at + 20}, span{trace: trace + 1, id: 4, parent: 3, start: at + 20, sql: "SELECT 1 FROM a"},
			span{trace: trace + 1, id: 5, parent: 7, start: at + 2, sql: "DELETE FROM a"}, span{trace: trace + 1, id: 7, parent: 1, other: true},
		)
	}
	want := []string{"1: 1* DELETE >3 3 SELECT", "2: 1* DELETE >3 3 SELECT", "3: 1* DELETE >3 3 SELECT", "4: 1* DELETE >3 3 SELECT"}
	rapid.Check(t, func(t *rapid.T) {
		r, err := replay.New(nil, replay.DefaultSettings())
		require.NoError(t, err)
		arriving := rapid.Permutation(append(slices.Clone(spans), spans[:rapid.IntRange(0, len(spans)).Draw(t, "twice")]...)).Draw(t, "spans")
		for len(arriving) > 0 {
			n := rapid.IntRange(1, len(arriving)).Draw(t, "batch")
			r.Read(batch(arriving[:n]...))
			arriving = arriving[n:]
		}
		assert.Equal(t, want, shown(t, r))
		assert.Equal(t, replay.Counts{Calls: 8, Traces: 4, Statements: 8}, r.Counts())
	})
}

func TestWithoutABookEverythingIsRead(t *testing.T) {
	r := reading(t, nil)
	r.Read(batch(span{trace: 1, id: 1, start: 10}, span{trace: 1, id: 2, parent: 1, client: true}))
	require.NoError(t, r.Traces(func(trace *replay.Trace) error {
		o := trace.Calls[0]
		assert.Equal(t, "shop", o.Call.Service)
		assert.Equal(t, "ann", o.Call.User)
		assert.Equal(t, invariant.Body{Text: `{"id": 1}`, State: invariant.WholeBody}, o.Call.RequestBody)
		assert.True(t, o.Around.CallsOpen, "a client span without an answer")
		assert.False(t, o.Around.CallsLost)
		assert.Equal(t, int64(10), trace.Start())
		assert.Equal(t, int64(15), trace.End())
		return nil
	}))
}

func TestWithABookOnlyWhatItsRulesLookAtIsKept(t *testing.T) {
	spans := batch(span{trace: 1, id: 1, start: 10}, span{trace: 1, id: 2, parent: 1, start: 11, sql: "SELECT 1 FROM a"},
		span{trace: 1, id: 3, parent: 1, start: 12})
	for check, want := range map[string][]string{
		"resp.status == 200":           {"1: 1* 3"}, // parents are known all the same
		`db.exists(s, s.table == "a")`: {"1: 1* SELECT 3"},
		"calls.exists(c, true)":        {"1: 1* >3 3"},
	} {
		r := reading(t, book(t, check))
		r.Read(spans)
		assert.Equal(t, want, shown(t, r), check)
	}
	r := reading(t, book(t, "resp.status == 200"))
	other := batch(span{trace: 1, id: 1, start: 10})
	other.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).Attributes().PutStr("http.route", "/others")
	r.Read(other)
	assert.Empty(t, shown(t, r))
	assert.Equal(t, replay.Counts{Calls: 1, Traces: 1}, r.Counts())
}

func TestTracesEndWithTheFirstError(t *testing.T) {
	r := reading(t, nil)
	r.Read(batch(span{trace: 1, id: 1}, span{trace: 2, id: 1}))
	full := errors.New("full")
	n := 0
	assert.ErrorIs(t, r.Traces(func(*replay.Trace) error { n++; return full }), full)
	assert.Equal(t, 1, n)
	assert.Len(t, shown(t, r), 2)
}

func TestWhatHasNoPlaceIsPassedOverAndCounted(t *testing.T) {
	settings := replay.DefaultSettings()
	settings.MaxSpansPerTrace = 2
	r, err := replay.New(nil, settings)
	require.NoError(t, err)
	ours := batch(span{trace: 7, id: 1})
	ours.ResourceSpans().At(0).ScopeSpans().At(0).Scope().SetName(anomaly.ScopePrefix + "test")
	r.Read(ours)
	r.Read(batch(span{id: 1}, span{trace: 1}, span{trace: 1, id: 1}, span{trace: 1, id: 2}, span{trace: 1, id: 3}))
	assert.Len(t, shown(t, r), 1)
	assert.Equal(t, replay.Counts{Calls: 2, Traces: 1, Nameless: 2, Evicted: 1, Refused: 1}, r.Counts())
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	for want, change := range map[string]func(*replay.Settings){
		"client key":   func(s *replay.Settings) { s.Calls.ClientKey = []string{""} },
		"request body": func(s *replay.Settings) { s.Bodies.Request = []string{""} },
		"max_bytes":    func(s *replay.Settings) { s.MaxBytes = 1 },
	} {
		s := replay.DefaultSettings()
		change(&s)
		_, err := replay.New(nil, s)
		assert.ErrorContains(t, err, want)
	}
}
