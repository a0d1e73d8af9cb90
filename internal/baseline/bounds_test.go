package baseline

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/heapsize"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/rulefile"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// flood are calls of somebody who chooses what is in them; the i-th is never as the others.
type flood struct {
	name string
	call func(i int) replay.Observation
}

// raw is the i-th call with that body.
func raw(i int, body string) replay.Observation {
	c := &invariant.Call{
		Service: "shop", Method: "POST", Route: "/orders", Path: "/orders", User: fmt.Sprint("user ", i), Session: fmt.Sprint("session ", i), Status: 201,
		Start: monday.UnixNano() + int64(i)*1e9, End: monday.UnixNano() + int64(i)*1e9 + 1,
		RequestBody: invariant.Body{Text: body, State: invariant.WholeBody},
	}
	c.TraceID, c.SpanID = [16]byte{1, byte(i), byte(i >> 8), byte(i >> 16)}, spanID(1)
	return replay.Observation{Call: c, Root: true}
}

func floods() []flood {
	stuff := strings.Repeat("x", 3000)
	return []flood{
		{"members", func(i int) replay.Observation {
			return raw(i, fmt.Sprintf(`{"m%d": 1, "n%d": {"o%d": "%d"}}`, i, i, i, i))
		}},
		{"long names", func(i int) replay.Observation { return raw(i, fmt.Sprintf(`{"%d%s": 1}`, i, stuff)) }},
		{"depths", func(i int) replay.Observation {
			n := 1 + i%60
			return raw(i, strings.Repeat(`{"a":[`, n/2)+fmt.Sprint(i)+strings.Repeat(`]}`, n/2))
		}},
		{"long lists", func(i int) replay.Observation {
			return raw(i, "["+strings.Repeat(fmt.Sprintf(`{"id":"%d","n":%d},`, i, i), 500)+"1]")
		}},
		{"values", func(i int) replay.Observation { return raw(i, fmt.Sprintf(`{"a":"%d%s","b":%d}`, i, stuff, i)) }},
		{"routes", func(i int) replay.Observation {
			o := raw(i, `{"a":1}`)
			o.Call.Route = fmt.Sprint("/r", i, stuff[:180*(i%2)])
			return o
		}},
		{"methods and services", func(i int) replay.Observation {
			o := raw(i, "")
			o.Call.Method, o.Call.Service = fmt.Sprint("M", i), fmt.Sprint("S", i%50)
			return o
		}},
		{"paths", func(i int) replay.Observation {
			o := raw(i, "")
			o.Call.Route, o.Call.Path = "/x/{id}", fmt.Sprint("/x/", i, stuff)
			return o
		}},
		{"parameters", func(i int) replay.Observation {
			o := raw(i, "")
			o.Call.Query = fmt.Sprintf("q%d=%d&a=%d&a=%s", i, i, i, stuff)
			return o
		}},
		{"headers", func(i int) replay.Observation {
			o := raw(i, "")
			for j := range 100 {
				o.Call.RequestHeaders = append(o.Call.RequestHeaders, invariant.Header{Name: fmt.Sprint("x-", i, "-", j), Value: stuff})
			}
			return o
		}},
		{"roles", func(i int) replay.Observation {
			o := raw(i, "")
			o.Call.Roles = []string{fmt.Sprint("role ", i), stuff}
			return o
		}},
		{"answers", func(i int) replay.Observation {
			o := raw(i, "")
			o.Call.ResponseBody = invariant.Body{Text: fmt.Sprintf(`{"id":"%d","k%d":[{"id":%d,"v":1}]}`, i, i, i), State: invariant.WholeBody}
			return o
		}},
		{"statements", func(i int) replay.Observation {
			o := raw(i, "")
			for j := range 20 {
				sql := fmt.Sprintf("SELECT * FROM t%d_%d WHERE c%d = 'x%d' AND id = %d", i, j, i, j, i)
				o.Around.Statements = append(o.Around.Statements, &invariant.Statement{SQL: sqltext.Parse(sql, sqltext.PostgreSQL), Rows: int64(i)})
			}
			return o
		}},
		{"child calls", func(i int) replay.Observation {
			o := raw(i, "")
			for j := range 20 {
				child := raw(i, fmt.Sprintf(`{"m%d": %d}`, j, i)).Call
				child.Route = fmt.Sprint("/c", i, "/", j)
				o.Around.Calls = append(o.Around.Calls, child)
			}
			return o
		}},
		{"equal values everywhere", func(i int) replay.Observation {
			var body strings.Builder
			for j := range 300 {
				fmt.Fprintf(&body, `,"m%d": "same %d"`, j, i)
			}
			return raw(i, "{"+body.String()[1:]+"}")
		}},
	}
}

