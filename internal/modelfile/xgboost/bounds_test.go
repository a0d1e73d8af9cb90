package xgboost

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/heapsize"
)

// A list is counted before there is room for it: what allocates is bounded by what is kept.
func TestLongListsTakeNoMemory(t *testing.T) {
	const size = 4 << 20
	for what, c := range map[string]struct{ before, word, after, says string }{
		"feature_names": {`{"learner":{"feature_names":[`, `""`, `]}}`, "more than 512 feature_names"},
		"version":       {`{"learner":{},"version":[`, `0`, `]}`, "in a list of at most 3"},
		"base_score":    {`{"learner":{"learner_model_param":{"base_score":"[`, `0`, `]"}}}`, "bytes where a number is expected"},
		"base scores":   {`{"learner":{"learner_model_param":{"base_score":[`, `0`, `]}}}`, "bytes where a number is expected"},
		"tree_info":     {`{"learner":{"gradient_booster":{"model":{"tree_info":[`, `0`, `]}}}}`, "in a list of at most 10000"},
		"weight_drop":   {`{"learner":{"gradient_booster":{"weight_drop":[`, `0`, `]}}}`, "in a list of at most 10000"},
	} {
		t.Run(what, func(t *testing.T) {
			list := strings.Repeat(c.word+",", size/(len(c.word)+1)) + c.word
			data := []byte(c.before + list + c.after)
			require.Less(t, heapsize.Allocated(func() {
				_, err := Parse(data)
				require.ErrorContains(t, err, c.says)
			}), uint64(1<<20))
		})
	}
}

func TestListBounds(t *testing.T) {
	long := []byte("[0" + strings.Repeat(",0", forest.MaxNodes) + "]")
	for _, l := range []json.Unmarshaler{new(floats), new(integers), new(flags)} {
		require.ErrorContains(t, l.UnmarshalJSON(long), "4194305 values in a list of at most 4194304")
	}
	bases, err := scalar("[0" + strings.Repeat(",0", forest.MaxClasses-1) + "]").floats()
	require.NoError(t, err)
	require.Len(t, bases, forest.MaxClasses)
	_, err = scalar("[0" + strings.Repeat(",0", forest.MaxClasses) + "]").floats()
	require.Error(t, err)
}

// Trees that are each within bounds stop being read when they are not together.
func TestManyNodes(t *testing.T) {
	const nodes = forest.MaxNodes/2 + 1
	tree := `{"default_left":[0` + strings.Repeat(",0", nodes-1) + `]}`
	var two trees
	require.NoError(t, two.UnmarshalJSON([]byte("["+tree+"]")))
	require.ErrorContains(t, two.UnmarshalJSON([]byte("["+tree+","+tree+",7]")), "more than 4194304 nodes: train fewer or smaller trees")
}
