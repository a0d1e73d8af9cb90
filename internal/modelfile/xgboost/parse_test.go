package xgboost

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/forest"
)

type object = map[string]any

// edit changes a real model: its root, its learner, the model inside and the model's first tree.
type edit func(root, learner, model, tree object)

func edited(tb testing.TB, name string, change edit) []byte {
	d := json.NewDecoder(bytes.NewReader(trained.Data(tb, name)))
	d.UseNumber()
	var root object
	require.NoError(tb, d.Decode(&root))
	learner := root["learner"].(object)
	b := learner["gradient_booster"].(object)
	if inside, dart := b["gbtree"].(object); dart {
		b = inside
	}
	model := b["model"].(object)
	change(root, learner, model, model["trees"].([]any)[0].(object))
	data, err := json.Marshal(root)
	require.NoError(tb, err)
	return data
}

func paramOf(learner object) object   { return learner["learner_model_param"].(object) }
func boosterOf(learner object) object { return learner["gradient_booster"].(object) }

// Each of these files says the same as the one from 1.7.4, in the words of another version or writer.
func TestOtherVersions(t *testing.T) {
	for what, c := range map[string]struct {
		model string
		edit  edit
	}{
		"base score of 3.1": {"weighted", func(root, learner, _, _ object) {
			root["version"] = []int{3, 1, 0}
			paramOf(learner)["base_score"] = "[5E-1]"
		}},
		"base scores of 3.1": {"softmax", func(root, learner, _, _ object) {
			root["version"] = []int{3, 1, 0}
			paramOf(learner)["base_score"] = "[9E-1,9E-1,9E-1]"
		}},
		"numbers as numbers": {"three_classes", func(_, learner, model, tree object) {
			paramOf(learner)["base_score"] = 0.5
			paramOf(learner)["num_class"] = 3
			model["gbtree_model_param"] = object{"num_trees": len(model["trees"].([]any))}
			tree["tree_param"].(object)["size_leaf_vector"] = 1
		}},
		"categories": {"binary", func(_, _, model, _ object) {
			model["cats"] = object{"enc": []int{}, "feature_segments": []int{}, "sorted_idx": []int{}}
			model["iteration_indptr"] = []int{0, 1, 2}
		}},
		"no split types": {"pruned", func(_, _, _, tree object) { delete(tree, "split_type") }},
		"flags as booleans": {"no_missing", func(_, _, _, tree object) {
			flags := tree["default_left"].([]any)
			for i := range flags {
				flags[i] = flags[i] != json.Number("0")
			}
		}},
		"no counts": {"stump", func(_, learner, model, tree object) {
			delete(paramOf(learner), "num_target")
			delete(paramOf(learner), "num_feature")
			delete(model, "gbtree_model_param")
			delete(tree, "tree_param")
		}},
		"dart of 3.4": {"dart", func(_, learner, model, _ object) {
			model["weight_drop"] = boosterOf(learner)["weight_drop"]
			learner["gradient_booster"] = object{"name": "gbtree", "model": model}
		}},
		"order and space": {"lossguide", func(root, _, _, _ object) { root["comment"] = object{"a": "learner"} }},
	} {
		t.Run(what, func(t *testing.T) {
			want, err := Parse(trained.Data(t, c.model))
			require.NoError(t, err)
			data := edited(t, c.model, c.edit)
			var indented bytes.Buffer
			require.NoError(t, json.Indent(&indented, data, " ", "\t"))
			for _, d := range [][]byte{data, indented.Bytes()} {
				require.True(t, Is(d))
				got, err := Parse(d)
				require.NoError(t, err)
				require.Equal(t, want, got)
			}
		})
	}
}

// The base score of binary:logitraw is a margin, but was a probability before 1.4.
func TestLogitrawBase(t *testing.T) {
	for version, want := range map[[3]int]float64{
		{1, 3, 9}: math.Log(0.3 / 0.7), {1, 4, 0}: 0.3, {1, 7, 4}: 0.3, {2, 0, 0}: 0.3, {0, 90, 0}: math.Log(0.3 / 0.7),
	} {
		f, err := Parse(edited(t, "logitraw", func(root, _, _, _ object) { root["version"] = version }))
		require.NoError(t, err)
		require.InDelta(t, want, f.Base[0], 1e-7, "%v", version)
	}
}

