package changepoint

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseCost(t *testing.T) {
	for _, c := range allCosts {
		got, err := ParseCost(c.String())
		require.NoError(t, err)
		assert.Equal(t, c, got)
	}
	_, err := ParseCost("L2")
	assert.EqualError(t, err, `cost "L2" is unknown: use l2, normal, l1 or rbf`)
	assert.Equal(t, "Cost(-1)", Cost(-1).String())
}

func TestValidate(t *testing.T) {
	for _, test := range []struct {
		settings Settings
		want     string // "" is valid
	}{
		{Settings{L2, 1, 1, 1e-9}, ""},
		{Settings{Normal, 2, 5, 10}, ""},
		{Settings{RBF, maxPoints, maxPoints, 10}, ""},
		{Settings{Cost(4), 2, 1, 1}, "cost is 4"},
		{Settings{Cost(-1), 2, 1, 1}, "cost is -1"},
		{Settings{L2, 0, 1, 1}, "min_size is 0: set it between 1 and 16384 points"},
		{Settings{L2, math.MaxInt, 1, 1}, "min_size is"},
		{Settings{Normal, 1, 1, 1}, "min_size is 1: set it to 2 or more with cost normal"},
		{Settings{L2, 2, 0, 1}, "jump is 0: set it between 1 (every point)"},
		{Settings{L2, 2, math.MaxInt, 1}, "jump is"},
		{Settings{L2, 2, 1, 0}, "penalty is 0: set it to a finite number above 0"},
		{Settings{L2, 2, 1, -1}, "penalty is -1"},
		{Settings{L2, 2, 1, math.NaN()}, "penalty is NaN"},
		{Settings{L2, 2, 1, math.Inf(1)}, "penalty is +Inf"},
	} {
		err := test.settings.Validate()
		_, newErr := New(test.settings)
		if test.want == "" {
			assert.NoError(t, err, "%+v", test.settings)
			assert.NoError(t, newErr, "%+v", test.settings)
			continue
		}
		assert.ErrorContains(t, err, test.want)
		assert.ErrorContains(t, newErr, "changepoint: "+test.want)
	}
}
