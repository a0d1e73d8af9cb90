package endtoend

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// shownSpan is a span as somebody sees it who looks at its trace, wherever that has been stored. Ids are hexadecimal.
type shownSpan struct {
	traceID, spanID, parentID string
	service, name, kind       string
	start, end                time.Time
	failed                    bool
	message                   string // of the status
	attributes                map[string]string
}

// shownTraces are the traces of exported batches, by trace id.
func shownTraces(batches []ptrace.Traces) map[string][]shownSpan {
	traces := map[string][]shownSpan{}
	for _, td := range batches {
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, span := range ss.Spans().All() {
					shown := shownSpan{
						traceID: span.TraceID().String(), spanID: span.SpanID().String(), parentID: span.ParentSpanID().String(),
						service: text(rs.Resource().Attributes(), "service.name"),
						name:    span.Name(), kind: strings.ToLower(span.Kind().String()),
						start: span.StartTimestamp().AsTime(), end: span.EndTimestamp().AsTime(),
						failed:  span.Status().Code() == ptrace.StatusCodeError,
						message: span.Status().Message(), attributes: map[string]string{},
					}
					for key, value := range span.Attributes().All() {
						shown.attributes[key] = value.AsString()
					}
					traces[shown.traceID] = append(traces[shown.traceID], shown)
				}
			}
		}
	}
	return traces
}

func isAnomaly(s shownSpan) bool { return s.service == "spanwarden" }

// requireCondemned fails the test unless the call's trace is there as it was sent, with the violation as the one
// child span more that its offending span has. It returns that.
func requireCondemned(t *testing.T, call *orderCall, trace []shownSpan) shownSpan {
	t.Helper()
	require.Len(t, trace, call.spans+1)
	i := slices.IndexFunc(trace, isAnomaly)
	require.GreaterOrEqual(t, i, 0, "no span of spanwarden among %+v", trace)
	violation := trace[i]
	assert.Equal(t, call.traceID.String(), violation.traceID)
	assert.Equal(t, call.called.String(), violation.parentID)
	assert.Equal(t, "anomaly invariant order-read-by-its-owner", violation.name)
	assert.Equal(t, "internal", violation.kind)
	assert.True(t, violation.failed)
	assert.Equal(t, orderRefusal, violation.message)

	wanted := map[string]string{
		"anomaly.kind":                      "invariant",
		"security_rule.name":                "order-read-by-its-owner",
		"security_rule.category":            "database",
		"service.name":                      "orders",
		"http.request.method":               "GET",
		"http.route":                        orderRoute,
		"client.address":                    orderClient,
		"anomaly.value.db[0].table":         "orders",
		"anomaly.value.db[0].where.user_id": "(absent)",
		"anomaly.value.env.user.id":         orderUser,
	}
	got := map[string]string{}
	for key := range wanted {
		got[key] = violation.attributes[key]
	}
	assert.Equal(t, wanted, got)
	for _, part := range []string{orderRefusal, "user_id", "env.user.id = " + orderUser} {
		assert.Contains(t, violation.attributes["anomaly.explanation"], part)
	}

	for _, span := range trace {
		if span.spanID == violation.parentID {
			assert.Equal(t, "orders", span.service)
			assert.False(t, violation.start.Before(span.start), "begins at %v, its parent at %v", violation.start, span.start)
			assert.False(t, violation.end.After(span.end), "ends at %v, its parent at %v", violation.end, span.end)
		}
		if !isAnomaly(span) {
			assert.False(t, span.failed, "%s of %s", span.name, span.service)
		}
	}
	return violation
}

// requireHonest fails the test unless the call's trace is there as it was sent and no more.
func requireHonest(t *testing.T, call *orderCall, trace []shownSpan) {
	t.Helper()
	require.Len(t, trace, call.spans)
	for _, span := range trace {
		assert.Equal(t, call.traceID.String(), span.traceID)
		assert.False(t, isAnomaly(span) || span.failed, "%s of %s", span.name, span.service)
	}
}

// requireRecord fails the test unless the connector has made one record, of that violation.
func requireRecord(t *testing.T, records []plog.LogRecord, violation shownSpan) {
	t.Helper()
	require.Len(t, records, 1)
	record := records[0]
	assert.Equal(t, violation.traceID, record.TraceID().String())
	assert.Equal(t, violation.spanID, record.SpanID().String())
	assert.Equal(t, orderRefusal, record.Body().AsString())
	for key, value := range violation.attributes {
		if strings.HasPrefix(key, "anomaly.") || strings.HasPrefix(key, "security_rule.") {
			assert.Equal(t, value, attribute(record, key), key)
		}
	}
}
