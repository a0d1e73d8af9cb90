// Package postgres gives tests a PostgreSQL of their own, if one is installed: each test a fresh database, each test
// binary a server, which is started by the first test that needs it, listens on no network and ends with the binary.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// dsnVariable names the environment variable with the DSN of a server to use instead of one of our own. Its user must be
// allowed to create databases.
const dsnVariable = "BANK_POSTGRES_DSN"

// errMissing says that there is no server to start.
var errMissing = errors.New("PostgreSQL is not installed: the tests of the bank on PostgreSQL are skipped; install postgresql to run them")

// shared is the server of this test binary: starting one takes a second.
var shared struct {
	sync.Mutex
	started bool
	server  *server // nil: none was started
	dsn     string
	err     error
}

// Start returns the DSN of a fresh and empty database that is dropped after the test. The test is skipped where PostgreSQL
// is not installed. The binary's TestMain must call Run.
func Start(tb testing.TB) string {
	tb.Helper()
	dsn, err := start()
	if errors.Is(err, errMissing) {
		tb.Skip(err)
	}
	if err != nil {
		tb.Fatal(err)
	}
	name := "bank_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	if err := execute(tb.Context(), dsn, "create database "+name); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		// The test's own context has ended.
		if err := execute(context.Background(), dsn, "drop database "+name+" with (force)"); err != nil {
			tb.Error(err)
		}
	})
	u, err := url.Parse(dsn)
	if err != nil {
		tb.Fatalf("%s is no URL such as postgres://user@host/database", dsnVariable)
	}
	u.Path = "/" + name
	return u.String()
}

// Run runs the tests of a binary, stops the server if one was started, and returns the exit code.
func Run(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil {
		return code
	}
	if err := shared.server.stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return max(code, 1)
	}
	return code
}

// start returns the DSN of the server, which it starts once.
func start() (dsn string, err error) {
	shared.Lock()
	defer shared.Unlock()
	if !shared.started {
		shared.started = true
		if shared.dsn = os.Getenv(dsnVariable); shared.dsn == "" {
			shared.server, shared.err = launch()
		}
		if shared.server != nil {
			shared.dsn = shared.server.dsn
		}
	}
	return shared.dsn, shared.err
}

func execute(ctx context.Context, dsn, statement string) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	connection, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return fmt.Errorf("connect to PostgreSQL: %w", err)
	}
	_, err = connection.Exec(ctx, statement)
	if err := errors.Join(err, connection.Close(ctx)); err != nil {
		return fmt.Errorf("%s: %w", statement, err)
	}
	return nil
}
