package xgboost

import "testing"

// FuzzParse asks that nothing panics, and that what can be read is valid.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"stump", "only_leaves", "dart", "two_of_softprob"} {
		f.Add(trained.Data(f, name))
	}
	f.Add(edited(f, "stump", func(_, _, _, tree object) { tree["left_children"] = []int{1, 2, -1} }))
	f.Add(edited(f, "stump", func(_, _, model, _ object) { model["weight_drop"] = []float64{1e30} }))
	f.Add([]byte(`{"learner":{"gradient_booster":{"name":"gbtree","model":{"trees":[{}],"tree_info":[0]}},` +
		`"learner_model_param":{"base_score":"[5E-1]","num_feature":"1"},"objective":{"name":"binary:logistic"}}}`))
	f.Add([]byte("{L\x00\x00\x00\x00\x00\x00\x00\x07learner"))
	f.Fuzz(trained.CheckAny)
}
