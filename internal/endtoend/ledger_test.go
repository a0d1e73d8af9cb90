package endtoend

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// isOwn tells whether Spanwarden itself emitted what stands under this instrumentation scope.
func isOwn(scope pcommon.InstrumentationScope) bool {
	return strings.HasPrefix(scope.Name(), "github.com/spanwarden/")
}

// ledger holds spans or log records, each by itself together with its resource and scope, as OTLP JSON by sequence
// number. Two ledgers are equal if they hold the same items equally often, however they were batched.
type ledger struct {
	mu    sync.Mutex
	items map[int64][]string
}

func newLedger() *ledger { return &ledger{items: map[int64][]string{}} }

func (l *ledger) add(sequence int64, item string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.items[sequence] = append(l.items[sequence], item)
}

// addTraces enters every span but Spanwarden's own.
func (l *ledger) addTraces(td ptrace.Traces) error {
	for _, rs := range td.ResourceSpans().All() {
		for _, ss := range rs.ScopeSpans().All() {
			if isOwn(ss.Scope()) {
				continue
			}
			for _, span := range ss.Spans().All() {
				single := ptrace.NewTraces()
				resource := single.ResourceSpans().AppendEmpty()
				rs.Resource().CopyTo(resource.Resource())
				resource.SetSchemaUrl(rs.SchemaUrl())
				scope := resource.ScopeSpans().AppendEmpty()
				ss.Scope().CopyTo(scope.Scope())
				scope.SetSchemaUrl(ss.SchemaUrl())
				span.CopyTo(scope.Spans().AppendEmpty())
				text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(single)
				if err != nil {
					return err
				}
				l.add(sequenceOf(span.Attributes()), string(text))
			}
		}
	}
	return nil
}

// addLogs enters every log record but Spanwarden's own.
func (l *ledger) addLogs(ld plog.Logs) error {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			if isOwn(sl.Scope()) {
				continue
			}
			for _, record := range sl.LogRecords().All() {
				single := plog.NewLogs()
				resource := single.ResourceLogs().AppendEmpty()
				rl.Resource().CopyTo(resource.Resource())
				resource.SetSchemaUrl(rl.SchemaUrl())
				scope := resource.ScopeLogs().AppendEmpty()
				sl.Scope().CopyTo(scope.Scope())
				scope.SetSchemaUrl(sl.SchemaUrl())
				record.CopyTo(scope.LogRecords().AppendEmpty())
				text, err := (&plog.JSONMarshaler{}).MarshalLogs(single)
				if err != nil {
					return err
				}
				l.add(sequenceOf(record.Attributes()), string(text))
			}
		}
	}
	return nil
}

// sequenceOf is -1 for what the generator did not make.
func sequenceOf(attributes pcommon.Map) int64 {
	if value, ok := attributes.Get(sequenceKey); ok {
		return value.Int()
	}
	return -1
}

// requireEqual fails the test unless got holds every item of l exactly once and unchanged, and no other.
func (l *ledger) requireEqual(t *testing.T, got *ledger) {
	t.Helper()
	require.NotEmpty(t, l.items, "nothing was sent")
	missing, repeated := 0, 0
	for sequence, sent := range l.items {
		require.Len(t, sent, 1, "sequence number %d was sent twice", sequence)
		switch arrived := got.items[sequence]; len(arrived) {
		case 0:
			missing++
		case 1:
			require.JSONEq(t, sent[0], arrived[0])
			require.Equal(t, sent[0], arrived[0], "the order of attributes changed")
		default:
			repeated++
		}
	}
	unknown := 0
	for sequence := range got.items {
		if len(l.items[sequence]) == 0 {
			unknown++
		}
	}
	assert.Zero(t, missing, "missing among %d", len(l.items))
	assert.Zero(t, repeated, "arrived more than once among %d", len(l.items))
	assert.Zero(t, unknown, "arrived without having been sent, among %d", len(l.items))
}
