package bank_test

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/examples/bank/internal/bank"
	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
	"github.com/spanwarden/spanwarden/examples/bank/internal/player"
	"github.com/spanwarden/spanwarden/examples/bank/internal/postgres"
	"github.com/spanwarden/spanwarden/examples/bank/internal/recorder"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
	"github.com/spanwarden/spanwarden/examples/bank/internal/telemetry"
)

func TestMain(m *testing.M) {
	code := postgres.Run(m)
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// What the spans say has been done to the database, done again to a copy of it, makes the same database: every
// statement's text and parameters are those that were run, with the same number of rows, and the same ones were refused
// or rolled back.
func TestTheSpansTellWhatTheDatabaseDid(t *testing.T) {
	for name, fresh := range map[string]func(testing.TB) string{
		"SQLite":     func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "bank.db") },
		"PostgreSQL": postgres.Start,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := tampering(t)
			now := time.Now()
			played, copied := fresh(t), fresh(t)
			for _, dsn := range []string{played, copied} {
				require.NoError(t, store.Create(t.Context(), dsn, p.Options.Users, now))
			}
			spans := play(t, inSequence(p), played)
			db := open(t, copied)
			again := replay{t: t, db: db}
			for _, span := range spans {
				again.do(span)
			}
			assert.Greater(t, again.statements, 1000)
			assert.Greater(t, again.writes, 200)
			assert.Positive(t, again.refused, "no statement has been refused by a constraint: the plan is too tame for this test")
			original := open(t, played)
			for _, table := range tables {
				assert.Equal(t, dump(t, original, table), dump(t, db, table), table)
			}
		})
	}
}

// tampering is some minutes with one attack of each kind of tampering.
func tampering(t *testing.T) *plan.Plan {
	t.Helper()
	options := plan.Quiet(7, 10*time.Minute)
	options.Users, options.Rate = 80, 5 // a small bank answers fast, also under the race detector
	for i, kind := range plan.Kinds() {
		if kind.Tampering() {
			at := time.Duration(i) * 10 * time.Second
			options.Attacks = append(options.Attacks, plan.Scheduled{Kind: kind.Name, At: at, Strength: 1})
		}
	}
	p, err := plan.New(options)
	require.NoError(t, err)
	return p
}

// inSequence returns the plan with one call after another, as fast as they are answered: the order of the statements is
// that of their spans then.
func inSequence(p *plan.Plan) *plan.Plan {
	calls := slices.Clone(p.Calls)
	for i := range calls {
		calls[i].Line, calls[i].At = 0, 0
	}
	return &plan.Plan{Options: p.Options, Calls: calls, Attacks: p.Attacks, Lines: 1}
}

// play plays a plan on a bank of its own and returns the spans of its database's driver by their time.
func play(t *testing.T, p *plan.Plan, dsn string) (spans []ptrace.Span) {
	t.Helper()
	var mu sync.Mutex
	received, err := recorder.Start(func(td ptrace.Traces) error {
		mu.Lock()
		defer mu.Unlock()
		for _, resource := range td.ResourceSpans().All() {
			for _, scope := range resource.ScopeSpans().All() {
				for _, span := range scope.Spans().All() {
					if strings.HasPrefix(span.Name(), "sql.") {
						spans = append(spans, span)
					}
				}
			}
		}
		return nil
	})
	require.NoError(t, err)
	b, err := bank.Open(t.Context(), bank.Options{
		DSN: dsn, Telemetry: telemetry.Options{Endpoint: received.Endpoint(), Clock: banktime.Real(), OptIns: telemetry.All, Blocking: true},
	})
	require.NoError(t, err)
	summary, err := player.Play(t.Context(), p, player.Options{URL: b.URL(bank.Gateway), Clock: banktime.Real(), Begin: time.Now()})
	require.NoError(t, err)
	require.Zero(t, summary.Statuses[0], "calls without an answer")
	require.Zero(t, summary.Statuses[500], "calls that failed in the bank")
	require.NoError(t, b.Close(context.WithoutCancel(t.Context())))
	require.NoError(t, received.Stop())
	slices.SortFunc(spans, func(a, b ptrace.Span) int { return cmp.Compare(a.StartTimestamp(), b.StartTimestamp()) })
	return spans
}

