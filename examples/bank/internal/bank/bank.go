// Package bank puts the bank's services together: each with its own listener and its own OpenTelemetry SDK, as if they
// were three processes, over one database.
package bank

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/account"
	"github.com/spanwarden/spanwarden/examples/bank/internal/gateway"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
	"github.com/spanwarden/spanwarden/examples/bank/internal/transaction"
)

// Names of the services, which are their service.name.
const (
	Gateway     = "gateway"
	Account     = "account"
	Transaction = "transaction"
)

// Services returns the names of all services, those first that others call.
func Services() []string { return []string{Account, Transaction, Gateway} }

// Options of a bank.
type Options struct {
	DSN       string            // of a database that store.Create has filled
	Telemetry telemetry.Options // of all services
	Run       []string          // the services to run here; empty: all
	Listen    map[string]string // addresses by service; missing: a free port of the loopback interface
	Elsewhere map[string]string // URLs of the services that others call and that are not run here
}

// Bank is what Open has started.
type Bank struct {
	urls     map[string]string
	services []*service
}

// service is one running service.
type service struct {
	name      string
	server    *http.Server
	telemetry *telemetry.Telemetry
	close     []func() error // what it holds open besides
	ended     chan error
	problems  []error // of its end
}

// Open starts the services; they answer when it returns. Whatever happens, Close ends what was begun.
func Open(ctx context.Context, options Options) (*Bank, error) {
	b := &Bank{urls: make(map[string]string)}
	maps.Copy(b.urls, options.Elsewhere)
	for _, name := range Services() {
		if len(options.Run) > 0 && !slices.Contains(options.Run, name) {
			continue
		}
		if err := b.start(ctx, name, options); err != nil {
			return nil, errors.Join(fmt.Errorf("start the %s service: %w", name, err), b.Close(ctx))
		}
	}
	return b, nil
}

// URL returns where a service answers, without a slash at the end; empty if it does not.
func (b *Bank) URL(service string) string { return b.urls[service] }

func (b *Bank) start(ctx context.Context, name string, options Options) error {
	settings := options.Telemetry
	settings.TrustRequestID = name == Gateway
	t, err := telemetry.New(ctx, name, settings)
	if err != nil {
		return err
	}
	s := &service{name: name, telemetry: t, ended: make(chan error, 1)}
	b.services = append(b.services, s)
	handler, err := b.handler(s, options)
	if err != nil {
		return err
	}
	address := options.Listen[name]
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return err
	}
	b.urls[name] = "http://" + listener.Addr().String()
	s.server = &http.Server{Handler: t.Handler(handler), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: time.Minute}
	go func() { s.ended <- s.server.Serve(listener) }()
	return nil
}

// handler makes the service itself.
func (b *Bank) handler(s *service, options Options) (http.Handler, error) {
	if s.name == Gateway {
		return gateway.New(gateway.Options{
			Clock: options.Telemetry.Clock, Account: b.urls[Account], Transaction: b.urls[Transaction],
			Transport: s.telemetry.Transport(), Identify: identify,
		})
	}
	db, err := store.Open(s.telemetry, options.DSN)
	if err != nil {
		return nil, err
	}
	s.close = append(s.close, db.Close)
	if s.name == Account {
		return account.New(db, options.Telemetry.Clock, identify), nil
	}
	return transaction.New(db, options.Telemetry.Clock, b.urls[Account], s.telemetry.Transport(), identify), nil
}

// identify tells the current span who is calling.
func identify(ctx context.Context, userID, sessionID string, roles []string) {
	telemetry.SetIdentity(ctx, telemetry.Identity{UserID: userID, SessionID: sessionID, Roles: roles})
}

// Close answers what has been asked, sends what has been recorded and ends the services, those first that call others.
func (b *Bank) Close(ctx context.Context) error {
	for _, s := range slices.Backward(b.services) {
		s.stopServing(ctx)
	}
	// Together: where nobody takes the spans, each would wait as long as the context allows.
	var flushes sync.WaitGroup
	for _, s := range b.services {
		flushes.Go(func() { s.flush(ctx) })
	}
	flushes.Wait()
	var problems []error
	for _, s := range b.services {
		if err := errors.Join(s.problems...); err != nil {
			problems = append(problems, fmt.Errorf("stop the %s service: %w", s.name, err))
		}
	}
	b.services = nil
	return errors.Join(problems...)
}

// stopServing answers what has been asked.
func (s *service) stopServing(ctx context.Context) {
	if s.server == nil {
		return
	}
	s.problems = append(s.problems, s.server.Shutdown(ctx))
	if err := <-s.ended; !errors.Is(err, http.ErrServerClosed) {
		s.problems = append(s.problems, err)
	}
}

// flush sends what has been recorded, and closes what the service held open.
func (s *service) flush(ctx context.Context) {
	s.problems = append(s.problems, s.telemetry.Shutdown(ctx))
	for _, end := range s.close {
		s.problems = append(s.problems, end())
	}
}
