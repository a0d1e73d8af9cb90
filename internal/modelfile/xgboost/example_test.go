package xgboost_test

import (
	"fmt"

	"github.com/spanwarden/spanwarden/internal/modelfile/xgboost"
)

func ExampleParse() {
	model := `{"version": [1, 7, 4], "learner": {
		"feature_names": ["rate", "bytes"], "objective": {"name": "binary:logistic"},
		"learner_model_param": {"base_score": "5E-1", "num_class": "0", "num_feature": "2"},
		"gradient_booster": {"name": "gbtree", "model": {"tree_info": [0], "trees": [{
			"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [1, 0, 0],
			"split_conditions": [1024, -0.5, 0.25], "default_left": [1, 0, 0], "sum_hessian": [20, 15, 5]}]}}}}`
	f, err := xgboost.Parse([]byte(model))
	if err != nil {
		fmt.Println(err)
		return
	}
	split := f.Trees[0].Nodes[0]
	fmt.Printf("%s: %d tree, its first split %s <= %v\n", f.Origin, len(f.Trees), f.Features[split.Feature], split.Threshold)
	// Output: XGBoost, binary:logistic: 1 tree, its first split bytes <= 1023.99994
}