// Since 3.x a base score may be 0 or 1, and is a little less sure than that: by 1e-6, but float32 is coarser below 1.
func TestSureBase(t *testing.T) {
	for text, want := range map[string]float64{"[0E0]": -13.8155, "[1E0]": 13.7452, "[5E-7]": -13.8155} {
		f, err := Parse(edited(t, "stump", func(_, learner, _, _ object) { paramOf(learner)["base_score"] = text }))
		require.NoError(t, err)
		require.InDelta(t, want, f.Base[0], 1e-4, text)
	}
}

// Of two classes in softprob a forest has the log-odds: the difference of their margins.
func TestTwoBases(t *testing.T) {
	for text, want := range map[string]float64{"[1E-1,7E-1]": 0.6, "5E-1": 0} {
		f, err := Parse(edited(t, "two_of_softprob", func(_, learner, _, _ object) { paramOf(learner)["base_score"] = text }))
		require.NoError(t, err)
		require.Len(t, f.Base, 1)
		require.InDelta(t, want, f.Base[0], 1e-7, text)
	}
}

// No training row reached node 1 or what is below; no path leads to nodes 3 and 4.
func TestNoHessian(t *testing.T) {
	f, err := Parse(edited(t, "stump", func(_, _, _, tree object) {
		delete(tree, "tree_param")
		delete(tree, "split_type")
		tree["left_children"] = []int{1, 5, -1, -1, -1, -1, -1}
		tree["right_children"] = []int{2, 6, -1, -1, -1, -1, -1}
		tree["split_indices"] = make([]int, 7)
		tree["split_conditions"] = make([]int, 7)
		tree["default_left"] = make([]int, 7)
		tree["sum_hessian"] = []int{8, 0, 8, 0, 0, 0, 0}
	}))
	require.NoError(t, err)
	var covers []float64
	for _, node := range f.Trees[0].Nodes {
		covers = append(covers, node.Cover)
	}
	require.Equal(t, []float64{8, 2e-16, 8, 1e-16, 1e-16}, covers)
}

func TestNames(t *testing.T) {
	f, err := Parse(trained.Data(t, "parallel")) // trained without names
	require.NoError(t, err)
	require.Equal(t, []string{"f0", "f1", "f2", "f3", "f4", "f5"}, f.Features)
	require.Equal(t, []string{"0", "1", "2"}, f.Classes)
	f, err = Parse(trained.Data(t, "stump"))
	require.NoError(t, err)
	require.Equal(t, []string{"bytes", "packets", "rate", "ratio", "flag", "tiny"}, f.Features)
	require.Equal(t, []string{"0", "1"}, f.Classes)
	require.Equal(t, "XGBoost, binary:logistic", f.Origin)
}

