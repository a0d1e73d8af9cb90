package lightgbm_test

import (
	"fmt"

	"github.com/spanwarden/spanwarden/internal/modelfile/lightgbm"
)

func ExampleParse() {
	model := `tree
version=v4
num_class=1
num_tree_per_iteration=1
max_feature_idx=1
objective=binary sigmoid:1
feature_names=rate bytes

Tree=0
num_leaves=2
split_feature=1
threshold=1023.5
decision_type=10
left_child=-1
right_child=-2
leaf_value=-0.5 0.25
leaf_count=15 5
internal_count=20

end of trees
`
	f, err := lightgbm.Parse([]byte(model))
	if err != nil {
		fmt.Println(err)
		return
	}
	split := f.Trees[0].Nodes[0]
	fmt.Printf("%s: %d tree, its first split %s <= %v\n", f.Origin, len(f.Trees), f.Features[split.Feature], split.Threshold)
	// Output: LightGBM, binary sigmoid:1: 1 tree, its first split bytes <= 1023.5
}
