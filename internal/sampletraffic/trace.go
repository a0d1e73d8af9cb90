package sampletraffic

import (
	"encoding/binary"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// trace is one trace in the making; at moves on from span to span.
type trace struct {
	g  *Generator
	id pcommon.TraceID
	at time.Duration
}

// backend is a call of a service: its work, its statements, and calls of other
// services. Three quarters of the shop's calls are its own.
func (t *trace) backend(r *request, parent pcommon.SpanID, depth int) {
	g := t.g
	span := t.server(r, parent)
	t.work(r.to, span)
	for range 1 + g.random.IntN(2) {
		t.statement(r.to, span)
	}
	for range g.callsBehind(depth) {
		next := g.request(popular(g.random, r.to), r.client)
		next.peer = r.to.host
		t.backend(next, t.client(r.to, next, span), depth+1)
	}
}

// callsBehind is how many services a service calls in turn.
func (g *Generator) callsBehind(depth int) int {
	switch depth {
	case 1:
		return 1 + g.random.IntN(2)
	case 2:
		return g.random.IntN(2)
	}
	return 0
}

func (t *trace) server(r *request, parent pcommon.SpanID) pcommon.SpanID {
	name := r.endpoint.method
	if r.to.routed {
		name += " " + r.endpoint.route
	}
	spans := t.g.batch[r.to].http
	return t.span(r.to, spans, ptrace.SpanKindServer, name, parent, func(m attributes) {
		r.to.write.server(t.g, m, r)
		if t.g.settings.OptIns {
			optIns(t.g, m, r)
		}
	})
}

func (t *trace) client(from *service, r *request, parent pcommon.SpanID) pcommon.SpanID {
	spans := t.g.batch[from].http
	return t.span(from, spans, ptrace.SpanKindClient, r.endpoint.method, parent, func(m attributes) { from.write.client(t.g, m, r, r.to) })
}

func (t *trace) statement(s *service, parent pcommon.SpanID) {
	spans := t.g.batch[s].database
	t.span(s, spans, ptrace.SpanKindClient, s.database+" "+s.name, parent, func(m attributes) {
		s.write.statement(t.g, m, s)
		if t.g.settings.OptIns {
			parameters(t.g, m)
		}
	})
}

func (t *trace) work(s *service, parent pcommon.SpanID) {
	spans := t.g.batch[s].own
	t.span(s, spans, ptrace.SpanKindInternal, functions[t.g.random.IntN(len(functions))], parent, func(m attributes) { work(t.g, m) })
}

// span adds a span and returns its id.
func (t *trace) span(s *service, spans ptrace.SpanSlice, kind ptrace.SpanKind, name string, parent pcommon.SpanID, write func(attributes)) pcommon.SpanID {
	g := t.g
	id := g.spanID()
	g.made++
	t.at += time.Duration(g.random.Int64N(int64(2 * time.Millisecond)))
	if !g.settings.Keep(s.name, kind) {
		return id
	}
	g.total++
	if kind == ptrace.SpanKindServer {
		g.calls++
	}
	span := spans.AppendEmpty()
	span.SetTraceID(t.id)
	span.SetSpanID(id)
	span.SetParentSpanID(parent)
	span.SetName(name)
	span.SetKind(kind)
	span.SetStartTimestamp(timestamp(t.at))
	span.SetEndTimestamp(timestamp(t.at + time.Duration(g.random.ExpFloat64()*float64(20*time.Millisecond))))
	write(span.Attributes())
	return id
}

// timestamp of a time since the batch began, which may lie before it: unsigned
// timestamps wrap around, and back again when the batch gets its place in time.
func timestamp(at time.Duration) pcommon.Timestamp { return pcommon.Timestamp(at) }

func (g *Generator) spanID() (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], g.random.Uint64())
	return id
}
