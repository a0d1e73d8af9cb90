package apiinvariantprocessor

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestWhatIsHeldBackIsToldWithTheNextOne(t *testing.T) {
	r := newRateCap(rateLimit{most: 2, interval: time.Minute})
	now := noon.UnixNano()
	say := func(rule, client string, wantHeld int64, wantOK bool) {
		t.Helper()
		held, ok := r.allow(rule, client, now)
		assert.Equal(t, wantOK, ok)
		assert.Equal(t, wantHeld, held)
	}
	say("a", "x", 0, true)
	say("a", "x", 0, true)
	say("a", "x", 0, false)
	say("a", "x", 0, false)
	say("a", "y", 0, true)
	say("b", "x", 0, true)
	now += int64(time.Minute)
	say("a", "x", 2, true)
	say("a", "x", 0, true)
	say("a", "x", 0, false)
	now -= int64(time.Hour) // the clock was wrong
	say("a", "x", 1, true)
}

func TestClientsBeyondTheRoomShareOneForEachRule(t *testing.T) {
	r := newRateCap(rateLimit{most: 1, interval: time.Minute})
	r.size = 3
	now := noon.UnixNano()
	let := func(rule, client string) bool {
		_, ok := r.allow(rule, client, now)
		return ok
	}
	for i := range 3 {
		assert.True(t, let("a", fmt.Sprint(i)))
	}
	assert.True(t, let("a", "3"))
	assert.False(t, let("a", "4"), "shares with 3")
	assert.True(t, let("b", "5"), "another rule has a room of its own")
	assert.False(t, let("a", "0"), "who has a place keeps it")
	now += int64(time.Minute)
	assert.True(t, let("a", "6"))
	assert.True(t, let("a", "7"))
	assert.Len(t, r.pairs, 3, "0 was held back and keeps its place, 1 and 2 made room")
}

func TestNeitherClientsNorRulesGrowTheRateCap(t *testing.T) {
	r := newRateCap(rateLimit{most: 1, interval: time.Second})
	r.size = 50
	now := noon.UnixNano()
	for i := range 20_000 {
		r.allow(fmt.Sprint("rule", i%7), fmt.Sprint("client", i), now)
		now += int64(time.Millisecond)
	}
	assert.LessOrEqual(t, len(r.pairs), 50)
	assert.LessOrEqual(t, len(r.others), 7)
}

// TestTheRateCapLosesCountOfNothing: what was let through and what was held back is all there was, and never is more
// let through in an interval than the limit says.
func TestTheRateCapLosesCountOfNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		most := rapid.IntRange(1, 4).Draw(t, "most")
		r := newRateCap(rateLimit{most: most, interval: time.Minute})
		now := noon.UnixNano()
		all, let, told := int64(0), int64(0), int64(0)
		var times []int64
		for range rapid.IntRange(1, 60).Draw(t, "violations") {
			now += rapid.Int64Range(0, int64(time.Minute)).Draw(t, "pause") / 4
			all++
			if held, ok := r.allow("rule", "client", now); ok {
				let, told = let+1, told+held
				times = append(times, now)
			}
		}
		assert.Equal(t, all, let+told+r.pairs[rulePair{"rule", "client"}].held)
		for i := 2 * most; i < len(times); i++ { // intervals begin anew with the first one after their end
			assert.GreaterOrEqual(t, times[i]-times[i-2*most], int64(time.Minute))
		}
	})
}
