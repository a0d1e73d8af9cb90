package anomaly

import (
	"flag"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/golden"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/plogtest"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/pdatatest/ptracetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const testScope = ScopePrefix + "processor/apitestprocessor"

func cases() map[string]*Event {
	ended := flood()
	ended.State, ended.Message = Ended, "denial of service is over"
	ended.WindowStart, ended.WindowEnd = later, later.Add(time.Minute)
	return map[string]*Event{
		"window":    flood(),
		"ended":     ended,
		"invariant": brokenRule(),
		"bare":      {Kind: LowRate, Detector: "low_rate", Rule: "low_rate", State: Ongoing, Score: nan},
	}
}

func TestToSpan(t *testing.T) {
	for name, e := range cases() {
		t.Run(name, func(t *testing.T) {
			td, spans := NewTraces(testScope, "1.2.3")
			e.ToSpan(spans.AppendEmpty())
			file := filepath.Join("testdata", "span_"+name+".yaml")
			if *update {
				require.NoError(t, golden.WriteTracesToFile(file, td))
			}
			want, err := golden.ReadTraces(file)
			require.NoError(t, err)
			assert.NoError(t, ptracetest.CompareTraces(want, td))
		})
	}
}

func TestToLogRecord(t *testing.T) {
	for name, e := range cases() {
		t.Run(name, func(t *testing.T) {
			ld, records := NewLogs(testScope, "1.2.3")
			e.ToLogRecord(records.AppendEmpty(), later)
			file := filepath.Join("testdata", "record_"+name+".yaml")
			if *update {
				require.NoError(t, golden.WriteLogsToFile(file, ld))
			}
			want, err := golden.ReadLogs(file)
			require.NoError(t, err)
			assert.NoError(t, plogtest.CompareLogs(want, ld))
			assert.Equal(t, EventName, records.At(0).EventName(), "plogtest does not compare it")
		})
	}
}

// hostile is an event in which everything a caller can choose is meant to do harm.
func hostile() *Event {
	evil := strings.Repeat("\xff\n\u202e<script>", 200)
	e := flood()
	e.Service, e.Method, e.Route, e.Client, e.Rule, e.Detector = evil, evil, evil, evil, evil, evil
	e.Message, e.Explanation = evil, strings.Repeat(evil, 10)
	e.Expression, e.Values = strings.Repeat(evil, 10), []Value{{strings.Repeat(evil, 10), strings.Repeat(evil, 10)}}
	e.Score = math.Inf(1)
	e.Features = []Feature{{Name: evil, Unit: evil, Value: nan, UsualLow: math.Inf(-1), UsualHigh: nan, Contribution: nan}}
	for range 100 {
		e.Features = append(e.Features, e.Features[0])
		e.Values = append(e.Values, e.Values[0])
		e.Clients = append(e.Clients, Share{evil, 1})
		e.Endpoints = append(e.Endpoints, Share{evil, 1})
		e.Links = append(e.Links, Link{TraceID: pcommon.TraceID{1}})
	}
	return e
}

func TestHostileTextIsBoundedAndClean(t *testing.T) {
	span, rec := ptrace.NewSpan(), plog.NewLogRecord()
	hostile().ToSpan(span)
	hostile().ToLogRecord(rec, later)

	assertClean(t, span.Name(), maxName)
	assertClean(t, span.Status().Message(), maxMessage)
	assertClean(t, rec.Body().Str(), maxMessage)
	assert.Equal(t, maxLinks, span.Links().Len())
	for _, attrs := range []pcommon.Map{span.Attributes(), rec.Attributes()} {
		assert.LessOrEqual(t, attrs.Len(), 34)
		for key, v := range attrs.All() {
			assertClean(t, key, maxName+len(AttrFeaturePrefix+AttrSuffixContribution))
			switch v.Type() {
			case pcommon.ValueTypeStr:
				assertClean(t, v.Str(), maxExplanation)
			case pcommon.ValueTypeDouble:
				assert.False(t, math.IsNaN(v.Double()) || math.IsInf(v.Double(), 0), key)
			case pcommon.ValueTypeSlice:
				assert.LessOrEqual(t, v.Slice().Len(), maxLinks)
				for _, item := range v.Slice().All() {
					assertClean(t, item.Str(), maxName+len(" (1)"))
				}
			}
		}
	}
}

func TestValuesAreBoundedInCountAndBytes(t *testing.T) {
	e := brokenRule()
	e.Values = nil
	for i := range 100 {
		e.Values = append(e.Values, Value{Path: "req.body.items[" + strconv.Itoa(i) + "]", Text: strings.Repeat("é", 1000)})
	}
	e.Values = append(e.Values[:2], e.Values...) // the first two paths are there twice
	attrs := pcommon.NewMap()
	e.putAttributes(attrs)
	values := 0
	for key, v := range attrs.All() {
		if strings.HasPrefix(key, AttrValuePrefix) {
			values++
			assert.Equal(t, strings.Repeat("é", maxValue/2), v.Str())
		}
	}
	assert.Equal(t, maxValues-2, values)
}

func TestNothingHeldBackIsNotSaid(t *testing.T) {
	for held, present := range map[int64]bool{-1: false, 0: false, 1: true} {
		e := brokenRule()
		e.Suppressed = held
		attrs := pcommon.NewMap()
		e.putAttributes(attrs)
		_, ok := attrs.Get(AttrSuppressed)
		assert.Equal(t, present, ok, held)
	}
}

func assertClean(t *testing.T, s string, limit int) {
	t.Helper()
	assert.Equal(t, Clean(s, limit), s)
}

func TestMethod(t *testing.T) {
	tests := map[string]struct{ in, method, original string }{
		"known":         {"PATCH", "PATCH", ""},
		"absent":        {"", "", ""},
		"already other": {"_OTHER", "_OTHER", ""},
		"invented":      {"PWN", "_OTHER", "PWN"},
		"lower case":    {"get", "_OTHER", "get"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			attrs := pcommon.NewMap()
			putMethod(attrs, tt.in)
			assert.Equal(t, tt.method, readName(attrs, AttrMethod))
			assert.Equal(t, tt.original, readName(attrs, AttrMethodOriginal))
		})
	}
}

func TestSpanNeverEndsBeforeItStarts(t *testing.T) {
	e := flood()
	e.WindowEnd = e.WindowStart.Add(-1)
	span := ptrace.NewSpan()
	e.ToSpan(span)
	assert.Equal(t, span.StartTimestamp(), span.EndTimestamp())
}

func TestScopes(t *testing.T) {
	tests := []struct {
		scope               string
		ours, fromProcessor bool
	}{
		{ScopePrefix + "processor/apitrafficprocessor", true, true},
		{ScopePrefix + "connector/apianomalyconnector", true, false},
		{"github.com/spanwarden/spanwarden-fork/processor/x", false, false},
		{"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp", false, false},
		{"", false, false},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.ours, Ours(tt.scope), tt.scope)
		assert.Equal(t, tt.fromProcessor, FromProcessor(tt.scope), tt.scope)
	}
}
