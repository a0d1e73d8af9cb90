package anomaly

import (
	"math"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

var (
	nan    = math.NaN()
	minute = time.Date(2026, 3, 14, 15, 9, 0, 0, time.UTC)
	later  = minute.Add(time.Minute + 2*time.Second)
)

// flood is an alarm over a window, as api_traffic reports it.
func flood() *Event {
	return &Event{
		Kind: DoS, Detector: "dos_factor", Rule: "dos_factor", State: Begun,
		Score:       3.25,
		Message:     "possible denial of service: shop answers less than usual while 4812 calls arrive",
		Explanation: "dos_factor fell from 1.2e9 to 3.4e4 at 15:09; usual 8.0e8 to 2.1e9",
		Service:     "shop", Method: "GET", Route: "/orders/{id}", Client: "203.0.113.9",
		WindowStart: minute, WindowEnd: minute.Add(time.Minute), Begun: minute,
		Features: []Feature{
			{Name: "total_calls", Unit: "1", Value: 4812, UsualLow: 80, UsualHigh: 240, Contribution: 0.75},
			{Name: "data_out", Unit: "By", Value: 1024, UsualLow: nan, UsualHigh: math.Inf(1), Contribution: nan},
		},
		Clients:   []Share{{"203.0.113.9", 4711}, {"198.51.100.7", 12}},
		Endpoints: []Share{{"GET /orders/{id}", 4800}},
		Links: []Link{
			{TraceID: pcommon.TraceID{15: 1}, SpanID: pcommon.SpanID{7: 2}},
			{TraceID: pcommon.TraceID{15: 3}, SpanID: pcommon.SpanID{7: 4}},
		},
	}
}

// brokenRule is a violated invariant, as api_invariant reports it.
func brokenRule() *Event {
	return &Event{
		Kind: Invariant, Detector: "cel", Rule: "order-read-by-its-owner", Category: "database",
		Score:   1,
		Message: "the order that was read does not belong to the caller",
		Explanation: "the order that was read does not belong to the caller: same(s.where.user_id, env.user.id) is false; " +
			"db[0].where.user_id = 8, env.user.id = 7",
		Expression: "same(s.where.user_id, env.user.id)",
		Values:     []Value{{"db[0].where.user_id", "8"}, {"env.user.id", "7"}, {"req.query.q", ""}},
		Suppressed: 3,
		Service:    "shop", Method: "GET", Route: "/orders/{id}", Client: "203.0.113.9",
		WindowStart: minute, WindowEnd: minute.Add(40 * time.Millisecond),
		Parent: Link{TraceID: pcommon.TraceID{0: 0xab, 15: 1}, SpanID: pcommon.SpanID{0: 0xcd, 7: 2}},
	}
}
