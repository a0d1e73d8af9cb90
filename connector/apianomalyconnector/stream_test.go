package apianomalyconnector

import (
	"fmt"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/connectortest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/connector/apianomalyconnector/internal/metadata"
	"github.com/spanwarden/spanwarden/internal/anomaly"
)

const (
	trafficScope   = anomaly.ScopePrefix + "processor/apitrafficprocessor"
	testInstanceID = "627cc493-f310-47de-96bd-71410b7dec09"
)

var minute = time.Date(2026, 3, 14, 15, 9, 0, 0, time.UTC)

// report is an alarm about a client of the shop at an endpoint, in the given state.
func report(state anomaly.State, route string) *anomaly.Event {
	return &anomaly.Event{
		Kind: anomaly.Traffic, Detector: "isolation_forest", Rule: "isolation_forest", State: state, Score: 0.71,
		Message: "203.0.113.9 is " + string(state) + " to behave oddly towards shop",
		Service: "shop", Method: "GET", Route: route, Client: "203.0.113.9",
		WindowStart: minute, WindowEnd: minute.Add(time.Minute), Begun: minute,
		Features: []anomaly.Feature{{Name: "total_calls", Unit: "1", Value: 4812, UsualLow: 80, UsualHigh: 240, Contribution: 0.75}},
		Clients:  []anomaly.Share{{Name: "203.0.113.9", Calls: 4711}},
		Links:    []anomaly.Link{{TraceID: pcommon.TraceID{15: 1}, SpanID: pcommon.SpanID{7: 2}}},
	}
}

// violation is a broken invariant; n makes it one of many.
func violation(n byte) *anomaly.Event {
	return &anomaly.Event{
		Kind: anomaly.Invariant, Detector: "cel", Rule: "order-read-by-its-owner", Score: 1,
		Message: "the order that was read does not belong to the caller",
		Service: "shop", Method: "GET", Route: "/orders/{id}", Client: "203.0.113.9",
		WindowStart: minute, WindowEnd: minute.Add(40 * time.Millisecond),
		Parent: anomaly.Link{TraceID: pcommon.TraceID{0: 0xab, 15: n}, SpanID: pcommon.SpanID{7: 2}},
	}
}

func spansOf(events ...*anomaly.Event) ptrace.Traces {
	td, spans := anomaly.NewTraces(trafficScope, "1.2.3")
	for _, e := range events {
		e.ToSpan(spans.AppendEmpty())
	}
	return td
}

func recordsOf(events ...*anomaly.Event) plog.Logs {
	ld, records := anomaly.NewLogs(trafficScope, "1.2.3")
	for _, e := range events {
		e.ToLogRecord(records.AppendEmpty(), minute.Add(61*time.Second))
	}
	return ld
}

// userSpans is a batch as a gateway sees it: some services, two instrumentations each, every span different.
func userSpans(services, spansPerScope int) ptrace.Traces {
	td := ptrace.NewTraces()
	for s := range services {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", s))
		for _, scope := range []string{
			"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", "github.com/XSAM/otelsql",
		} {
			ss := rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(scope)
			for i := range spansPerScope {
				span := ss.Spans().AppendEmpty()
				span.SetTraceID(pcommon.TraceID{0: byte(s + 1), 1: byte(i)})
				span.SetSpanID(pcommon.SpanID{0: byte(i + 1)})
				span.SetName(fmt.Sprintf("GET /orders/%d", i))
				span.Attributes().PutStr("url.path", fmt.Sprintf("/orders/%d", i))
				span.Attributes().PutInt("http.response.status_code", 200)
			}
		}
	}
	return td
}

func userRecords(services, recordsPerScope int) plog.Logs {
	ld := plog.NewLogs()
	for s := range services {
		rl := ld.ResourceLogs().AppendEmpty()
		rl.Resource().Attributes().PutStr("service.name", fmt.Sprintf("service-%d", s))
		sl := rl.ScopeLogs().AppendEmpty()
		sl.Scope().SetName("nginx/access")
		for i := range recordsPerScope {
			rec := sl.LogRecords().AppendEmpty()
			rec.Body().SetStr(fmt.Sprintf("GET /orders/%d 200", i))
			rec.Attributes().PutStr("url.path", fmt.Sprintf("/orders/%d", i))
		}
	}
	return ld
}

func testSettings(name string) connector.Settings {
	set := connectortest.NewNopSettings(metadata.Type)
	set.ID = component.NewIDWithName(metadata.Type, name)
	set.BuildInfo.Version = "1.2.3"
	set.Resource = pcommon.NewResource()
	set.Resource.Attributes().PutStr("service.instance.id", testInstanceID)
	return set
}
