package changepoint

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzFind takes settings from the first bytes and any bits at all as the values.
func FuzzFind(f *testing.F) {
	f.Add([]byte{})
	for c := range allCosts {
		f.Add(fuzzInput(c, 2, 1, 40, 0, 0, 0, 0, 5, 5, 5, 5, 5))
		f.Add(fuzzInput(c, 3, 2, 10, 4, 3, 0, 5, 1, 0, 6, 5, 1, 0, 6))
		f.Add(fuzzInput(c, 2, 1, 1, MaxAbs, -MaxAbs, 1, 5e-324, 0, math.Copysign(0, -1), 1e-200, 1e-200))
		f.Add(fuzzInput(c, 2, 1, 1, 1, 2, math.NaN(), 3, math.Inf(1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) < 4 {
			return
		}
		s := Settings{
			Cost:    allCosts[int(data[0])%len(allCosts)],
			MinSize: 2 + int(data[1])%20,
			Jump:    1 + int(data[2])%9,
			Penalty: math.Exp(float64(data[3])/8 - 10),
		}
		var series []float64
		for data = data[4:]; len(data) >= 8 && len(series) < 150; data = data[8:] {
			series = append(series, math.Float64frombits(binary.LittleEndian.Uint64(data)))
		}
		checkFind(t, s, series)
	})
}

func fuzzInput(cost int, minSize, jump, penalty byte, series ...float64) []byte {
	data := []byte{byte(cost), minSize - 2, jump - 1, penalty}
	for _, x := range series {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(x))
	}
	return data
}

func checkFind(t *testing.T, s Settings, series []float64) {
	good, moderate := true, true
	for _, x := range series {
		x = math.Abs(x)
		good = good && x <= MaxAbs
		moderate = moderate && (x == 0 || x > 1e-100 && x < 1e3)
	}
	d, err := New(s)
	require.NoError(t, err)
	ends, err := d.Find(nil, series)
	require.Equal(t, good, err == nil, "%v", err)
	if !good || len(series) == 0 {
		require.Empty(t, ends)
		return
	}
	requireValid(t, s, len(series), ends)

	ours, err := s.PenalisedCost(series, ends)
	require.NoError(t, err)
	require.False(t, math.IsNaN(ours) || math.IsInf(ours, 0), "cost is %v", ours)
	if !moderate {
		return // the table's plain sums of squares round or underflow
	}
	best := newCostTable(s.Cost, series).optimum(s)
	require.InDelta(t, best, ours, 1e-6*(1+math.Abs(best)))
}
