package endtoend

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// sendDeadline is for one batch with all its retries: a reload in between takes a second or two.
const sendDeadline = 30 * time.Second

// sendTraces sends one batch over OTLP/HTTP, retrying as an SDK does, until the Collector acknowledges it. It may be
// called from several goroutines, hence an error and no t. The error tells of a batch that was refused for good, in
// part or as a whole, or that found no receiver in time.
func (c *collector) sendTraces(td ptrace.Traces) error {
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		return err
	}
	answer, err := c.post("/v1/traces", body)
	if err != nil {
		return err
	}
	response := ptraceotlp.NewExportResponse()
	if err := response.UnmarshalProto(answer); err != nil {
		return err
	}
	if part := response.PartialSuccess(); part.RejectedSpans() != 0 {
		return fmt.Errorf("%d of %d spans rejected: %s", part.RejectedSpans(), td.SpanCount(), part.ErrorMessage())
	}
	return nil
}

// sendLogs is sendTraces for log records.
func (c *collector) sendLogs(ld plog.Logs) error {
	body, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	if err != nil {
		return err
	}
	answer, err := c.post("/v1/logs", body)
	if err != nil {
		return err
	}
	response := plogotlp.NewExportResponse()
	if err := response.UnmarshalProto(answer); err != nil {
		return err
	}
	if part := response.PartialSuccess(); part.RejectedLogRecords() != 0 {
		return fmt.Errorf("%d of %d records rejected: %s", part.RejectedLogRecords(), ld.LogRecordCount(), part.ErrorMessage())
	}
	return nil
}

// post sends one OTLP message and returns the answer's body. What the OTLP specification calls retryable (section
// "OTLP/HTTP Response") is retried, and so is a connection that is refused or cut.
func (c *collector) post(path string, body []byte) ([]byte, error) {
	url := fmt.Sprintf("http://127.0.0.1:%d%s", c.otlpHTTP, path)
	var answer []byte
	err := poll(sendDeadline, func() error {
		response, err := c.http.Post(url, "application/x-protobuf", bytes.NewReader(body))
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if answer, err = io.ReadAll(response.Body); err != nil {
			return err
		}
		switch response.StatusCode {
		case http.StatusOK:
			return nil
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return fmt.Errorf("POST %s: %s", path, response.Status)
		default:
			return stopPolling{fmt.Errorf("POST %s: %s: %q", path, response.Status, answer)}
		}
	})
	return answer, err
}

// readTraces reads what a file exporter has written so far, one batch a line.
func readTraces(t *testing.T, path string) []ptrace.Traces {
	t.Helper()
	return readLines(t, path, (&ptrace.JSONUnmarshaler{}).UnmarshalTraces)
}

// readLogs is readTraces for log records.
func readLogs(t *testing.T, path string) []plog.Logs {
	t.Helper()
	return readLines(t, path, (&plog.JSONUnmarshaler{}).UnmarshalLogs)
}

// readMetrics is readTraces for metrics.
func readMetrics(t *testing.T, path string) []pmetric.Metrics {
	t.Helper()
	return readLines(t, path, (&pmetric.JSONUnmarshaler{}).UnmarshalMetrics)
}

// readLines decodes each complete line. A file that does not exist yet has none, and the last line of a file that is
// being written counts once its end is there.
func readLines[T any](t *testing.T, path string, decode func([]byte) (T, error)) []T {
	t.Helper()
	content, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		require.NoError(t, err)
	}
	var batches []T
	for {
		line, rest, complete := bytes.Cut(content, []byte("\n"))
		if !complete {
			return batches
		}
		batch, err := decode(line)
		require.NoError(t, err, "%s, line %d", path, len(batches)+1)
		batches = append(batches, batch)
		content = rest
	}
}
