package changepoint

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// referenceFile holds results of ruptures' Pelt.
type referenceFile struct {
	Series map[string][]float64
	Cases  []struct {
		Series      string
		Cost        string
		MinSize     int `json:"min_size"`
		Jump        int
		Penalty     float64
		Breakpoints []int
	}
}

// TestAgainstRuptures compares with results of ruptures, whose series were
// standardised. Each of our results must cost as little as optimal partitioning
// says. Where ruptures' ends are others, they must not be cheaper, and they must be
// those of pruning at once.
func TestAgainstRuptures(t *testing.T) {
	data := os.Getenv("SPANWARDEN_DATA")
	if data == "" {
		t.Skip("set SPANWARDEN_DATA to a directory with changepoint/ruptures.json (series, and for each cost, min_size, jump and penalty the breakpoints of ruptures' Pelt) to compare with ruptures")
	}
	raw, err := os.ReadFile(filepath.Join(data, "changepoint", "ruptures.json"))
	require.NoError(t, err)
	var file referenceFile
	require.NoError(t, json.Unmarshal(raw, &file))
	require.NotEmpty(t, file.Cases)

	tables := map[string]costTable{}
	equal, ties, cheaper := 0, 0, 0
	for _, c := range file.Cases {
		cost, err := ParseCost(c.Cost)
		require.NoError(t, err)
		s := Settings{Cost: cost, MinSize: c.MinSize, Jump: c.Jump, Penalty: c.Penalty}
		series := Standardise(nil, file.Series[c.Series])
		ends := find(t, s, series)
		requireValid(t, s, len(series), ends)

		key := c.Series + "/" + c.Cost
		if tables[key] == nil {
			tables[key] = newCostTable(cost, series)
		}
		ours, theirs := tables[key].total(s, ends), tables[key].total(s, c.Breakpoints)
		rounding := 1e-9 * (1 + math.Abs(ours))
		require.InDelta(t, tables[key].optimum(s), ours, rounding, "%s min_size %d penalty %g", key, c.MinSize, c.Penalty)

		if slices.Equal(ends, c.Breakpoints) {
			equal++
			continue
		}
		require.LessOrEqual(t, ours, theirs+rounding)
		require.Equal(t, c.Breakpoints, tables[key].prunedAtOnce(s))
		verdict := "cheaper"
		if theirs-ours <= rounding {
			verdict = "a tie"
			ties++
		} else {
			cheaper++
		}
		t.Logf("%s min_size %d penalty %.6g: ours %s by %.3g of %.6g\n  ours     %v\n  ruptures %v",
			key, c.MinSize, c.Penalty, verdict, theirs-ours, ours, ends, c.Breakpoints)
	}
	t.Logf("%d cases: %d equal ruptures, %d are cheaper than ruptures, %d tie with it", len(file.Cases), equal, cheaper, ties)
}
