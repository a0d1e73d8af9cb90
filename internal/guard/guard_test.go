package guard

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
)

func stumble() { panic("over a stone") }

func TestEachPanicIsCountedAndTheFirstIsLoggedWithItsStack(t *testing.T) {
	core, logs := observer.New(zap.ErrorLevel)
	var panics atomic.Int64
	g := Guard{Logger: zap.New(core), Count: func(context.Context) { panics.Add(1) }}
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() { assert.False(t, g.Do(t.Context(), stumble)) })
	}
	all.Wait()
	assert.EqualValues(t, 10, panics.Load())
	require.Equal(t, 1, logs.Len())
	entry := logs.All()[0]
	assert.Equal(t, "Recovered from a panic; data is passed on, detection may have gaps. This is a defect, please report it", entry.Message)
	assert.Equal(t, "over a stone", entry.ContextMap()["panic"])
	assert.Contains(t, entry.ContextMap()["stack"], "guard.stumble")
}

func TestWhatGoesWellIsNotMentioned(t *testing.T) {
	core, logs := observer.New(zap.DebugLevel)
	g := Guard{Logger: zap.New(core), Count: func(context.Context) { t.Error("a panic was counted") }}
	done := false
	assert.True(t, g.Do(t.Context(), func() { done = true }))
	assert.True(t, done)
	assert.Zero(t, logs.Len())
}
