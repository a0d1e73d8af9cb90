// Package telemetry sets up OpenTelemetry for one service of the bank: the SDK, the instrumentation of net/http and of
// database/sql that everybody uses, and the attributes that the semantic conventions leave to the operator's choice.
//
// What the instrumentation can set is left to it. Only what it cannot know, or leaves out, is added here: who makes the
// request, bodies, queries, some headers, the parameters of a statement and the number of rows that it returned.
//
// Nothing is registered globally, so that several services can live in one process.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/google/uuid"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
)

const (
	namespace = "bank"  // service.namespace
	version   = "1.0.0" // service.version

	defaultDelay = 25 * time.Millisecond
	maxDelay     = 50 * time.Millisecond
	queueSize    = 16384            // spans
	patience     = 30 * time.Second // with a receiver that does not answer, until its spans are given up
	idlePerHost  = 64               // connections kept to one service
	idleTimeout  = 90 * time.Second
)

// Options of a service's telemetry.
type Options struct {
	Exporter sdktrace.SpanExporter // nil: OTLP/gRPC, without TLS, to Endpoint
	Endpoint string                // host:port
	Clock    *banktime.Clock       // which the spans' times are exported by; nil: the wall's
	OptIns   OptIns
	// BatchDelay is how long a span that has ended waits for others to be sent with, at most 50 ms; 0 stands for 25 ms.
	BatchDelay time.Duration
	// Blocking makes requests wait while the queue of spans is full, so that none is lost. Without it a receiver that is
	// down costs spans, and nobody waits.
	Blocking bool
	// TrustRequestID takes the trace's id from the header X-Request-Id, if it has 32 hexadecimal digits and the request
	// brings no trace with it. Only for the service behind the load balancer, which sets that header itself.
	TrustRequestID bool
}

// Telemetry is the telemetry of one service. Its methods are safe for concurrent use.
type Telemetry struct {
	optIns     OptIns
	trust      bool
	provider   *sdktrace.TracerProvider
	processor  sdktrace.SpanProcessor // of the provider
	propagator propagation.TextMapPropagator
	exporter   *exporter
	pool       *http.Transport
	transport  *otelhttp.Transport
}

// New sets up the telemetry of a service. It does not wait for a connection to the receiver. Shutdown ends it.
func New(ctx context.Context, service string, options Options) (*Telemetry, error) {
	describedBy, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(semconv.ServiceName(service),
		semconv.ServiceNamespace(namespace), semconv.ServiceVersion(version), semconv.ServiceInstanceID(uuid.NewString())))
	if err != nil {
		return nil, fmt.Errorf("describe the service %s: %w", service, err)
	}
	next, err := receiver(ctx, options)
	if err != nil {
		return nil, err
	}
	t := &Telemetry{
		optIns: options.OptIns, trust: options.TrustRequestID,
		propagator: propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}),
		exporter:   newExporter(next, options.Clock, options.OptIns),
		pool: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			MaxIdleConnsPerHost: idlePerHost, IdleConnTimeout: idleTimeout, DisableCompression: true,
		},
	}
	batching := []sdktrace.BatchSpanProcessorOption{
		sdktrace.WithBatchTimeout(delay(options.BatchDelay)), sdktrace.WithMaxQueueSize(queueSize),
		sdktrace.WithMaxExportBatchSize(sdktrace.DefaultMaxExportBatchSize), sdktrace.WithExportTimeout(patience),
	}
	if options.Blocking {
		batching = append(batching, sdktrace.WithBlocking())
	}
	t.processor = sdktrace.NewBatchSpanProcessor(t.exporter, batching...)
	settings := []sdktrace.TracerProviderOption{
		sdktrace.WithResource(describedBy),
		sdktrace.WithSpanProcessor(t.processor),
		// Not by the parent: a caller must not be able to hide by asking not to be recorded.
		sdktrace.WithSampler(sdktrace.AlwaysSample()),
	}
	if options.TrustRequestID {
		settings = append(settings, sdktrace.WithIDGenerator(idGenerator{}))
	}
	t.provider = sdktrace.NewTracerProvider(settings...)
	t.transport = otelhttp.NewTransport(t.pool, t.instrumentation()...)
	return t, nil
}

// receiver is where the spans go.
func receiver(ctx context.Context, options Options) (sdktrace.SpanExporter, error) {
	if options.Exporter != nil {
		return options.Exporter, nil
	}
	if options.Endpoint == "" {
		return nil, errors.New("nowhere to send spans to: give the receiver's host:port, such as localhost:4317")
	}
	next, err := otlptracegrpc.New(ctx, otlptracegrpc.WithEndpoint(options.Endpoint), otlptracegrpc.WithInsecure(),
		otlptracegrpc.WithTimeout(patience), otlptracegrpc.WithRetry(otlptracegrpc.RetryConfig{
			Enabled: true, InitialInterval: 100 * time.Millisecond, MaxInterval: 2 * time.Second, MaxElapsedTime: patience,
		}))
	if err != nil {
		return nil, fmt.Errorf("send spans to %s: %w", options.Endpoint, err)
	}
	return next, nil
}

func delay(asked time.Duration) time.Duration {
	if asked <= 0 {
		return defaultDelay
	}
	return min(asked, maxDelay)
}

// instrumentation is what the server's and the client's side of net/http's instrumentation have in common.
func (t *Telemetry) instrumentation() []otelhttp.Option {
	return []otelhttp.Option{
		otelhttp.WithTracerProvider(t.provider), otelhttp.WithPropagators(t.propagator),
		otelhttp.WithMeterProvider(noop.NewMeterProvider()),
	}
}

// Transport returns the transport to call other services with: it makes a client span of each call, which ends when the
// answer's body is closed, and passes the trace on. Its connections are kept alive.
func (t *Telemetry) Transport() http.RoundTripper { return t.transport }

// Shutdown sends what is left to be sent and lets go of all connections; it waits no longer than the context allows. Spans
// that end later are lost, so servers are to be shut down first. The error also tells of spans that were given up before.
func (t *Telemetry) Shutdown(ctx context.Context) error {
	err := t.provider.Shutdown(ctx)
	t.pool.CloseIdleConnections()
	if err != nil {
		t.exporter.abandon(t.processor)
		err = fmt.Errorf("send the last spans: %w", err)
	}
	return errors.Join(err, t.exporter.losses())
}

// Identity is who makes a request. What is empty is left out.
type Identity struct {
	UserID    string
	SessionID string
	Roles     []string
}

// SetIdentity sets user.id, user.roles and session.id on the server span of the request that the context belongs to,
// whatever span is current there. It does nothing outside a request that went through Handler, or without the opt-in User.
func SetIdentity(ctx context.Context, who Identity) {
	r := requestOf(ctx)
	if r == nil || r.span == nil || !r.optIns.Has(User) {
		return
	}
	var known []attribute.KeyValue
	if who.UserID != "" {
		known = append(known, semconv.UserID(who.UserID))
	}
	if len(who.Roles) > 0 {
		known = append(known, semconv.UserRoles(who.Roles...))
	}
	if who.SessionID != "" {
		known = append(known, semconv.SessionID(who.SessionID))
	}
	r.span.SetAttributes(known...)
}
