package calltree

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// heldCall and heldStatement have the size of what a component may keep.
type heldCall struct {
	service, method, route string
	status                 int
	fields                 *[4]string // what rules read
}

type heldStatement struct {
	text   *string // kept elsewhere
	system string
	rows   int64
}

var fields [4]string

// traffic draws spans of interleaved traces for ever: 1 to 4 services, of which
// each makes calls to the next and up to 6 statements, 5 to 30 spans in all;
// children come before their parents, as SDKs export what has ended.
type traffic struct {
	r       *rand.Rand
	open    [64][]drawn // the rest of traces under way
	started int64
}

type drawn struct {
	span Span
	kind kind
}

func (f *traffic) next() drawn {
	at := f.r.IntN(len(f.open))
	if len(f.open[at]) == 0 {
		f.open[at] = f.trace(f.open[at])
	}
	rest := f.open[at]
	last := rest[len(rest)-1]
	f.open[at] = rest[:len(rest)-1]
	return last
}

// trace draws one, its root first.
func (f *traffic) trace(spans []drawn) []drawn {
	spans = spans[:0]
	var id pcommon.TraceID
	binary.BigEndian.PutUint64(id[:], f.r.Uint64())
	binary.BigEndian.PutUint64(id[8:], f.r.Uint64())
	f.started++
	add := func(parent pcommon.SpanID, k kind) pcommon.SpanID {
		var spanID pcommon.SpanID
		binary.BigEndian.PutUint64(spanID[:], f.r.Uint64())
		spans = append(spans, drawn{Span{TraceID: id, SpanID: spanID, Parent: parent, Start: f.started + int64(len(spans))}, k})
		return spanID
	}
	parent := pcommon.SpanID{}
	for range 1 + f.r.IntN(4) {
		server := add(parent, call)
		inner := add(server, other)
		for range 1 + f.r.IntN(2) {
			add(inner, other)
		}
		for range 1 + f.r.IntN(4) {
			add(inner, statement)
		}
		parent = add(inner, client) // of the next call; the last one is not answered
	}
	return spans
}

func (d *drawn) addTo(a *Assembler[heldCall, heldStatement], now int64) Outcome {
	switch d.kind {
	case call:
		return a.AddCall(d.span, heldCall{fields: &fields, service: "orders", method: "GET", route: "/orders/{id}", status: 200}, true, 300, now)
	case statement:
		return a.AddStatement(d.span, heldStatement{text: &fields[0], system: "postgresql", rows: 1}, 120, now)
	case client:
		return a.AddClient(d.span, now)
	default:
		return a.AddOther(d.span, now)
	}
}

const (
	benchRate = 60_000 // spans a second
	benchStep = int64(time.Second) / benchRate
)

// steady is an assembler that has seen traffic for a while.
func steady(b *testing.B, f *traffic, seconds int) (a *Assembler[heldCall, heldStatement], now int64) {
	a, err := New[heldCall, heldStatement](DefaultSettings())
	if err != nil {
		b.Fatal(err)
	}
	tick := a.settings.Settle.Nanoseconds() / 20
	for range seconds * benchRate {
		d := f.next()
		d.addTo(a, now)
		now += benchStep
		if now%tick < benchStep {
			a.Settled(now, func(*Settled[heldCall, heldStatement]) {})
		}
	}
	return a, now
}

func newTraffic() *traffic { return &traffic{r: rand.New(rand.NewPCG(1, 2))} }

// What a span costs from being added to its call being handed over, at 60 000
// spans a second with Settle at 10 s: some 700 000 spans are kept all the time.
func BenchmarkSpan(b *testing.B) {
	f := newTraffic()
	a, now := steady(b, f, 30)
	var calls, others []drawn
	var addingCalls, addingOthers, settling time.Duration
	tick := a.settings.Settle.Nanoseconds() / 20
	spans, allCalls, handed := 0, 0, 0
	b.ReportAllocs()
	b.ResetTimer()
	for spans < b.N {
		b.StopTimer()
		calls, others = calls[:0], others[:0]
		for range min(int(tick/benchStep), b.N-spans) {
			if d := f.next(); d.kind == call {
				calls = append(calls, d)
			} else {
				others = append(others, d)
			}
		}
		b.StartTimer()
		start := time.Now()
		for i := range others {
			others[i].addTo(a, now+int64(i)*benchStep)
		}
		between := time.Now()
		addingOthers += between.Sub(start)
		now += tick
		for i := range calls {
			calls[i].addTo(a, now)
		}
		start = time.Now()
		addingCalls += start.Sub(between)
		a.Settled(now, func(s *Settled[heldCall, heldStatement]) { handed += 1 + len(s.Statements) })
		settling += time.Since(start)
		spans += len(calls) + len(others)
		allCalls += len(calls)
	}
	b.ReportMetric(float64(addingOthers.Nanoseconds())/float64(spans-allCalls), "ns/other")
	b.ReportMetric(float64(addingCalls.Nanoseconds())/float64(max(allCalls, 1)), "ns/call")
	b.ReportMetric(float64(settling.Nanoseconds())/float64(spans), "ns/settled")
	b.ReportMetric(float64(a.Stats().Bytes)/float64(a.Stats().Spans), "B/span-kept")
}
