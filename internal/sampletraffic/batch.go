package sampletraffic

import (
	"encoding/binary"
	"fmt"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Batch is a batch of spans as a receiver hands it on.
type Batch struct {
	Traces ptrace.Traces
	Spans  int
	Calls  int           // server spans among them
	Length time.Duration // of event time that it covers

	start time.Time // where its times begin
	salt  uint64    // of its ids
}

// Renew moves the batch to another time and gives all spans new ids; parents
// stay parents. Times that differ give ids that differ.
func (b *Batch) Renew(start time.Time) {
	if b.start.IsZero() {
		b.start = time.Unix(0, 0)
	}
	shift := pcommon.Timestamp(start.Sub(b.start))
	salt := mix(uint64(start.UnixNano()))
	change := salt ^ b.salt
	b.start, b.salt = start, salt
	for _, rs := range b.Traces.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			for _, span := range ss.Spans().All() {
				renew(span, shift, change)
			}
		}
	}
}

func renew(span ptrace.Span, shift pcommon.Timestamp, change uint64) {
	span.SetStartTimestamp(span.StartTimestamp() + shift)
	span.SetEndTimestamp(span.EndTimestamp() + shift)
	trace := span.TraceID()
	xor(trace[8:], change)
	span.SetTraceID(trace)
	span.SetSpanID(salted(span.SpanID(), change))
	if parent := span.ParentSpanID(); !parent.IsEmpty() {
		span.SetParentSpanID(salted(parent, change))
	}
}

func salted(id pcommon.SpanID, change uint64) pcommon.SpanID {
	xor(id[:], change)
	return id
}

func xor(id []byte, change uint64) {
	binary.LittleEndian.PutUint64(id, binary.LittleEndian.Uint64(id)^change)
}

// mix is the finaliser of SplitMix64, a bijection.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// scopes are the spans of one service by the library that made them.
type scopes struct{ http, database, own ptrace.SpanSlice }

func newScopes(td ptrace.Traces, s *service) scopes {
	rs := td.ResourceSpans().AppendEmpty()
	m := rs.Resource().Attributes()
	m.PutStr("service.name", s.name)
	m.PutStr("service.namespace", "shop")
	m.PutStr("service.version", "2026.11.2")
	m.PutStr("service.instance.id", "0b3f5c58-7c55-4a50-9d1a-"+fmt.Sprintf("%012x", mix(uint64(len(s.name)))>>16))
	m.PutStr("host.name", "node-7")
	m.PutStr("k8s.namespace.name", "shop")
	m.PutStr("k8s.pod.name", s.name+"-7d9c5b6f4-x2x7p")
	m.PutStr("k8s.node.name", "node-7")
	m.PutStr("telemetry.sdk.name", "opentelemetry")
	m.PutStr("telemetry.sdk.language", "java")
	m.PutStr("telemetry.sdk.version", "1.54.0")
	add := func(library string) ptrace.SpanSlice {
		ss := rs.ScopeSpans().AppendEmpty()
		ss.Scope().SetName(library)
		ss.Scope().SetVersion("2.20.1")
		return ss.Spans()
	}
	return scopes{add("io.opentelemetry.tomcat-10.0"), add("io.opentelemetry.jdbc"), add("org.example.shop")}
}

func removeEmpty(td ptrace.Traces) {
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		rs.ScopeSpans().RemoveIf(func(ss ptrace.ScopeSpans) bool { return ss.Spans().Len() == 0 })
		return rs.ScopeSpans().Len() == 0
	})
}

// overTheWire encodes and decodes the traces, so that they lie in memory as a
// receiver leaves them: every string apart.
func overTheWire(td ptrace.Traces) ptrace.Traces {
	wire, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		panic(fmt.Sprintf("encode sample traffic: %v", err))
	}
	received, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(wire)
	if err != nil {
		panic(fmt.Sprintf("decode sample traffic: %v", err))
	}
	return received
}