// savedSize is about how much a learner holds: what it would save.
func savedSize(t *testing.T, l *Learner) int {
	t.Helper()
	var saved bytes.Buffer
	require.NoError(t, l.Save(&saved))
	return saved.Len()
}

// What somebody floods us with is bounded: twice as many calls take hardly more.
func TestAFloodIsBounded(t *testing.T) {
	for _, f := range floods() {
		t.Run(f.name, func(t *testing.T) {
			s := strict()
			s.References.MaxRows, s.References.MaxCallers = 500, 500
			l, err := New(s)
			require.NoError(t, err)
			calls := 500
			if strings.Contains(f.name, "routes") || strings.Contains(f.name, "methods") {
				calls = mostAPIs + 200
			}
			for i := range calls {
				l.Learn(&replay.Trace{Calls: []replay.Observation{f.call(i)}})
			}
			full := savedSize(t, l)
			for i := range calls {
				l.Learn(&replay.Trace{Calls: []replay.Observation{f.call(calls + i)}})
			}
			assert.Less(t, savedSize(t, l), full+full/4+10_000)
			within(t, l)
			canBeWritten(t, l.Result())
		})
	}
}

// All that one API can make the learner keep.
func TestAnAPITakesSoMuchMemory(t *testing.T) {
	many := func(i int) replay.Observation {
		var body strings.Builder
		for j := range 2 * mostPlaces {
			fmt.Fprintf(&body, `,"m%d": "%060d"`, j, i*1000+j)
		}
		return raw(i, "{"+body.String()[1:]+"}")
	}
	l := newLearner(t)
	before := heapsize.InUse()
	for i := range 2 * mostValues {
		l.Learn(&replay.Trace{Calls: []replay.Observation{many(i)}})
	}
	assert.Less(t, heapsize.InUse(), before+32<<20)
	within(t, l)
}

// Calls of traces that go on are bounded with all that they carry, such as headers.
func TestCallsThatWaitAreBounded(t *testing.T) {
	l := newLearner(t)
	before := heapsize.InUse()
	for i := range 500 { // of 100 KB each
		o := raw(i, "")
		o.Call.Start, o.Call.End = monday.UnixNano()+int64(i), monday.Add(time.Hour).UnixNano()
		for j := range 100 {
			o.Call.RequestHeaders = append(o.Call.RequestHeaders, invariant.Header{Name: fmt.Sprint("x-", j), Value: strings.Repeat(fmt.Sprint(i%10), 1000)})
		}
		late := *o.Call
		late.SpanID, late.Start, late.RequestHeaders = spanID(2), o.Call.End-1, nil
		l.Learn(&replay.Trace{Calls: []replay.Observation{o, {Call: &late}}})
	}
	waiting := l.line.Stats()
	assert.LessOrEqual(t, waiting.Bytes, int64(mostWaiting))
	assert.Greater(t, waiting.Bytes, int64(mostWaiting)-200_000)
	assert.Less(t, heapsize.InUse(), before+2*mostWaiting)
	runtime.KeepAlive(l)
}

// within checks every count that has a bound.
func within(t *testing.T, l *Learner) {
	t.Helper()
	assert.LessOrEqual(t, len(l.state.APIs), mostAPIs)
	for _, a := range l.state.APIs {
		assert.LessOrEqual(t, len(a.Places), mostPlaces)
		assert.LessOrEqual(t, len(a.Groups), mostGroups)
		assert.LessOrEqual(t, len(a.Pairs), mostPairs)
		assert.LessOrEqual(t, len(a.Differences), mostDifferences)
		assert.LessOrEqual(t, len(a.Links), mostLinks)
		assert.LessOrEqual(t, len(a.Roles), mostValues)
		for _, p := range a.Places {
			assert.LessOrEqual(t, len(p.Column.Values.List), mostValues)
			assert.LessOrEqual(t, depth(p), deepest+1)
		}
		for _, link := range a.Links {
			assert.LessOrEqual(t, len(link.Joins), mostJoins)
			assert.LessOrEqual(t, len(link.Bounds), mostBounds)
		}
	}
	assert.LessOrEqual(t, len(l.scene.Collections), mostCollections)
	for _, c := range l.scene.Collections {
		assert.LessOrEqual(t, len(c.Sources), mostSources)
		assert.LessOrEqual(t, len(c.Names), mostFields)
	}
}

// canBeWritten checks that a rule file can have what was learned.
func canBeWritten(t require.TestingT, r *Result) {
	book(t, r.File)
	assert.LessOrEqual(t, len(r.Rejected), mostRejected)
	assert.LessOrEqual(t, len(r.File.Rules), rulefile.MaxRules)
	for i := range r.Near {
		assert.LessOrEqual(t, len(r.Near[i].Exceptions), keptRefs+1)
		for _, e := range r.Near[i].Exceptions {
			assert.LessOrEqual(t, len(e.Found), longestFound+len("…")+len("the field "))
		}
	}
}