type opener struct{}

func (opener) OpenDB(driver, dsn string) (*sql.DB, error) { return sql.Open(driver, dsn) }

func open(t *testing.T, dsn string) *sql.DB {
	t.Helper()
	db, err := store.Open(opener{}, dsn)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	return db
}

// tables of the bank, each with what orders its rows.
var tables = []string{
	"users order by id", "sessions order by id", "accounts order by id", "entries order by id", "branches order by id",
	"products order by id", "transfers order by id", "daily_totals order by user_id, day", "payments order by id", "refunds order by id",
}

// dump returns the rows of a table as text.
func dump(t *testing.T, db *sql.DB, table string) (rows []string) {
	t.Helper()
	result, err := db.QueryContext(t.Context(), "select * from "+table)
	require.NoError(t, err)
	defer func() { assert.NoError(t, result.Close()) }()
	columns, err := result.Columns()
	require.NoError(t, err)
	for result.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		require.NoError(t, result.Scan(places...))
		for i, value := range values {
			if at, ok := value.(time.Time); ok {
				values[i] = at.UTC()
			}
		}
		rows = append(rows, fmt.Sprint(values...))
	}
	require.NoError(t, result.Err())
	require.NotEmpty(t, rows, table)
	return rows
}

// replay does again what spans tell.
type replay struct {
	t  *testing.T
	db *sql.DB
	tx *sql.Tx

	statements, writes, refused int
}

func (r *replay) do(span ptrace.Span) {
	ctx := r.t.Context()
	switch span.Name() {
	case "sql.conn.begin_tx":
		require.Nil(r.t, r.tx, "two transactions at a time")
		tx, err := r.db.BeginTx(ctx, nil)
		require.NoError(r.t, err)
		r.tx = tx
	case "sql.tx.commit":
		require.NoError(r.t, r.tx.Commit())
		r.tx = nil
	case "sql.tx.rollback":
		require.NoError(r.t, r.tx.Rollback())
		r.tx = nil
	case "sql.conn.exec":
		r.writes++
		r.run(span, func(text string, args []any) error {
			_, err := r.handle().ExecContext(ctx, text, args...)
			return err
		})
	case "sql.conn.query":
		r.run(span, func(text string, args []any) error {
			n, err := countRows(ctx, r.handle(), text, args)
			if err == nil {
				returned, ok := span.Attributes().Get("db.response.returned_rows")
				require.True(r.t, ok, "the span does not tell how many rows were returned")
				assert.Equal(r.t, n, returned.Int(), text)
			}
			return err
		})
	default:
		r.t.Errorf("the span %s is not known to this test", span.Name())
	}
}

// run runs a span's statement, which fails if it failed then.
func (r *replay) run(span ptrace.Span, run func(text string, args []any) error) {
	r.statements++
	text, ok := span.Attributes().Get("db.query.text")
	require.True(r.t, ok, "a statement without its text")
	err := run(text.Str(), parameters(span.Attributes()))
	if span.Status().Code() == ptrace.StatusCodeError {
		r.refused++
		require.Error(r.t, err, text.Str())
		return
	}
	require.NoError(r.t, err, text.Str())
}

// handle is what statements are run with: the transaction, if there is one.
func (r *replay) handle() interface {
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
} {
	if r.tx != nil {
		return r.tx
	}
	return r.db
}

func parameters(attributes pcommon.Map) (args []any) {
	for i := 0; ; i++ {
		value, ok := attributes.Get(fmt.Sprintf("db.query.parameter.%d", i))
		if !ok {
			return args
		}
		args = append(args, value.Str())
	}
}

func countRows(ctx context.Context, db interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}, text string, args []any,
) (n int64, err error) {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}
