package tampering

import (
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// copied returns a copy of a trace with ids of its own that is later by the shift in ns.
func copied(t *Trace, shift int64, rng *rand.Rand) Trace {
	c := Trace{Spans: ptrace.NewTraces()}
	t.Spans.CopyTo(c.Spans)
	binary.BigEndian.PutUint64(c.ID[:8], rng.Uint64()|1)
	binary.BigEndian.PutUint64(c.ID[8:], rng.Uint64())
	ids := make(map[pcommon.SpanID]pcommon.SpanID)
	renamed := func(id pcommon.SpanID) pcommon.SpanID {
		if id.IsEmpty() {
			return id
		}
		n, known := ids[id]
		if !known {
			binary.BigEndian.PutUint64(n[:], rng.Uint64()|1)
			ids[id] = n
		}
		return n
	}
	for span := range c.all() {
		span.SetTraceID(c.ID)
		span.SetSpanID(renamed(span.SpanID()))
		span.SetParentSpanID(renamed(span.ParentSpanID()))
	}
	c.shift(shift)
	return c
}

// shift makes all spans later, by ns.
func (t *Trace) shift(by int64) {
	for span := range t.all() {
		span.SetStartTimestamp(span.StartTimestamp() + pcommon.Timestamp(by))
		span.SetEndTimestamp(span.EndTimestamp() + pcommon.Timestamp(by))
	}
	t.measure()
}
