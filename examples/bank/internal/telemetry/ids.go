package telemetry

import (
	"context"
	"encoding/binary"
	"math/rand/v2"
	"strings"

	"go.opentelemetry.io/otel/trace"
)

const requestIDHeader = "X-Request-Id"

// traceIDFrom returns the trace's id that a request's id stands for: its 32 hexadecimal digits, in either case. Of another
// one it returns an id that is not valid.
func traceIDFrom(requestID string) trace.TraceID {
	id, err := trace.TraceIDFromHex(strings.ToLower(requestID))
	if err != nil {
		return trace.TraceID{}
	}
	return id
}

// idGenerator makes random ids, as the SDK does, but gives the root span of a request the id of the request.
type idGenerator struct{}

// NewIDs returns the ids of a root span.
func (g idGenerator) NewIDs(ctx context.Context) (trace.TraceID, trace.SpanID) {
	var id trace.TraceID
	// A further root that is begun on the way is not the request's.
	if r := requestOf(ctx); r != nil && r.traceID.IsValid() && r.taken.CompareAndSwap(false, true) {
		id = r.traceID
	}
	for !id.IsValid() {
		binary.NativeEndian.PutUint64(id[:8], rand.Uint64())
		binary.NativeEndian.PutUint64(id[8:], rand.Uint64())
	}
	return id, g.NewSpanID(ctx, id)
}

// NewSpanID returns the id of a span that has a parent.
func (idGenerator) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	var id trace.SpanID
	for !id.IsValid() {
		binary.NativeEndian.PutUint64(id[:], rand.Uint64())
	}
	return id
}
