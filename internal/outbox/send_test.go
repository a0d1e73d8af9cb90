package outbox

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

const scope = anomaly.ScopePrefix + "processor/apitrafficprocessor"

var found = []anomaly.Event{{Kind: anomaly.LowRate, Client: "192.0.2.1"}, {Kind: anomaly.LowRate, Client: "192.0.2.2"}}

func TestEventsBecomeSpansOfOneScope(t *testing.T) {
	sink := new(consumertest.TracesSink)
	require.NoError(t, Spans(scope, "0.1.0", sink)(t.Context(), found))
	require.Len(t, sink.AllTraces(), 1)
	spans := sink.AllTraces()[0].ResourceSpans().At(0).ScopeSpans().At(0)
	assert.Equal(t, scope, spans.Scope().Name())
	assert.Equal(t, "0.1.0", spans.Scope().Version())
	require.Equal(t, len(found), spans.Spans().Len())
	for i := range found {
		id, ok := anomaly.ReadID(spans.Spans().At(i).Attributes())
		assert.True(t, ok)
		assert.Equal(t, found[i].ID(), id)
	}
}

func TestEventsBecomeRecordsThatAreObservedNow(t *testing.T) {
	sink := new(consumertest.LogsSink)
	before := time.Now()
	require.NoError(t, Records(scope, "0.1.0", sink)(t.Context(), found))
	require.Len(t, sink.AllLogs(), 1)
	records := sink.AllLogs()[0].ResourceLogs().At(0).ScopeLogs().At(0)
	assert.Equal(t, scope, records.Scope().Name())
	assert.Equal(t, "0.1.0", records.Scope().Version())
	require.Equal(t, len(found), records.LogRecords().Len())
	for i := range found {
		record := records.LogRecords().At(i)
		id, ok := anomaly.ReadID(record.Attributes())
		assert.True(t, ok)
		assert.Equal(t, found[i].ID(), id)
		assert.WithinRange(t, record.ObservedTimestamp().AsTime(), before.Round(0), time.Now())
	}
}

func TestARefusalReachesTheSender(t *testing.T) {
	full := errors.New("full")
	assert.ErrorIs(t, Spans(scope, "0.1.0", consumertest.NewErr(full))(t.Context(), found), full)
	assert.ErrorIs(t, Records(scope, "0.1.0", consumertest.NewErr(full))(t.Context(), found), full)
}
