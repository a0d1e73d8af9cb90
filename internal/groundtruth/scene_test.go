package groundtruth

import (
	"flag"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// noon is when the attacks of these tests begin, unless they say otherwise.
var noon = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

const (
	thief    = "203.0.113.9"
	flooder  = "203.0.113.77"
	customer = "198.51.100.7"
	sibling  = "127.0.0.1"
)

func minute(n float64) time.Time { return noon.Add(time.Duration(n * float64(time.Minute))) }

// traceOf is the trace of the nth call of an attack.
func traceOf(attack string, n int) pcommon.TraceID {
	h := fnv.New128a()
	fmt.Fprintf(h, "%s %d", attack, n)
	return pcommon.TraceID(h.Sum(nil))
}

// burst is n calls of an attack, evenly spread over a stretch of minutes.
func burst(attack, kind, client string, n int, from, to float64, expect ...string) (calls []Call) {
	for i := range n {
		calls = append(calls, Call{
			TraceID: traceOf(attack, i).String(), Attack: attack, Kind: kind, Expect: expect, Client: client,
			At: minute(from + (to-from)*float64(i)/float64(n)), Method: "GET", Path: fmt.Sprintf("/accounts/%d", 1000+i), Status: 200,
		})
	}
	return calls
}

// window makes an event about the minutes from n on.
func window(e anomaly.Event, n float64) anomaly.Event {
	e.WindowStart, e.WindowEnd = minute(n), minute(n+1)
	if e.State == "" {
		e.State = anomaly.Begun
	}
	if e.Begun.IsZero() {
		e.Begun = e.WindowStart
	}
	return e
}

// slow is a low-rate alarm about a client.
func slow(n float64, client string, traces ...pcommon.TraceID) anomaly.Event {
	return window(anomaly.Event{
		Kind: anomaly.LowRate, Detector: "low_rate", Rule: "low_rate_walking", Service: "gateway", Client: client,
		Message: client + " walks through gateway: about 15 different resources in 30m0s at a steady pace", Links: links(traces),
	}, n)
}

// surge is an alarm about a service that counts its calls and names clients.
func surge(n float64, service string, calls int, clients ...anomaly.Share) anomaly.Event {
	unknown := math.NaN()
	return window(anomaly.Event{
		Kind: anomaly.DoS, Detector: "total_calls", Rule: "total_calls", Service: service,
		Message:  fmt.Sprintf("%s gets a flood of calls: %d in this window, about 40 before", service, calls),
		Features: []anomaly.Feature{{Name: "total_calls", Unit: "1", Value: float64(calls), UsualLow: unknown, UsualHigh: unknown}},
		Clients:  clients,
	}, n)
}

// broken is a broken invariant that condemns the nth call of an attack.
func broken(attack string, n int, at float64) anomaly.Event {
	return anomaly.Event{
		Kind: anomaly.Invariant, Detector: "cel", Rule: "account-read-by-its-owner", Service: "gateway", Client: thief,
		Message:     "the account that was read does not belong to the caller",
		WindowStart: minute(at), WindowEnd: minute(at).Add(40 * time.Millisecond),
		Parent: anomaly.Link{TraceID: traceOf(attack, n), SpanID: pcommon.SpanID{7: 1}},
	}
}

func links(traces []pcommon.TraceID) (links []anomaly.Link) {
	for _, trace := range traces {
		links = append(links, anomaly.Link{TraceID: trace, SpanID: pcommon.SpanID{7: 1}})
	}
	return links
}

// viaSpan is what the connector makes of an event in a traces pipeline, and a file exporter of that.
func viaSpan(e anomaly.Event) plog.LogRecord {
	span, record := ptrace.NewSpan(), plog.NewLogRecord()
	e.ToSpan(span)
	anomaly.RecordFromSpan(span, record, noon)
	return stored(record)
}

// viaRecord is the same for a logs pipeline.
func viaRecord(e anomaly.Event) plog.LogRecord {
	record := plog.NewLogRecord()
	e.ToLogRecord(record, noon)
	return stored(record)
}

func stored(record plog.LogRecord) plog.LogRecord {
	ld, records := anomaly.NewLogs(anomaly.ScopePrefix+"connector/apianomalyconnector", "0.1.0")
	record.CopyTo(records.AppendEmpty())
	text, err := new(plog.JSONMarshaler).MarshalLogs(ld)
	if err != nil {
		panic(err)
	}
	ld, err = new(plog.JSONUnmarshaler).UnmarshalLogs(text)
	if err != nil {
		panic(err)
	}
	return ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
}

// findings reads what is recorded of events.
func findings(t require.TestingT, via func(anomaly.Event) plog.LogRecord, events ...anomaly.Event) (all []Finding) {
	for _, e := range events {
		f, err := FromRecord(via(e))
		require.NoError(t, err)
		all = append(all, f)
	}
	return all
}

// judged judges events in both pipelines, which must not make a difference but for the records' own traces.
func judged(t *testing.T, calls []Call, options Options, events ...anomaly.Event) Verdict {
	t.Helper()
	v := Judge(calls, findings(t, viaSpan, events...), options)
	other := Judge(calls, findings(t, viaRecord, events...), options)
	assert.Equal(t, other.Attacks, v.Attacks)
	assert.Equal(t, other.Kinds, v.Kinds)
	return v
}

// told is which alarm belongs to what by which rule, as "total_calls: flood-1 (client)".
func told(v Verdict) (lines []string) {
	for _, a := range v.Alarms {
		line := a.Detector + ": false"
		if !a.False() {
			line = fmt.Sprintf("%s: %v (%s)", a.Detector, a.Attacks, a.Rule)
		}
		lines = append(lines, line)
	}
	return lines
}

func assertGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.MkdirAll("testdata", 0o755))
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, string(want), got)
}
