// Package recorder receives spans by OTLP/gRPC and keeps them, in a file or in whatever takes them.
package recorder

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	maxRequest = 64 << 20         // bytes
	patience   = 10 * time.Second // with requests under way when it is stopped
)

// Recorder is a receiver of spans on a free port of the loopback interface.
type Recorder struct {
	ptraceotlp.UnimplementedGRPCServer

	server   *grpc.Server
	endpoint string
	ended    chan error

	mu      sync.Mutex
	sink    func(ptrace.Traces) error
	problem error // the sink's first
}

// Start begins to receive. Each request is handed to the sink, which may keep it, one at a time. A sink's error goes back
// to the sender, who is not to try again, and is returned by Stop.
func Start(sink func(ptrace.Traces) error) (*Recorder, error) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("receive spans: %w", err)
	}
	r := &Recorder{
		server:   grpc.NewServer(grpc.MaxRecvMsgSize(maxRequest)),
		endpoint: listener.Addr().String(), ended: make(chan error, 1), sink: sink,
	}
	ptraceotlp.RegisterGRPCServer(r.server, r)
	go func() { r.ended <- r.server.Serve(listener) }()
	return r, nil
}

// Endpoint returns the address it listens at, host:port.
func (r *Recorder) Endpoint() string { return r.endpoint }

// Export takes a request.
func (r *Recorder) Export(_ context.Context, request ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.sink(request.Traces()); err != nil {
		if r.problem == nil {
			r.problem = fmt.Errorf("keep spans: %w", err)
		}
		return ptraceotlp.NewExportResponse(), status.Error(codes.Internal, err.Error())
	}
	return ptraceotlp.NewExportResponse(), nil
}

// Stop ends the receiver, after the requests under way. The sink is not called any more when it has returned.
func (r *Recorder) Stop() error {
	timer := time.AfterFunc(patience, r.server.Stop)
	r.server.GracefulStop()
	timer.Stop()
	err := <-r.ended
	r.ended <- nil // for another Stop
	r.mu.Lock()
	defer r.mu.Unlock()
	return errors.Join(err, r.problem)
}
