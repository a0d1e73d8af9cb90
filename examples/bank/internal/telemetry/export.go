package telemetry

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
)

const (
	// maxRequest is about how much is sent at once, in bytes: half of what a gRPC server takes by default, since sizes
	// are estimated. Spans with bodies and long statements are large.
	maxRequest = 2 << 20
	// Estimates of what a span takes besides its attributes, and an attribute besides its text, in bytes.
	spanSize, attributeSize = 256, 16
)

// exporter hands spans on as the bank sees them: with its times, without what was not opted in for, and fit to be sent.
type exporter struct {
	next  sdktrace.SpanExporter
	clock *banktime.Clock
	sizes bool

	giveUp  context.CancelFunc // ends what is being sent
	givenUp context.Context
	closed  chan struct{} // when next is shut down

	mu    sync.Mutex
	lost  int   // spans
	cause error // of the first loss
}

func newExporter(next sdktrace.SpanExporter, clock *banktime.Clock, optIns OptIns) *exporter {
	if clock == nil {
		clock = banktime.Real()
	}
	e := &exporter{next: next, clock: clock, sizes: optIns.Has(Sizes), closed: make(chan struct{})}
	e.givenUp, e.giveUp = context.WithCancel(context.Background())
	return e
}

// ExportSpans hands on what a request has room for, and then the rest. It tries them all, whatever happens to one.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(e.givenUp, cancel)()
	var first error
	for len(spans) > 0 {
		room := maxRequest
		var some []sdktrace.ReadOnlySpan
		for len(spans) > 0 {
			s := e.span(spans[0])
			if room -= s.size(); room < 0 && len(some) > 0 {
				break
			}
			some, spans = append(some, s), spans[1:]
		}
		if err := e.next.ExportSpans(ctx, some); err != nil {
			e.lose(len(some), err)
			if first == nil {
				first = err
			}
		}
	}
	return first
}

// Shutdown ends the next exporter.
func (e *exporter) Shutdown(ctx context.Context) error {
	defer close(e.closed)
	return e.next.Shutdown(ctx)
}

// abandon gives up what is being sent or waits to be sent, for a receiver that does not answer, and waits until the
// processor has ended and the next exporter is shut down, which is done at once then. A provider whose context had ended
// before it was shut down has left the processor running.
func (e *exporter) abandon(processor sdktrace.SpanProcessor) {
	e.giveUp()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second) // for an exporter that does not mind its context
	defer cancel()
	_ = processor.Shutdown(ctx) // that spans are lost is told by losses
	select {
	case <-e.closed:
	case <-ctx.Done():
	}
}

func (e *exporter) lose(spans int, cause error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lost += spans; e.cause == nil {
		e.cause = cause
	}
}

// losses tells of the spans that could not be sent; nil if all were.
func (e *exporter) losses() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.lost == 0 {
		return nil
	}
	return fmt.Errorf("%d spans were lost, for the receiver did not take them: %w", e.lost, e.cause)
}

// span is a span as it is sent.
type span struct {
	sdktrace.ReadOnlySpan
	start, end time.Time
	attributes []attribute.KeyValue
	events     []sdktrace.Event
	status     sdktrace.Status
}

// span rewrites a span. Times are taken by what the wall's clock showed: the SDK derives the end from the start by the
// monotonic clock, so that the end is never before the start, and the bank's clock keeps that.
func (e *exporter) span(of sdktrace.ReadOnlySpan) *span {
	s := &span{ReadOnlySpan: of, start: e.clock.At(of.StartTime()), end: e.clock.At(of.EndTime()), status: of.Status()}
	s.attributes = e.fit(of.Attributes())
	s.status.Description = valid(s.status.Description)
	s.events = make([]sdktrace.Event, len(of.Events()))
	for i, event := range of.Events() {
		event.Time = e.clock.At(event.Time)
		event.Attributes = e.fit(event.Attributes)
		s.events[i] = event
	}
	return s
}

// fit drops what was not opted in for, and mends what a request to the receiver must not hold: text that is not UTF-8,
// which a caller can bring in by a path, a header or a value, and which would lose him and all spans in the same batch. It
// leaves the slice as it is, for it is the SDK's.
func (e *exporter) fit(attributes []attribute.KeyValue) []attribute.KeyValue {
	kept := make([]attribute.KeyValue, 0, len(attributes))
	for _, a := range attributes {
		if !e.sizes && (a.Key == semconv.HTTPRequestBodySizeKey || a.Key == semconv.HTTPResponseBodySizeKey) {
			continue
		}
		switch a.Value.Type() {
		case attribute.STRING:
			if text := a.Value.AsString(); !utf8.ValidString(text) {
				a.Value = attribute.StringValue(valid(text))
			}
		case attribute.STRINGSLICE:
			texts := a.Value.AsStringSlice() // a copy
			for i, text := range texts {
				texts[i] = valid(text)
			}
			a.Value = attribute.StringSliceValue(texts)
		}
		kept = append(kept, a)
	}
	return kept
}

func valid(text string) string { return strings.ToValidUTF8(text, "\uFFFD") }

// size is about how many bytes the span takes when it is sent.
func (s *span) size() int {
	size := spanSize + len(s.status.Description) + sizeOf(s.attributes)
	for _, event := range s.events {
		size += attributeSize + sizeOf(event.Attributes)
	}
	return size
}

func sizeOf(attributes []attribute.KeyValue) int {
	size := 0
	for _, a := range attributes {
		size += attributeSize + len(a.Key)
		switch a.Value.Type() {
		case attribute.STRING:
			size += len(a.Value.AsString())
		case attribute.STRINGSLICE:
			for _, text := range a.Value.AsStringSlice() {
				size += attributeSize + len(text)
			}
		}
	}
	return size
}

// StartTime returns when the span began, by the bank's clock.
func (s *span) StartTime() time.Time { return s.start }

// EndTime returns when the span ended, by the bank's clock.
func (s *span) EndTime() time.Time { return s.end }

// Attributes returns the attributes that are sent.
func (s *span) Attributes() []attribute.KeyValue { return s.attributes }

// Events returns the events, by the bank's clock.
func (s *span) Events() []sdktrace.Event { return s.events }

// Status returns the status, fit to be sent.
func (s *span) Status() sdktrace.Status { return s.status }
