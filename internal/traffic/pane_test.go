package traffic

import (
	"fmt"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// TestANewPaneHasRoomForWhatTheLastOneHeld, and for little more.
func TestANewPaneHasRoomForWhatTheLastOneHeld(t *testing.T) {
	const clients = 20_000
	tracker := New(DefaultSettings(), 20)
	s := tracker.Service("shop")
	for minute := range 3 {
		var calls []apicall.Call
		for i := range clients {
			seconds := 60*float64(minute) + 60*float64(i)/clients
			calls = append(calls, at(seconds, fmt.Sprint("c", i), "/x"))
		}
		s.Add(calls, later())
	}
	require.NotEmpty(t, tracker.Closed()) // and none comes back to be used again
	s.Add([]apicall.Call{at(200, "c1", "/x")}, later())
	p := s.panes[uint64(noon.UnixNano()/tracker.window+3)%openPanes]
	require.NotNil(t, p)
	assert.Len(t, p.entities, overflowPosition+2)
	assert.GreaterOrEqual(t, cap(p.entities), clients)
	assert.LessOrEqual(t, cap(p.entities), clients+clients/10)
	assert.GreaterOrEqual(t, cap(p.times), clients)
	for range 2 {
		(<-tracker.Closed()).Release()
	}
	assert.Zero(t, tracker.Flush())
}

// TestAnEntityIsTwoCacheLines, which is why few of its calls touch more.
func TestAnEntityIsTwoCacheLines(t *testing.T) { assert.EqualValues(t, 128, unsafe.Sizeof(entity{})) }
