package anomaly

import (
	"math"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// sampled is the W3C trace flag. An anomaly is always worth keeping.
const sampled = 1

// NewTraces returns traces with one resource (service.name spanwarden) and one scope, and the scope's empty span slice
// to append anomalies to. scopeName is the emitting component's, under [ScopePrefix].
func NewTraces(scopeName, scopeVersion string) (ptrace.Traces, ptrace.SpanSlice) {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.Resource().Attributes().PutStr(AttrServiceName, ServiceName)
	ss := rs.ScopeSpans().AppendEmpty()
	ss.Scope().SetName(scopeName)
	ss.Scope().SetVersion(scopeVersion)
	return td, ss.Spans()
}

// NewLogs is [NewTraces] for a logs pipeline.
func NewLogs(scopeName, scopeVersion string) (plog.Logs, plog.LogRecordSlice) {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.Resource().Attributes().PutStr(AttrServiceName, ServiceName)
	sl := rl.ScopeLogs().AppendEmpty()
	sl.Scope().SetName(scopeName)
	sl.Scope().SetVersion(scopeVersion)
	return ld, sl.LogRecords()
}

// ToSpan writes the event into an empty span: kind INTERNAL, covering the window, with links to exemplary traces. It
// is the root of a trace of its own, whose id is the event's id, or, if the event has a Parent, a child of that span.
// Its status is an error with the message, so that trace viewers show it in red; a report that an alarm has ended is
// no error, but carries the message all the same.
func (e *Event) ToSpan(span ptrace.Span) {
	id := e.ID()
	start := timestamp(e.WindowStart)
	span.SetTraceID(id)
	span.SetSpanID(spanID(id))
	if !e.Parent.isZero() {
		span.SetTraceID(e.Parent.TraceID)
		span.SetParentSpanID(e.Parent.SpanID)
	}
	span.SetName(e.spanName())
	span.SetKind(ptrace.SpanKindInternal)
	span.SetFlags(sampled)
	span.SetStartTimestamp(start)
	span.SetEndTimestamp(max(start, timestamp(e.WindowEnd)))
	span.Status().SetMessage(Clean(e.Message, maxMessage))
	if e.State != Ended {
		span.Status().SetCode(ptrace.StatusCodeError)
	}
	for _, l := range e.Links[:min(len(e.Links), maxLinks)] {
		link := span.Links().AppendEmpty()
		link.SetTraceID(l.TraceID)
		link.SetSpanID(l.SpanID)
	}
	e.putAttributes(span.Attributes())
}

// ToLogRecord writes the event into an empty log record: event name spanwarden.anomaly, the message as its body, the
// end of the window as its time and now as the time it was observed. It has a trace and span id only if the event has
// a Parent; a window has no trace in a logs pipeline.
func (e *Event) ToLogRecord(rec plog.LogRecord, now time.Time) {
	rec.SetEventName(EventName)
	rec.SetTimestamp(timestamp(e.WindowEnd))
	rec.SetObservedTimestamp(timestamp(now))
	rec.SetSeverityNumber(e.Severity().Number())
	rec.SetSeverityText(string(e.Severity()))
	rec.Body().SetStr(Clean(e.Message, maxMessage))
	if !e.Parent.isZero() {
		rec.SetTraceID(e.Parent.TraceID)
		rec.SetSpanID(e.Parent.SpanID)
	}
	e.putAttributes(rec.Attributes())
	if links := e.Links[:min(len(e.Links), maxLinks)]; len(links) > 0 {
		traces := rec.Attributes().PutEmptySlice(AttrTraces)
		for _, l := range links {
			traces.AppendEmpty().SetStr(l.TraceID.String())
		}
	}
}

// spanName is short and of few distinct values: kind, and the rule if that says more.
func (e *Event) spanName() string {
	name := "anomaly " + string(e.Kind)
	if e.Rule != "" && e.Rule != string(e.Kind) {
		name += " " + e.Rule
	}
	return Clean(name, maxName)
}

// spanID is the second half of the id: the first may be the random part of a trace id that samplers look at.
func spanID(id [16]byte) pcommon.SpanID { return pcommon.SpanID(id[8:]) }

func (e *Event) putAttributes(attrs pcommon.Map) {
	attrs.EnsureCapacity(22 + min(len(e.Values), maxValues) + 5*min(len(e.Features), maxFeatures))
	attrs.PutStr(AttrID, e.IDString())
	attrs.PutStr(AttrKind, string(e.Kind))
	putName(attrs, AttrDetector, e.Detector)
	putName(attrs, AttrState, string(e.State))
	attrs.PutStr(AttrSeverity, string(e.Severity()))
	putNumber(attrs, AttrScore, e.Score)
	if e.Explanation != "" {
		attrs.PutStr(AttrExplanation, Clean(e.Explanation, maxExplanation))
	}
	if e.Expression != "" {
		attrs.PutStr(AttrExpression, Clean(e.Expression, maxExpression))
	}
	if e.Suppressed > 0 {
		attrs.PutInt(AttrSuppressed, e.Suppressed)
	}
	putTime(attrs, AttrBegun, e.Begun)
	putTime(attrs, AttrWindowStart, e.WindowStart)
	putTime(attrs, AttrWindowEnd, e.WindowEnd)

	putName(attrs, AttrRuleName, e.Rule)
	putName(attrs, AttrRuleCategory, e.category())
	attrs.PutStr(AttrRulesetName, ServiceName)

	putName(attrs, AttrServiceName, e.Service)
	putMethod(attrs, e.Method)
	putName(attrs, AttrRoute, e.Route)
	putName(attrs, AttrClient, e.Client)

	for _, v := range e.Values[:min(len(e.Values), maxValues)] {
		attrs.PutStr(AttrValuePrefix+Clean(v.Path, maxName), Clean(v.Text, maxValue))
	}
	for _, f := range e.Features[:min(len(e.Features), maxFeatures)] {
		putFeature(attrs, f)
	}
	putShares(attrs, AttrClients, e.Clients)
	putShares(attrs, AttrEndpoints, e.Endpoints)
}

func (e *Event) category() string {
	if e.Category != "" {
		return e.Category
	}
	switch e.Kind {
	case Traffic:
		return "anomalous traffic"
	case DoS:
		return "denial of service"
	case LowRate:
		return "low-rate requests"
	case Invariant:
		return "invariant violation"
	default:
		return ""
	}
}

func putFeature(attrs pcommon.Map, f Feature) {
	name := AttrFeaturePrefix + Clean(f.Name, maxName)
	putNumber(attrs, name, f.Value)
	putName(attrs, name+AttrSuffixUnit, f.Unit)
	putNumber(attrs, name+AttrSuffixUsualLow, f.UsualLow)
	putNumber(attrs, name+AttrSuffixUsualHigh, f.UsualHigh)
	putNumber(attrs, name+AttrSuffixContribution, f.Contribution)
}

func putShares(attrs pcommon.Map, key string, shares []Share) {
	if len(shares) == 0 {
		return
	}
	list := attrs.PutEmptySlice(key)
	for _, s := range shares[:min(len(shares), maxShares)] {
		list.AppendEmpty().SetStr(Clean(s.Name, maxName) + " (" + strconv.FormatInt(s.Calls, 10) + ")")
	}
}

// putMethod keeps the convention that http.request.method is a method HTTP knows, or _OTHER: the metric is by method,
// and a caller can send any word.
func putMethod(attrs pcommon.Map, method string) {
	switch method {
	case "":
	case "CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE":
		attrs.PutStr(AttrMethod, method)
	case otherMethod:
		attrs.PutStr(AttrMethod, otherMethod)
	default:
		attrs.PutStr(AttrMethod, otherMethod)
		attrs.PutStr(AttrMethodOriginal, Clean(method, maxName))
	}
}

const otherMethod = "_OTHER"

func putName(attrs pcommon.Map, key, value string) {
	if value != "" {
		attrs.PutStr(key, Clean(value, maxName))
	}
}

func putNumber(attrs pcommon.Map, key string, value float64) {
	if !math.IsNaN(value) && !math.IsInf(value, 0) {
		attrs.PutDouble(key, value)
	}
}

func putTime(attrs pcommon.Map, key string, t time.Time) {
	if !t.IsZero() {
		attrs.PutStr(key, t.UTC().Format(time.RFC3339Nano))
	}
}

// timestamp is 0, OTLP's "unknown", for times that nanoseconds since 1970 in 63 bits cannot express.
func timestamp(t time.Time) pcommon.Timestamp {
	if t.Before(time.Unix(0, 0)) || t.After(time.Unix(0, math.MaxInt64)) {
		return 0
	}
	return pcommon.NewTimestampFromTime(t)
}
