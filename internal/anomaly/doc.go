// Package anomaly holds what Spanwarden says when it finds something: the event and its one encoding as OpenTelemetry
// data.
//
// A finding is an [Event]. In a traces pipeline it travels as a span ([Event.ToSpan]), in a logs pipeline as a log
// record ([Event.ToLogRecord]), always under an instrumentation scope of the processor that found it ([NewTraces],
// [NewLogs]). The api_anomaly connector picks these up by scope ([FromProcessor]), reads the few attributes it counts
// by ([ReadLabels]) and turns a span into a log record ([RecordFromSpan]). Nothing else in the product writes or reads
// an anomaly attribute.
//
// Much of an event is text chosen by whoever is being accused: a route, a client address, a service name. Every string
// is therefore cut and cleaned on its way out, see [Clean].
package anomaly
