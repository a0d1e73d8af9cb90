package traffic

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// TestCallsAddedTogetherCountLikeSingleOnes: also where one of them closes the
// window of those before and after it.
func TestCallsAddedTogetherCountLikeSingleOnes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var calls []apicall.Call
	now := 0.0
	for range 5000 {
		now += r.ExpFloat64() / 4
		if r.IntN(200) == 0 {
			now += 150 // over several windows
		}
		seconds := now - r.ExpFloat64()*20 // some of them late
		calls = append(calls, at(seconds, fmt.Sprint("c", r.IntN(40)), fmt.Sprint("/r", r.IntN(30))))
	}
	settings := DefaultSettings()
	settings.MaxClients = 25
	vectors := func(together int) ([]Vector, Added) {
		var sum Added
		tracker := New(settings, 20)
		list := collect(t, tracker, func() {
			s := tracker.Service("shop")
			for rest := calls; len(rest) > 0; {
				n := min(together, len(rest))
				added := s.Add(rest[:n], later()+int64(1e13))
				sum.Counted += added.Counted
				sum.Late += added.Late
				rest = rest[n:]
			}
		})
		return list, sum
	}
	want, one := vectors(1)
	for _, together := range []int{2, 31, 32, 33, 500} {
		got, sum := vectors(together)
		assert.Equal(t, one, sum)
		assert.Equal(t, fmt.Sprint(want), fmt.Sprint(got)) // NaN equals NaN as text
	}
	assert.Positive(t, one.Late)
	assert.Greater(t, len(want), 100)
}
