package apibaselineexporter

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/spanwarden/spanwarden/internal/invariant"
)

// One host whose clock is fast must not make everybody else late.
func TestAFastClockMakesNobodyElseLate(t *testing.T) {
	var counts callCounts
	settle := int64(10 * time.Second)
	o := newOrder(orderSettings{settle: settle, bytes: 64 << 20, traces: 10_000}, &counts)
	const every = int64(500 * time.Millisecond)
	learned, fast := 0, 0
	for i := range int64(1200) {
		now := 1_000_000_000_000 + i*every
		o.record((&invariant.Call{Start: now, End: now + 1}).Keep(), now, now)
		if i%40 == 0 {
			o.record((&invariant.Call{Start: now + int64(50*time.Second), End: now + int64(50*time.Second)}).Keep(), now, now)
			fast++
		}
		for o.next(now) != nil {
			learned++
		}
	}
	assert.Greater(t, learned, 1100)
	assert.Zero(t, counts[lateCall].Load())
}
