package apiinvariantprocessor

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func TestACallIsNewOnce(t *testing.T) {
	s := newSeenCalls()
	a, b := pcommon.TraceID{1}, pcommon.TraceID{2}
	assert.True(t, s.isNew(a, spanID(1)))
	assert.True(t, s.isNew(a, spanID(2)))
	assert.True(t, s.isNew(b, spanID(1)))
	assert.False(t, s.isNew(a, spanID(1)))
	assert.False(t, s.isNew(b, spanID(1)))
}

func TestACallWithoutAnIDIsAlwaysNew(t *testing.T) {
	s := newSeenCalls()
	for range 2 {
		assert.True(t, s.isNew(pcommon.TraceID{}, spanID(1)))
		assert.True(t, s.isNew(pcommon.TraceID{1}, pcommon.SpanID{}))
	}
}

func TestTheLatestCallsAreRemembered(t *testing.T) {
	s := newSeenCalls()
	var trace pcommon.TraceID
	const calls = 400_000 // more than there is room for
	for i := range calls {
		binary.BigEndian.PutUint64(trace[:], uint64(i+1))
		s.isNew(trace, spanID(1))
	}
	forgotten := 0
	for i := calls - 30_000; i < calls; i++ {
		binary.BigEndian.PutUint64(trace[:], uint64(i+1))
		if s.isNew(trace, spanID(1)) {
			forgotten++
		}
	}
	assert.Less(t, forgotten, 300, "of 30000")
}
