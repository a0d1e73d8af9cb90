package recorder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"go.uber.org/goleak"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/spanwarden/spanwarden/internal/recording"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// request has spans of these names.
func request(names ...string) ptrace.Traces {
	td := ptrace.NewTraces()
	spans := td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans()
	for _, name := range names {
		span := spans.AppendEmpty()
		span.SetName(name)
		span.SetTraceID([16]byte{1, 2, 3})
		span.SetSpanID([8]byte{4})
	}
	return td
}

func names(td ptrace.Traces) []string {
	var all []string
	for _, resource := range td.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				all = append(all, span.Name())
			}
		}
	}
	return all
}

func send(t *testing.T, r *Recorder, td ptrace.Traces) error {
	t.Helper()
	conn, err := grpc.NewClient(r.Endpoint(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { assert.NoError(t, conn.Close()) }()
	_, err = ptraceotlp.NewGRPCClient(conn).Export(t.Context(), ptraceotlp.NewExportRequestFromTraces(td))
	return err
}

func TestRecordsWhatIsSent(t *testing.T) {
	path := filepath.Join(t.TempDir(), "spans.jsonl.gz")
	file, err := NewFile(path)
	require.NoError(t, err)
	r, err := Start(file.Write)
	require.NoError(t, err)
	require.NoError(t, send(t, r, request("a", "b")))
	require.NoError(t, send(t, r, request("c")))
	require.NoError(t, r.Stop())
	require.NoError(t, file.Close())

	in, err := recording.Open(path)
	require.NoError(t, err)
	defer in.Close()
	var got [][]string
	require.NoError(t, in.Traces(func(td ptrace.Traces) error {
		got = append(got, names(td))
		return nil
	}))
	assert.Equal(t, [][]string{{"a", "b"}, {"c"}}, got)
}

func TestTheSameSpansMakeTheSameFile(t *testing.T) {
	var files [][]byte
	for _, name := range []string{"one.gz", "another.gz"} {
		path := filepath.Join(t.TempDir(), name)
		file, err := NewFile(path)
		require.NoError(t, err)
		for range 100 {
			require.NoError(t, file.Write(request("a", "b")))
		}
		require.NoError(t, file.Close())
		content, err := os.ReadFile(path)
		require.NoError(t, err)
		files = append(files, content)
		time.Sleep(time.Millisecond)
	}
	assert.Equal(t, files[0], files[1])
	assert.Equal(t, []byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255}, files[0][:10], "no name, no time, best compression")
}

// TestOneAtATime sends from several connections at once to a sink that is not made for it.
func TestOneAtATime(t *testing.T) {
	spans := 0
	r, err := Start(func(td ptrace.Traces) error {
		before := spans
		time.Sleep(time.Millisecond)
		spans = before + td.SpanCount()
		return nil
	})
	require.NoError(t, err)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { assert.NoError(t, send(t, r, request("a", "b", "c"))) })
	}
	group.Wait()
	require.NoError(t, r.Stop())
	assert.Equal(t, 24, spans)
}

func TestLargeRequests(t *testing.T) {
	var size int
	r, err := Start(func(td ptrace.Traces) error {
		size = len(names(td)[0])
		return nil
	})
	require.NoError(t, err)
	require.NoError(t, send(t, r, request(strings.Repeat("x", 10<<20))))
	require.NoError(t, r.Stop())
	assert.Equal(t, 10<<20, size)
}

func TestTheSinksErrorIsTold(t *testing.T) {
	r, err := Start(func(td ptrace.Traces) error { return errors.New("no room for " + names(td)[0]) })
	require.NoError(t, err)
	err = send(t, r, request("a"))
	assert.Equal(t, codes.Internal, status.Code(err), "which is not tried again")
	assert.ErrorContains(t, err, "no room for a")
	assert.Error(t, send(t, r, request("b")))
	assert.EqualError(t, r.Stop(), "keep spans: no room for a")
	assert.EqualError(t, r.Stop(), "keep spans: no room for a", "again")
}

func TestFileErrorsNameTheFile(t *testing.T) {
	_, err := NewFile(filepath.Join(t.TempDir(), "missing", "spans.gz"))
	assert.ErrorContains(t, err, "create the recording")
	assert.ErrorContains(t, err, "spans.gz")

	path := filepath.Join(t.TempDir(), "spans.gz")
	file, err := NewFile(path)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.NoError(t, file.Close(), "again")
	err = file.Write(request("a"))
	assert.ErrorContains(t, err, path)
	assert.ErrorIs(t, err, os.ErrClosed)
}