// A stump that says x < s, and a forest that says x <= t, send the same way all there is.
func TestThresholds(t *testing.T) {
	const least = math.SmallestNonzeroFloat32
	special := []float32{0, float32(math.Copysign(0, -1)), least, -least, 1, -1, 1e-40, 3.5, math.MaxFloat32, 1 - 1<<24, 1 << 24}
	any32 := rapid.OneOf(rapid.SampledFrom(special), rapid.Float32Range(-math.MaxFloat32, math.MaxFloat32))
	rapid.Check(t, func(t *rapid.T) {
		s := any32.Draw(t, "s")
		tree := tree{Condition: floats{s}, Feature: integers{0}, DefaultLeft: flags{true}}
		var node forest.Node
		if err := tree.split(&node, 0, 1); err != nil {
			t.Fatal(err)
		}
		down := float32(math.Inf(-1))
		for _, x := range []float32{s, -s, math.Nextafter32(s, down), math.Nextafter32(s, -down), any32.Draw(t, "x"), down, -down} {
			if (x < s) != (x <= node.Threshold) {
				t.Fatalf("%v < %v is %v, but %v <= %v is not", x, s, x < s, x, node.Threshold)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	set := func(key string, value any) edit {
		return func(_, _, _, tree object) { tree[key] = value }
	}
	learnerParam := func(key string, value any) edit {
		return func(_, learner, _, _ object) { paramOf(learner)[key] = value }
	}
	objective := func(name string) edit {
		return func(_, learner, _, _ object) { learner["objective"] = object{"name": name} }
	}
	boosted := func(name string) edit {
		return func(_, learner, _, _ object) { boosterOf(learner)["name"] = name }
	}
	for what, c := range map[string]struct {
		edit edit
		says string
	}{
		"ranking":           {objective("rank:ndcg"), `"rank:ndcg" ranks rows`},
		"regression":        {objective("reg:squarederror"), "estimates a number, probabilities of classes are needed: train with"},
		"counts":            {objective("count:poisson"), "estimates a number"},
		"survival":          {objective("survival:cox"), "survival times"},
		"hinge":             {objective("binary:hinge"), "without a probability"},
		"other objective":   {objective("custom"), "is not known here"},
		"no objective":      {objective(""), "no objective"},
		"linear":            {boosted("gblinear"), "gblinear is a linear model without trees"},
		"other booster":     {boosted("x"), `"x" is not known`},
		"targets":           {learnerParam("num_target", "2"), "2 targets"},
		"classes":           {learnerParam("num_class", "3"), "num_class is 3, but the objective binary:logistic has two"},
		"many classes":      {learnerParam("num_class", "257"), "whole numbers from 0 to 256"},
		"no features":       {learnerParam("num_feature", "0"), "num_feature"},
		"many features":     {learnerParam("num_feature", "513"), "1 to 512"},
		"name":              {func(_, learner, _, _ object) { learner["feature_names"] = []any{1} }, "name 0 of feature_names is no text"},
		"no names":          {func(_, learner, _, _ object) { learner["feature_names"] = "a" }, "feature_names: no list"},
		"names":             {learnerParam("num_feature", "7"), "6 feature_names for 7 features"},
		"number":            {learnerParam("num_feature", "six"), `num_feature is "six"`},
		"base":              {learnerParam("base_score", "1.5"), "no probability"},
		"base words":        {learnerParam("base_score", "half"), "base_score"},
		"base none":         {learnerParam("base_score", ""), "base_score"},
		"bases":             {learnerParam("base_score", "[0.1,0.2]"), "2 values for one target"},
		"vector leaves":     {set("tree_param", object{"size_leaf_vector": "3"}), "tree 0: its leaves have 3 values each"},
		"num_nodes":         {set("tree_param", object{"num_nodes": "5"}), "tree 0: left_children has 3 values for 5 nodes"},
		"short":             {set("sum_hessian", []int{1}), "tree 0: sum_hessian has 1 values for 3 nodes"},
		"short split types": {set("split_type", []int{0}), "tree 0: split_type has 1 values"},
		"empty":             {set("left_children", []int{}), "tree 0"},
		"categorical":       {set("split_type", []int{1, 0, 0}), "tree 0: node 0: its split of feature 5 is categorical"},
		"feature":           {set("split_indices", []int{6, 0, 0}), "tree 0: node 0: it splits feature 6 of 6"},
		"negative feature":  {set("split_indices", []int{-1, 0, 0}), "tree 0: node 0: it splits feature -1"},
		"cycle":             {set("left_children", []int{0, -1, -1}), "tree 0: node 0: its child 0"},
		"later cycle":       {set("left_children", []int{1, 2, -1}), "tree 0: node 1: its child 2"},
		"two parents":       {set("right_children", []int{1, -1, -1}), "tree 0: node 0: its child 1"},
		"child":             {set("right_children", []int{3, -1, -1}), "tree 0: node 0: its child 3"},
		"one child":         {set("right_children", []int{-1, -1, -1}), "tree 0: node 0: its child -1"},
		"null":              {set("right_children", nil), `tree 0: "null" is no list`},
		"null inside":       {set("sum_hessian", []any{1, nil, 2}), `tree 0: value 1 of a list is "null"`},
		"fraction":          {set("left_children", []any{1.5, -1, -1}), `tree 0: value 0 of a list is "1.5"`},
		"great condition":   {set("split_conditions", []any{0, 1e39, 0}), "tree 0: value 1"},
		"nested":            {set("default_left", []any{[]int{0}, 0, 0}), "tree 0: value 0"},
		"tree":              {func(_, _, model, _ object) { model["trees"] = []any{1} }, "tree 0"},
		"trees":             {func(_, _, model, _ object) { model["trees"] = object{} }, "trees: no list"},
		"no trees": {func(_, _, model, _ object) {
			model["trees"], model["tree_info"], model["gbtree_model_param"] = []any{}, []int{}, object{}
		}, "no trees: train at least one round"},
		"many trees": {func(_, _, model, _ object) {
			model["trees"] = make([]object, forest.MaxTrees+1)
		}, "more than 10000 trees"},
		"num_trees": {func(_, _, model, _ object) { model["gbtree_model_param"] = object{"num_trees": "2"} }, "num_trees is 2"},
		"tree_info": {func(_, _, model, _ object) { model["tree_info"] = []int{} }, "0 entries of tree_info"},
		"group":     {func(_, _, model, _ object) { model["tree_info"] = []int{1} }, "tree 0 is of class 1, there are 1"},
		"weights":   {func(_, _, model, _ object) { model["weight_drop"] = []int{1, 2} }, "2 values of weight_drop for 1 trees"},
		"softprob": {func(_, learner, _, _ object) {
			learner["objective"] = object{"name": "multi:softprob"}
		}, "num_class is 0: multi:softprob needs at least two"},
		"softprob bases": {func(_, learner, _, _ object) {
			learner["objective"] = object{"name": "multi:softprob"}
			paramOf(learner)["num_class"] = "3"
			paramOf(learner)["base_score"] = "[1,2]"
		}, "2 values for 3 classes"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := Parse(edited(t, "stump", c.edit))
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "XGBoost model: ")
		})
	}
}

// Models of real trainings that a forest cannot express.
func TestRealRefused(t *testing.T) {
	for name, says := range map[string]string{
		"categorical": "begins a NaN: encode categories as numbers",
		"linear":      "gblinear is a linear model",
		"regression":  `"reg:squarederror" estimates a number`,
		"targets":     "2 targets",
	} {
		t.Run(name, func(t *testing.T) {
			data := trained.Data(t, name)
			require.True(t, Is(data))
			_, err := Parse(data)
			require.ErrorContains(t, err, says)
		})
	}
}

func TestDamaged(t *testing.T) {
	whole := string(trained.Data(t, "stump"))
	for what, c := range map[string]struct{ data, says string }{
		"nothing":      {"", "cut short"},
		"cut":          {whole[:len(whole)/2], "cut short"},
		"not a number": {strings.Replace(whole, `"sum_hessian":[`, `"sum_hessian":[NaN,`, 1), "begins a NaN"},
		"no object":    {"[]", "cannot unmarshal"},
		"other":        {"{}", "booster"},
		"tail":         {whole + "x", "no JSON"},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := Parse([]byte(c.data))
			require.ErrorContains(t, err, c.says)
		})
	}
}

// Since 2.1 UBJSON is what save_model writes unless the name ends in .json.
func TestUBJSON(t *testing.T) {
	data := binary.BigEndian.AppendUint64([]byte("{L"), 7)
	data = append(data, "learner{L"...)
	for _, d := range [][]byte{data, []byte("{i\x07learner{")} {
		require.True(t, Is(d))
		_, err := Parse(d)
		require.ErrorContains(t, err, `save it as JSON, save_model("model.json")`)
	}
}

func TestIsNot(t *testing.T) {
	for _, s := range []string{
		"", " ", "{", "{}", "[]", `["learner"]`, `{"format":"x","learners":[]}`, `{"a":{"learner":1}}`,
		`{"a":"learner"}`, `{"a":`, "tree\nversion=v4\n", "{L", "{\"a\x07learner",
	} {
		require.False(t, Is([]byte(s)), s)
	}
	require.True(t, Is([]byte("\n { \"version\": [1, 7, 4], \"learner\": {")))
}
