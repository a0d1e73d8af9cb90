package anomaly

import (
	"encoding/hex"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Labels are the attributes that anomalies are counted by, as read from a span or log record. They are cleaned and cut
// again: the sender may be another process. What is absent is empty.
type Labels struct {
	Kind, Detector         string
	Service, Method, Route string
}

// ReadLabels reads the labels of an anomaly from its attributes.
func ReadLabels(attrs pcommon.Map) Labels {
	return Labels{
		Kind:     readName(attrs, AttrKind),
		Detector: readName(attrs, AttrDetector),
		Service:  readName(attrs, AttrServiceName),
		Method:   readName(attrs, AttrMethod),
		Route:    readName(attrs, AttrRoute),
	}
}

// ReadID returns the anomaly's id as [Event.ID] does. It reports false if there is none, which is to say that this is no
// anomaly: a Collector that records its own telemetry has spans and logs under a processor's scope that are not.
func ReadID(attrs pcommon.Map) (id [16]byte, ok bool) {
	text := readName(attrs, AttrID)
	if len(text) != hex.EncodedLen(len(id)) {
		return id, false
	}
	if _, err := hex.Decode(id[:], []byte(text)); err != nil {
		return [16]byte{}, false
	}
	return id, id != [16]byte{}
}

// ReadState returns where the alarm is in its life, "" for an anomaly that is a single fact.
func ReadState(attrs pcommon.Map) State { return State(readName(attrs, AttrState)) }

// IsNew reports whether a report in this state is a new anomaly: the begin of an alarm, or a single fact.
func (s State) IsNew() bool { return s == Begun || s == "" }

// RecordFromSpan writes into an empty log record what [Event.ToLogRecord] would have written for the event behind the
// span, except that the record carries the span's own trace and span id.
func RecordFromSpan(span ptrace.Span, rec plog.LogRecord, now time.Time) {
	severity := readSeverity(span.Attributes())
	rec.SetEventName(EventName)
	rec.SetTimestamp(span.EndTimestamp())
	rec.SetObservedTimestamp(timestamp(now))
	rec.SetSeverityNumber(severity.Number())
	rec.SetSeverityText(string(severity))
	rec.SetTraceID(span.TraceID())
	rec.SetSpanID(span.SpanID())
	rec.SetFlags(plog.DefaultLogRecordFlags.WithIsSampled(span.Flags()&sampled != 0))
	body := span.Status().Message()
	if body == "" {
		body = span.Name() // not every hop keeps the message of a span that is no error
	}
	rec.Body().SetStr(Clean(body, maxMessage))
	span.Attributes().CopyTo(rec.Attributes())
	putTraces(rec.Attributes(), span.Links())
}

// readSeverity takes anything but the three severities for a warning.
func readSeverity(attrs pcommon.Map) Severity {
	switch s := Severity(readName(attrs, AttrSeverity)); s {
	case Info, Warn, Error:
		return s
	default:
		return Warn
	}
}

func putTraces(attrs pcommon.Map, links ptrace.SpanLinkSlice) {
	if links.Len() == 0 {
		return
	}
	traces := attrs.PutEmptySlice(AttrTraces)
	for i := range min(links.Len(), maxLinks) {
		traces.AppendEmpty().SetStr(links.At(i).TraceID().String())
	}
}

func readName(attrs pcommon.Map, key string) string {
	v, ok := attrs.Get(key)
	if !ok || v.Type() != pcommon.ValueTypeStr {
		return ""
	}
	return Clean(v.Str(), maxName)
}
