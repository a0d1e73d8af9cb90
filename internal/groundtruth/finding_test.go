package groundtruth

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

func TestFromRecord(t *testing.T) {
	e := surge(3, "gateway", 2100, anomaly.Share{Name: flooder, Calls: 2000}, anomaly.Share{Name: "(unknown)", Calls: 7},
		anomaly.Share{Name: "a (b)", Calls: 3}, anomaly.Share{Name: "", Calls: 0})
	e.Method, e.Route, e.Begun = "GET", "/accounts/{accountId}", minute(2)
	e.Links = links([]pcommon.TraceID{traceOf("a", 1), traceOf("a", 2), traceOf("a", 1)})
	want := Finding{
		ID: e.IDString(), Kind: "dos", Detector: "total_calls", Rule: "total_calls", State: anomaly.Begun, Severity: anomaly.Error,
		Message: "gateway gets a flood of calls: 2100 in this window, about 40 before",
		Service: "gateway", Method: "GET", Route: "/accounts/{accountId}",
		WindowStart: minute(3), WindowEnd: minute(4), Begun: minute(2), Calls: 2100, Clients: e.Clients,
		Traces: []string{traceOf("a", 1).String(), traceOf("a", 2).String()},
	}
	assert.Equal(t, []Finding{want}, findings(t, viaRecord, e))
	want.Trace = e.IDString() // of the trace that the anomaly is the root of
	want.Traces = append([]string{want.Trace}, want.Traces...)
	assert.Equal(t, []Finding{want}, findings(t, viaSpan, e))
}

func TestFromRecordOfAnInvariant(t *testing.T) {
	e := broken("theft-1", 4, 2.5)
	trace := traceOf("theft-1", 4).String()
	want := Finding{
		ID: e.IDString(), Kind: "invariant", Detector: "cel", Rule: "account-read-by-its-owner", Severity: anomaly.Error,
		Message: "the account that was read does not belong to the caller", Service: "gateway", Client: thief,
		WindowStart: e.WindowStart, WindowEnd: e.WindowEnd, Trace: trace, Traces: []string{trace},
	}
	assert.Equal(t, []Finding{want, want}, append(findings(t, viaRecord, e), findings(t, viaSpan, e)...))
}

func TestFromRecordRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(plog.LogRecord)
		want   string
	}{
		"somebody's log record": {func(r plog.LogRecord) { r.Attributes().Remove(anomaly.AttrID) }, "is no anomaly: it has no anomaly.id"},
		"no kind":               {func(r plog.LogRecord) { r.Attributes().Remove(anomaly.AttrKind) }, "has no anomaly.kind"},
		"a strange time":        {func(r plog.LogRecord) { r.Attributes().PutStr(anomaly.AttrWindowEnd, "noon") }, "window.end is no time"},
		"a client without calls": {func(r plog.LogRecord) {
			r.Attributes().PutEmptySlice(anomaly.AttrClients).AppendEmpty().SetStr(thief)
		}, `anomaly.clients has an entry "203.0.113.9", which is not as in "203.0.113.9 (17)"`},
		"a client with strange calls": {func(r plog.LogRecord) {
			r.Attributes().PutEmptySlice(anomaly.AttrClients).AppendEmpty().SetStr(thief + " (many)")
		}, "without a number of calls"},
	} {
		t.Run(name, func(t *testing.T) {
			record := viaRecord(slow(1, thief))
			test.change(record)
			_, err := FromRecord(record)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

func TestFromRecordBoundsAndCleans(t *testing.T) {
	record := viaRecord(slow(1, thief))
	attrs := record.Attributes()
	attrs.PutStr(anomaly.AttrClient, "\x1b[31m"+strings.Repeat("x", 1<<20))
	record.Body().SetStr("one\ntwo")
	traces, clients := attrs.PutEmptySlice(anomaly.AttrTraces), attrs.PutEmptySlice(anomaly.AttrClients)
	for i := range 10_000 {
		traces.AppendEmpty().SetStr(strings.ToUpper(traceOf("a", i).String()))
		clients.AppendEmpty().SetStr("x (1)")
	}
	attrs.PutInt(anomaly.AttrDetector, 5)
	f, err := FromRecord(record)
	require.NoError(t, err)
	assert.Len(t, f.Client, maxText)
	assert.NotContains(t, f.Client, "\x1b")
	assert.Equal(t, "one two", f.Message)
	assert.Len(t, f.Traces, maxTexts)
	assert.Equal(t, traceOf("a", 0).String(), f.Traces[0])
	assert.Len(t, f.Clients, maxTexts)
	assert.Empty(t, f.Detector)
}
