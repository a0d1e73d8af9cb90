package anomaly_test

import (
	"fmt"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

func ExampleEvent_ToSpan() {
	begun := time.Date(2026, 3, 14, 15, 9, 0, 0, time.UTC)
	event := anomaly.Event{
		Kind: anomaly.LowRate, Detector: "low_rate", Rule: "low_rate", State: anomaly.Begun,
		Message: "203.0.113.9 sent 17 requests to shop in 30 minutes, a few at a time",
		Service: "shop", Client: "203.0.113.9",
		WindowStart: begun, WindowEnd: begun.Add(time.Minute), Begun: begun,
	}
	traces, spans := anomaly.NewTraces(anomaly.ScopePrefix+"processor/apitrafficprocessor", "0.1.0")
	event.ToSpan(spans.AppendEmpty())

	span := traces.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	fmt.Println(span.Name(), "-", span.Status().Code())
	fmt.Println(span.Status().Message())
	// Output:
	// anomaly low_rate - Error
	// 203.0.113.9 sent 17 requests to shop in 30 minutes, a few at a time
}
