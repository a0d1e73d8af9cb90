package groundtruth

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// Finding is one report of an anomaly. What the record does not tell is empty or zero.
type Finding struct {
	ID       string // 32 hexadecimal digits
	Kind     string // anomaly.kind
	Detector string
	Rule     string
	State    anomaly.State // "" for a single fact, such as a broken invariant
	Severity anomaly.Severity
	Message  string // one line for people

	Service, Method, Route string
	Client                 string // whom it is about; "" if it is about a service

	WindowStart, WindowEnd time.Time // event time; the end is the record's time where no window is told
	Begun                  time.Time // of the alarm that it reports on
	Calls                  int64     // the feature total_calls; 0 if there were none or it is not told

	Clients []anomaly.Share // those with the most calls, largest first
	Trace   string          // the record's own; for an invariant that of the call that is condemned
	Traces  []string        // Trace and the examples, each once

	Arrived time.Time // set by whoever received the record
}

// featureCalls holds the calls of the window that was judged.
const featureCalls = anomaly.AttrFeaturePrefix + "total_calls"

const (
	maxTexts = 64 // entries of a list that are read
	maxText  = 1024
)

// FromRecord reads a log record of the api_anomaly connector. Its error names the attribute that is missing or cannot be
// read. Texts are cleaned, so that they can be shown.
func FromRecord(record plog.LogRecord) (Finding, error) {
	attrs := record.Attributes()
	if _, ok := anomaly.ReadID(attrs); !ok {
		return Finding{}, fmt.Errorf("the log record is no anomaly: it has no %s", anomaly.AttrID)
	}
	f := Finding{
		ID:       text(attrs, anomaly.AttrID),
		Kind:     text(attrs, anomaly.AttrKind),
		Detector: text(attrs, anomaly.AttrDetector),
		Rule:     text(attrs, anomaly.AttrRuleName),
		State:    anomaly.ReadState(attrs),
		Severity: anomaly.Severity(text(attrs, anomaly.AttrSeverity)),
		Message:  anomaly.Clean(record.Body().AsString(), maxText),
		Service:  text(attrs, anomaly.AttrServiceName),
		Method:   text(attrs, anomaly.AttrMethod),
		Route:    text(attrs, anomaly.AttrRoute),
		Client:   text(attrs, anomaly.AttrClient),
	}
	if f.Kind == "" {
		return Finding{}, fmt.Errorf("anomaly %s has no %s", f.ID, anomaly.AttrKind)
	}
	if v, ok := attrs.Get(featureCalls); ok && v.Type() == pcommon.ValueTypeDouble && v.Double() > 0 {
		f.Calls = int64(min(v.Double(), math.MaxInt32))
	}
	if trace := record.TraceID(); !trace.IsEmpty() {
		f.Trace = trace.String()
		f.Traces = append(f.Traces, f.Trace)
	}
	for _, trace := range texts(attrs, anomaly.AttrTraces) {
		if trace = strings.ToLower(trace); !slices.Contains(f.Traces, trace) {
			f.Traces = append(f.Traces, trace)
		}
	}
	if err := errors.Join(f.readTimes(attrs), f.readClients(attrs)); err != nil {
		return Finding{}, fmt.Errorf("anomaly %s: %w", f.ID, err)
	}
	if f.WindowEnd.IsZero() && record.Timestamp() != 0 {
		f.WindowEnd = record.Timestamp().AsTime()
	}
	return f, nil
}

func (f *Finding) readTimes(attrs pcommon.Map) error {
	for _, read := range []struct {
		key string
		to  *time.Time
	}{{anomaly.AttrBegun, &f.Begun}, {anomaly.AttrWindowStart, &f.WindowStart}, {anomaly.AttrWindowEnd, &f.WindowEnd}} {
		told := text(attrs, read.key)
		if told == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339, told)
		if err != nil {
			return fmt.Errorf("%s is no time: %w", read.key, err)
		}
		*read.to = t.UTC()
	}
	return nil
}

// readClients reads what [anomaly.Event] writes as "name (calls)"; a name may have brackets of its own.
func (f *Finding) readClients(attrs pcommon.Map) error {
	for _, told := range texts(attrs, anomaly.AttrClients) {
		at := strings.LastIndex(told, " (")
		if at < 0 || !strings.HasSuffix(told, ")") {
			return fmt.Errorf("%s has an entry %q, which is not as in \"203.0.113.9 (17)\"", anomaly.AttrClients, told)
		}
		calls, err := strconv.ParseInt(told[at+len(" ("):len(told)-1], 10, 64)
		if err != nil || calls < 0 {
			return fmt.Errorf("%s has an entry %q without a number of calls", anomaly.AttrClients, told)
		}
		f.Clients = append(f.Clients, anomaly.Share{Name: told[:at], Calls: calls})
	}
	return nil
}

// text reads a text and cleans it; the record may come from anywhere.
func text(attrs pcommon.Map, key string) string {
	if v, ok := attrs.Get(key); ok && v.Type() == pcommon.ValueTypeStr {
		return anomaly.Clean(v.Str(), maxText)
	}
	return ""
}

func texts(attrs pcommon.Map, key string) []string {
	v, ok := attrs.Get(key)
	if !ok || v.Type() != pcommon.ValueTypeSlice {
		return nil
	}
	list := make([]string, 0, min(v.Slice().Len(), maxTexts))
	for i := range cap(list) {
		list = append(list, anomaly.Clean(v.Slice().At(i).AsString(), maxText))
	}
	return list
}

// compareFindings orders findings by time; it tells any two apart that differ.
func compareFindings(a, b Finding) int {
	return cmp.Or(
		a.WindowEnd.Compare(b.WindowEnd), a.WindowStart.Compare(b.WindowStart), a.Begun.Compare(b.Begun),
		cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Detector, b.Detector), cmp.Compare(a.Service, b.Service),
		cmp.Compare(a.Client, b.Client), cmp.Compare(a.ID, b.ID), cmp.Compare(a.State, b.State),
		cmp.Compare(a.Trace, b.Trace), slices.Compare(a.Traces, b.Traces), cmp.Compare(a.Calls, b.Calls),
		slices.CompareFunc(a.Clients, b.Clients, func(a, b anomaly.Share) int {
			return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Calls, b.Calls))
		}),
		cmp.Compare(a.Message, b.Message), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Severity, b.Severity),
		cmp.Compare(a.Method, b.Method), cmp.Compare(a.Route, b.Route), a.Arrived.Compare(b.Arrived),
	)
}
