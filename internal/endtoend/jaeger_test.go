package endtoend

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/childprocess"
)

// A real Jaeger shows a violated invariant where it belongs: in the trace, below the span, as an error. Who searches for
// it by the rule finds that trace and no other.
func TestJaegerShowsAViolatedInvariantInItsTrace(t *testing.T) {
	t.Parallel()
	j := startJaeger(t)
	c := startJudging(t, overlay(fmt.Sprintf(`
exporters: {otlp_grpc/jaeger: {endpoint: %q, tls: {insecure: true}}}
service: {pipelines: {traces: {exporters: [api_anomaly, otlp_grpc/jaeger]}}}`, j.otlp)))
	honest, condemned := callOrders(t, c, newGenerator(1, 0))
	trace := j.awaitTrace(t, condemned, condemned.spans+1)
	c.stop(t) // now all that there is has been handed on

	violation := requireCondemned(t, condemned, trace)
	require.Equal(t, "true", violation.attributes["error"], "what Jaeger paints red")
	for _, call := range honest {
		requireHonest(t, call, j.awaitTrace(t, call, call.spans))
	}
	found, err := j.query("/api/traces", url.Values{
		"service": {"spanwarden"}, "tags": {`{"security_rule.name": "order-read-by-its-owner", "error": "true"}`}, "lookback": {"1h"},
	})
	require.NoError(t, err)
	require.Len(t, found, 1)
	requireCondemned(t, condemned, found[0])
	requireRecord(t, anomalyRecords(t, c), violation)
}

// jaeger is a running process of Jaeger, all in one and with its store in memory.
type jaeger struct {
	otlp string // address of its gRPC receiver
	api  string // address of what its user interface reads
	http *http.Client
}

// startJaeger runs bin/jaeger on ports that it chooses itself, until the test ends, and returns when it answers. It skips
// the test where that is not built: it takes long, and some modules may not be had.
func startJaeger(t *testing.T) *jaeger {
	t.Helper()
	skipIfShort(t)
	root, err := repositoryRoot()
	require.NoError(t, err)
	binary := filepath.Join(root, "bin", "jaeger")
	if _, err := os.Stat(binary); err != nil {
		t.Skip("skipped the look into a real Jaeger: `make jaeger` builds bin/jaeger in some minutes; what the Collector exports is tested all the same")
	}
	folder := t.TempDir()
	log := filepath.Join(folder, "log")
	cmd := exec.Command(binary, "--memory.max-traces=10000", "--query.grpc-server.host-port=localhost:0")
	for _, server := range []string{"collector.otlp.grpc", "collector.otlp.http", "collector.grpc-server", "collector.http-server", "query.http-server", "admin.http"} {
		cmd.Args = append(cmd.Args, "--"+server+".host-port=127.0.0.1:0")
	}
	cmd.Dir = folder
	cmd.Env = []string{"OTEL_TRACES_SAMPLER=always_off"} // each of its flags can be a variable too; and it traces itself
	ended, err := childprocess.Start(cmd, log)
	require.NoError(t, err)
	j := &jaeger{http: &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}}
	t.Cleanup(func() {
		_ = killGroup(cmd.Process.Pid)
		<-ended
		j.http.CloseIdleConnections()
		if t.Failed() {
			content, _ := os.ReadFile(log)
			t.Logf("log of Jaeger:\n%s", content)
		}
	})
	require.NoError(t, poll(startDeadline, func() error {
		content, err := os.ReadFile(log)
		if err == nil {
			err = j.readAddresses(string(content))
		}
		if err == nil {
			_, err = j.query("/api/traces", url.Values{"service": {"spanwarden"}})
		}
		return err
	}))
	return j
}

// The lines of Jaeger's log that tell its addresses.
var (
	otlpStarted  = regexp.MustCompile(`"msg":"Starting GRPC server","endpoint":"([^"]+)"`)
	queryStarted = regexp.MustCompile(`"msg":"Query server started","http_addr":"([^"]+)"`)
)

func (j *jaeger) readAddresses(log string) error {
	otlp, query := otlpStarted.FindStringSubmatch(log), queryStarted.FindStringSubmatch(log)
	if otlp == nil || query == nil {
		return errors.New("the log of Jaeger does not say where it listens")
	}
	j.otlp, j.api = otlp[1], query[1]
	return nil
}

// awaitTrace returns the call's trace once it has that many spans.
func (j *jaeger) awaitTrace(t *testing.T, call *orderCall, spans int) (trace []shownSpan) {
	t.Helper()
	eventually(t, 30*time.Second, func() error {
		traces, err := j.query("/api/traces/"+call.traceID.String(), nil)
		if err != nil {
			return err
		}
		if len(traces) != 1 || len(traces[0]) < spans {
			return fmt.Errorf("%v does not have %d spans yet: %+v", call.traceID, spans, traces)
		}
		trace = traces[0]
		return nil
	})
	return trace
}

// query asks for traces, as Jaeger's user interface does.
func (j *jaeger) query(path string, parameters url.Values) (traces [][]shownSpan, err error) {
	response, err := j.http.Get((&url.URL{Scheme: "http", Host: j.api, Path: path, RawQuery: parameters.Encode()}).String())
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s of Jaeger: %s", path, response.Status)
	}
	var answer struct {
		Data []jaegerTrace `json:"data"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, err
	}
	for _, trace := range answer.Data {
		traces = append(traces, trace.shown())
	}
	return traces, nil
}

// jaegerTrace is a trace in the JSON of Jaeger's user interface.
type jaegerTrace struct {
	Processes map[string]struct {
		ServiceName string `json:"serviceName"`
	} `json:"processes"`
	Spans []struct {
		TraceID       string `json:"traceID"`
		SpanID        string `json:"spanID"`
		OperationName string `json:"operationName"`
		ProcessID     string `json:"processID"`
		StartTime     int64  `json:"startTime"` // µs since 1970
		Duration      int64  `json:"duration"`  // µs
		References    []struct {
			RefType string `json:"refType"`
			TraceID string `json:"traceID"`
			SpanID  string `json:"spanID"`
		} `json:"references"`
		Tags []struct {
			Key   string `json:"key"`
			Value any    `json:"value"`
		} `json:"tags"`
	} `json:"spans"`
}

func (j *jaegerTrace) shown() (trace []shownSpan) {
	for _, span := range j.Spans {
		shown := shownSpan{
			traceID: span.TraceID, spanID: span.SpanID, service: j.Processes[span.ProcessID].ServiceName, name: span.OperationName,
			start: time.UnixMicro(span.StartTime).UTC(), end: time.UnixMicro(span.StartTime + span.Duration).UTC(),
			attributes: map[string]string{},
		}
		for _, reference := range span.References {
			if reference.RefType == "CHILD_OF" && reference.TraceID == span.TraceID {
				shown.parentID = reference.SpanID
			}
		}
		for _, tag := range span.Tags {
			shown.attributes[tag.Key] = fmt.Sprint(tag.Value)
		}
		shown.kind = strings.ToLower(shown.attributes["span.kind"])
		shown.failed = shown.attributes["otel.status_code"] == "ERROR"
		shown.message = shown.attributes["otel.status_description"]
		trace = append(trace, shown)
	}
	return trace
}
