package tampering

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWindowsAreWholeAndCountOnce(t *testing.T) {
	alarms := make([]bool, 65)
	alarms[0], alarms[19], alarms[40], alarms[64] = true, true, true, true
	assert.Equal(t, Windows{All: 3, Alarmed: 2}, windows(alarms), "the last five calls are no window")
	assert.Equal(t, Windows{}, windows(alarms[:19]))
}

// At the bound, so few hits or less have a probability of 5 %: without any that is 1 − 0.05^(1/n).
func TestTheBoundIsThatOfClopperAndPearson(t *testing.T) {
	for _, e := range []struct {
		hits, n int
		bound   float64
	}{{0, 100, 0.02951}, {1, 100, 0.04656}, {5, 484, 0.02160}, {0, 0, 1}, {3, 3, 1}, {0, 1, 0.95}} {
		assert.InDelta(t, e.bound, upperBound(e.hits, e.n), 5e-5, "%d of %d", e.hits, e.n)
	}
	for hits := range 5 {
		sum, term, p := 0.0, math.Pow(1-upperBound(hits, 40), 40), upperBound(hits, 40)
		for k := range hits + 1 {
			sum += term
			term *= float64(40-k) / float64(k+1) * p / (1 - p)
		}
		assert.InDelta(t, 0.05, sum, 1e-9)
	}
	assert.InDelta(t, 3.0/1000, Windows{All: 1000}.Bound(), 1e-5, "the rule of three")
}
