package apitrafficprocessor

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// total of a service's minute in which all calls come without a parent.
func total(service string, minute int, calls int64) *traffic.Vector {
	return &traffic.Vector{Service: service, Role: traffic.Total, Start: noon.Add(time.Duration(minute) * time.Minute), TotalCalls: calls, Direct: calls}
}

func newJudged(limit int) *judged {
	j := &judged{limit: limit}
	j.setEntries(nil)
	return j
}

func TestEntryServicesAreLearned(t *testing.T) {
	j := newJudged(10)
	assert.False(t, j.learn(total("gateway", 0, entryCalls-1)))
	assert.True(t, j.learn(total("gateway", 1, 1)))

	rare := total("orders", 0, 10_000)
	rare.Direct = 100 // a prober without traces, now and then
	for range 50 {
		assert.False(t, j.learn(rare))
	}
}

// TestServicesThatAreGoneMakeRoomForNewOnes: version names come and go, and the
// latest is learned all the same.
func TestServicesThatAreGoneMakeRoomForNewOnes(t *testing.T) {
	j := newJudged(3)
	for version := range 20 {
		assert.True(t, j.learn(total(fmt.Sprint("shop-", version), version, 100)), version)
		assert.LessOrEqual(t, len(j.learned), 3)
	}
	state, err := j.Save()
	require.NoError(t, err)
	smaller := newJudged(2)
	require.NoError(t, smaller.Restore(state))
	assert.Len(t, smaller.learned, 2)
	assert.Error(t, smaller.Restore([]byte("{")))
}
