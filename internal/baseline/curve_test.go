package baseline

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

// suspected is the share of calls from a place on that violate some rule.
func suspected(t *testing.T, r *Result, calls []*call, from int) float64 {
	t.Helper()
	alarms := 0
	for i := range judge(t, r.File, calls).alarms {
		if i >= from {
			alarms++
		}
	}
	return float64(alarms) / float64(len(calls)-from)
}

// However little was seen, hardly any later call is taken for an attack; without guards many are.
func TestLittleTrafficRaisesHardlyAnyAlarm(t *testing.T) {
	t.Parallel()
	bare := strict()
	bare.Unguarded = true
	worst := 0.0
	for _, percent := range []int{1, 3, 10, 30, 60} {
		t.Run(fmt.Sprint(percent, " %"), func(t *testing.T) {
			calls := newShop(8).open(400)
			n := len(calls) * percent / 100
			assert.LessOrEqual(t, suspected(t, learned(t, DefaultSettings(), calls[:n]).Result(), calls, n), 0.005)
			worst = max(worst, suspected(t, learned(t, bare, calls[:n]).Result(), calls, n))
		})
	}
	assert.Greater(t, worst, 0.2)
}

// With more traffic there are more rules.
func TestMoreTrafficTeachesMore(t *testing.T) {
	calls := newShop(8).open(400)
	last := -1
	for _, percent := range []int{0, 3, 10, 30, 100} {
		n := len(result(t, calls[:len(calls)*percent/100]).Rules)
		assert.Greater(t, n, last)
		last = n
	}
}
