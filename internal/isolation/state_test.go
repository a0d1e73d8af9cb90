package isolation

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestARestartKeepsWhatWasLearned(t *testing.T) {
	before, bank := newDetector(t), newTown(1)
	judge(before, bank, 90)
	state, err := before.Save()
	require.NoError(t, err)
	assert.Less(t, len(state), 60_000)

	after := newDetector(t)
	require.NoError(t, after.Restore(state))
	again, err := after.Save()
	require.NoError(t, err)
	assert.Equal(t, state, again)
	assert.Empty(t, judge(after, bank, 3), "one window to grow the forest in")
	events := judge(after, bank, 10, thief("203.0.113.9", 5))
	require.NotEmpty(t, events)
	assert.Equal(t, "203.0.113.9", events[0].Client)
}

func TestALargeReservoirIsSavedInPart(t *testing.T) {
	before, bank := newDetector(t), newTown(1)
	judge(before, bank, 400)
	state, err := before.Save()
	require.NoError(t, err)
	assert.Less(t, len(state), 60_000)
	after := newDetector(t)
	require.NoError(t, after.Restore(state))
	assert.Greater(t, after.services["bank"].reservoir.len(), 200)
}

func TestAnotherWindowLengthStartsFresh(t *testing.T) {
	before := newDetector(t)
	judge(before, newTown(1), 40)
	state, err := before.Save()
	require.NoError(t, err)
	after := New(DefaultSettings(), 30*time.Second, 30*time.Minute, 10, 100)
	require.NoError(t, after.Restore(state))
	assert.Empty(t, after.services)
}

func TestDamagedStateStartsFresh(t *testing.T) {
	d := newDetector(t)
	judge(d, newTown(1), 40)
	state, err := d.Save()
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		damaged := append([]byte(nil), state...)
		at := rapid.IntRange(0, len(state)-1).Draw(t, "at")
		if rapid.Bool().Draw(t, "cut") {
			damaged = damaged[:at]
		} else {
			damaged[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		assert.Error(t, d.Restore(damaged))
		assert.Empty(t, d.services)
	})
}
