package apispec

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Nobody loses a rule while somebody else has more than them.
func TestOperationsShareTheRulesThatThereMayBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(0, 40), 0, 12).Draw(t, "sizes")
		most := rapid.IntRange(0, 200).Draw(t, "most")
		var d drafts
		for i, size := range sizes {
			var rules []rulefile.Rule
			for range size {
				rules = append(rules, rulefile.Rule{ID: strconv.Itoa(i)})
			}
			d = append(d, rules)
		}
		kept, cut := make([]int, len(sizes)), make(map[int]bool)
		all := d.shared(most, func(i int) { cut[i] = true })
		for _, rule := range all {
			i, err := strconv.Atoi(rule.ID)
			require.NoError(t, err)
			kept[i]++
		}
		require.LessOrEqual(t, len(all), most)
		if d.count() <= most {
			require.Len(t, all, d.count())
		} else {
			require.Greater(t, len(all), most-max(len(sizes), 1)-1)
		}
		for i := range sizes {
			require.Equal(t, kept[i] < sizes[i], cut[i])
			for j := range sizes {
				if cut[i] {
					require.LessOrEqual(t, kept[j], kept[i])
				}
			}
		}
	})
}
