package anomaly

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// By way of a span or straight: the record is the same, but for the ids.
func TestRecordFromSpanEqualsToLogRecord(t *testing.T) {
	for name, e := range cases() {
		t.Run(name, func(t *testing.T) {
			if e.Message == "" {
				e.Message = "a span without a message has its name instead"
			}
			span, viaSpan, direct := ptrace.NewSpan(), plog.NewLogRecord(), plog.NewLogRecord()
			e.ToSpan(span)
			RecordFromSpan(span, viaSpan, later)
			e.ToLogRecord(direct, later)

			assert.Equal(t, span.TraceID(), viaSpan.TraceID())
			assert.Equal(t, span.SpanID(), viaSpan.SpanID())
			assert.True(t, viaSpan.Flags().IsSampled())
			assert.Equal(t, direct.Attributes().AsRaw(), viaSpan.Attributes().AsRaw())
			assert.Equal(t, direct.Body().AsRaw(), viaSpan.Body().AsRaw())
			assert.Equal(t, direct.EventName(), viaSpan.EventName())
			assert.Equal(t, direct.SeverityNumber(), viaSpan.SeverityNumber())
			assert.Equal(t, direct.SeverityText(), viaSpan.SeverityText())
			assert.Equal(t, direct.Timestamp(), viaSpan.Timestamp())
			assert.Equal(t, direct.ObservedTimestamp(), viaSpan.ObservedTimestamp())
		})
	}
}

func TestRecordFromForeignSpan(t *testing.T) {
	span, rec := ptrace.NewSpan(), plog.NewLogRecord()
	span.SetName("anomaly\ndos")
	span.Attributes().PutStr(AttrSeverity, "APOCALYPSE")
	RecordFromSpan(span, rec, later)
	assert.Equal(t, "anomaly dos", rec.Body().Str())
	assert.Equal(t, "WARN", rec.SeverityText())
	assert.Equal(t, plog.SeverityNumberWarn, rec.SeverityNumber())
}

func TestReadLabels(t *testing.T) {
	span := ptrace.NewSpan()
	flood().ToSpan(span)
	want := Labels{Kind: "dos", Detector: "dos_factor", Service: "shop", Method: "GET", Route: "/orders/{id}"}
	assert.Equal(t, want, ReadLabels(span.Attributes()))
	id, ok := ReadID(span.Attributes())
	assert.True(t, ok)
	assert.Equal(t, flood().ID(), id)
	assert.Equal(t, Begun, ReadState(span.Attributes()))
}

func TestReadLabelsOfAnotherProcess(t *testing.T) {
	attrs := pcommon.NewMap()
	attrs.PutInt(AttrKind, 7)
	attrs.PutStr(AttrRoute, "/a\nb")
	assert.Equal(t, Labels{Route: "/a b"}, ReadLabels(attrs))
}

func TestWhatIsNoID(t *testing.T) {
	for _, text := range []string{"", "abc", strings.Repeat("0", 32), strings.Repeat("g", 32), strings.Repeat("a", 33)} {
		attrs := pcommon.NewMap()
		attrs.PutStr(AttrID, text)
		_, ok := ReadID(attrs)
		assert.False(t, ok, text)
	}
	_, ok := ReadID(pcommon.NewMap())
	assert.False(t, ok)
}

func TestOnlyBeginsAndFactsAreNew(t *testing.T) {
	assert.True(t, Begun.IsNew())
	assert.True(t, State("").IsNew())
	assert.False(t, Ongoing.IsNew())
	assert.False(t, Ended.IsNew())
	assert.False(t, State("of another version").IsNew())
}

func TestSeverity(t *testing.T) {
	tests := []struct {
		kind  Kind
		state State
		want  Severity
	}{
		{DoS, Begun, Error},
		{DoS, Ongoing, Error},
		{DoS, Ended, Info},
		{Invariant, "", Error},
		{Traffic, Begun, Warn},
		{LowRate, Ongoing, Warn},
	}
	for _, tt := range tests {
		e := Event{Kind: tt.kind, State: tt.state}
		assert.Equal(t, tt.want, e.Severity(), "%s %s", tt.kind, tt.state)
	}
}
