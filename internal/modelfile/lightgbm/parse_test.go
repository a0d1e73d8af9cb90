package lightgbm

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/forest"
	"github.com/spanwarden/spanwarden/internal/heapsize"
)

func TestNames(t *testing.T) {
	f, err := Parse(trained.Data(t, "three_classes"))
	require.NoError(t, err)
	require.Equal(t, []string{"bytes", "packets", "rate", "ratio", "flag", "tiny"}, f.Features)
	require.Equal(t, []string{"0", "1", "2"}, f.Classes)
	require.Equal(t, "LightGBM, multiclass num_class:3", f.Origin)
}

// Each of these files says the same as the one that LightGBM wrote.
func TestOtherWriters(t *testing.T) {
	for what, replace := range map[string][]string{
		"version 3":      {"version=v4", "version=v3"},
		"Windows":        {"\n", "\r\n"},
		"no linear":      {"is_linear=0\n", ""}, // before 3.2
		"no sizes":       {"tree_sizes=", "sizes="},
		"no sigmoid":     {" sigmoid:1", ""},
		"no importances": {"feature_importances:", ""},
	} {
		t.Run(what, func(t *testing.T) {
			text := string(trained.Data(t, "binary"))
			want, err := Parse([]byte(text))
			require.NoError(t, err)
			got, err := Parse([]byte(strings.ReplaceAll(text, replace[0], replace[1])))
			require.NoError(t, err)
			got.Origin = want.Origin
			require.Equal(t, want, got)
		})
	}
}

// Models of real trainings that a forest cannot express.
func TestRealRefused(t *testing.T) {
	for name, says := range map[string]string{
		"zero_as_missing": "train with zero_as_missing=false",
		"categorical":     "it is categorical",
		"linear":          "tree 0: its leaves are linear models: train with linear_tree=false",
		"one_versus_all":  `"multiclassova" gives each class a probability of its own`,
		"regression":      `"regression" estimates a number`,
	} {
		t.Run(name, func(t *testing.T) {
			data := trained.Data(t, name)
			require.True(t, Is(data))
			_, err := Parse(data)
			require.ErrorContains(t, err, says)
			require.ErrorContains(t, err, "LightGBM model: ")
		})
	}
}

// small has the splits a <= 1 and, on its right, b <= 2.
const small = `tree
version=v4
num_class=1
num_tree_per_iteration=1
label_index=0
max_feature_idx=1
objective=binary sigmoid:1
feature_names=a b
feature_infos=none none
tree_sizes=1

Tree=0
num_leaves=3
num_cat=0
split_feature=0 1
threshold=1 2
decision_type=8 10
left_child=-1 -2
right_child=1 -3
leaf_value=0.5 -0.25 0.125
leaf_count=7 5 0
internal_count=12 5
shrinkage=1


end of trees
`

// from returns what small has from a word on.
func from(word string) string {
	_, rest, _ := strings.Cut(small, word)
	return word + rest
}

func TestSmall(t *testing.T) {
	f, err := Parse([]byte(small))
	require.NoError(t, err)
	require.Equal(t, []forest.Tree{{
		Nodes: []forest.Node{
			{Feature: 0, Threshold: 1, Next: 1, Cover: 12},
			{Feature: forest.Leaf, Next: 0, Cover: 7},
			{Feature: 1, Threshold: 2, Next: 3, Cover: 5, MissingLeft: true},
			{Feature: forest.Leaf, Next: 1, Cover: 5},
			{Feature: forest.Leaf, Next: 2, Cover: 1e-16},
		},
		Values: []float64{0.5, -0.25, 0.125},
	}}, f.Trees)
}

func TestRefused(t *testing.T) {
	for what, c := range map[string]struct{ old, new, says string }{
		"version":          {"version=v4", "version=v2", `its version is "v2": v3 and v4 can be read`},
		"objective":        {"objective=binary sigmoid:1\n", "", "no objective"},
		"ranking":          {"binary sigmoid:1", "lambdarank", `"lambdarank" ranks rows`},
		"other objective":  {"binary", "cross_entropy_lambda", "does not give them"},
		"sigmoid":          {"sigmoid:1", "sigmoid:0", `sigmoid is "0"`},
		"sigmoid word":     {"sigmoid:1", "sigmoid:nan", `sigmoid is "nan"`},
		"classes":          {"num_class=1", "num_class=3", "num_class is 3"},
		"no classes":       {"num_class=1\n", "", "num_class is \"\""},
		"many classes":     {"num_class=1", "num_class=257", "from 1 to 256"},
		"multiclass":       {"objective=binary sigmoid:1", "objective=multiclass num_class:1", "num_class is 1"},
		"features":         {"max_feature_idx=1", "max_feature_idx=2", "2 feature_names for 3 features"},
		"many features":    {"max_feature_idx=1", "max_feature_idx=512", "from 0 to 511"},
		"sizes":            {"tree_sizes=1", "tree_sizes=1 2", "1 trees, but 2 tree_sizes"},
		"number of a tree": {"Tree=0", "Tree=1", `line 12 is "Tree=1" instead of "Tree=0"`},
		"line":             {"num_cat=0", "num_cat", `tree 0: line 14 is "num_cat" instead of KEY=VALUE`},
		"leaves":           {"num_leaves=3", "num_leaves=0", "tree 0: num_leaves"},
		"many leaves":      {"num_leaves=3", "num_leaves=4194304", "tree 0: with it there are more than"},
		"more leaves":      {"num_leaves=3", "num_leaves=2097152", "tree 0: leaf_value has 3 values instead of 2097152"},
		"short":            {"threshold=1 2", "threshold=1", "tree 0: threshold has 1 values instead of 2"},
		"long":             {"left_child=-1 -2", "left_child=-1 -2 0", "tree 0: left_child has 3 values instead of 2"},
		"missing":          {"leaf_count=7 5 0\n", "", "tree 0: leaf_count has 0 values instead of 3"},
		"word":             {"threshold=1 2", "threshold=1 x", `tree 0: threshold has the value "x"`},
		"not a number":     {"threshold=1 2", "threshold=1 nan", `tree 0: threshold has the value "nan"`},
		"infinite leaf":    {"0.125", "inf", "tree 0: leaf_value has an infinite value"},
		"fraction":         {"split_feature=0 1", "split_feature=0 1.5", `tree 0: split_feature has the value "1.5"`},
		"feature":          {"split_feature=0 1", "split_feature=0 2", "tree 0: split 1 is of feature 2, there are 2"},
		"negative feature": {"split_feature=0 1", "split_feature=-1 1", "tree 0: split 0 is of feature -1"},
		"cycle":            {"left_child=-1 -2", "left_child=-1 1", "tree 0: split 1: its child 1"},
		"root":             {"left_child=-1 -2", "left_child=0 -2", "tree 0: split 0: its child 0"},
		"two parents":      {"left_child=-1 -2", "left_child=-3 -2", "tree 0: split 1: its child -3"},
		"child":            {"right_child=1 -3", "right_child=2 -3", "tree 0: split 0: its child 2"},
		"leaf":             {"right_child=1 -3", "right_child=1 -4", "tree 0: split 1: its child -4"},
		"not reached":      {"right_child=1 -3", "right_child=-3 -3", "tree 0: only 3 of 5 splits and leaves"},
		"categorical":      {"decision_type=8 10", "decision_type=8 1", "tree 0: split 1: it is categorical"},
		"decision":         {"decision_type=8 10", "decision_type=8 12", "tree 0: split 1: its decision_type is unknown"},
		"zeros":            {"decision_type=8 10", "decision_type=4 10", "tree 0: split 0: it takes zeros for missing"},
		"linear":           {"shrinkage=1", "is_linear=1", "tree 0: its leaves are linear models"},
		"no trees":         {strings.TrimSuffix(from("Tree=0"), from("end of")), "", "no trees"},
		"no end":           {"end of trees\n", "", `breaks off after tree 0`},
		"cut header":       {from("objective"), "", "breaks off before the first tree"},
		"cut tree":         {from("leaf_value"), "", "tree 0: leaf_value has 0 values"},
		"twice":            {"num_cat=0", "threshold=1 2", "tree 0: line 16 gives threshold a second time"},
		"header twice":     {"label_index=0", "num_class=1", "line 5 gives num_class a second time"},
		"long objective":   {"sigmoid:1", "sigmoid:1" + strings.Repeat(" ", 600), "the objective has 616 bytes, more than 512"},
		"not this":         {"tree\nversion", "forest\nversion", "does not begin with"},
	} {
		t.Run(what, func(t *testing.T) {
			require.Contains(t, small, c.old)
			_, err := Parse([]byte(strings.Replace(small, c.old, c.new, 1)))
			require.ErrorContains(t, err, c.says)
			require.ErrorContains(t, err, "LightGBM model: ")
		})
	}
}

func TestRounds(t *testing.T) {
	text := strings.NewReplacer("num_class=1", "num_class=2", "iteration=1", "iteration=2", "binary", "multiclass").Replace(small)
	_, err := Parse([]byte(text))
	require.ErrorContains(t, err, "1 trees for 2 classes, some are missing")
}

func TestManyTrees(t *testing.T) {
	head, _, _ := strings.Cut(small, "tree_sizes=1\n\n")
	var text strings.Builder
	text.WriteString(head)
	for i := range forest.MaxTrees + 1 {
		text.WriteString("Tree=" + strconv.Itoa(i) + "\nnum_leaves=1\nleaf_value=1\n\n")
	}
	_, err := Parse([]byte(text.String() + from("end of")))
	require.ErrorContains(t, err, "more than 10000 trees: train fewer rounds")
}

// reference is LightGBM's decision, in its words: NumericalDecision in its tree.h, behind its predictor's rounding.
func reference(x, threshold float64, missing int, defaultLeft bool) bool {
	zero := float64(zeroBound)
	if math.Abs(x) <= zero {
		x = 0
	}
	if math.IsNaN(x) && missing != missingNaN {
		x = 0
	}
	if missing == missingZero && x == 0 || missing == missingNaN && math.IsNaN(x) {
		return defaultLeft
	}
	return x <= threshold
}

func TestDecisions(t *testing.T) {
	zero, inf := float64(zeroBound), math.Inf(1)
	thresholds := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{
		0, math.Copysign(0, -1), zero, -zero, math.Nextafter(zero, 1), math.Nextafter(zero, 0), math.Nextafter(-zero, -1),
		math.Nextafter(-zero, 0), 1e-300, -1e-300, 0.1, -0.1, 1e300, -1e300, inf, 11.500000000000002, math.MaxFloat32,
	}), rapid.Map(rapid.Float32(), func(x float32) float64 { return math.Nextafter(float64(x), inf) }))
	rapid.Check(t, func(t *rapid.T) {
		threshold := thresholds.Draw(t, "threshold")
		missing := rapid.IntRange(missingNone, missingNaN).Draw(t, "missing type")
		left := rapid.Bool().Draw(t, "default left")
		tr := tree{feature: []int{0}, decision: []int{missing << missingShift}, threshold: []float64{threshold}, splitRows: []float64{1}}
		if left {
			tr.decision[0] |= missingLeft
		}
		node, err := tr.split(0)
		same := reference(0, threshold, missing, left) == reference(0, threshold, missingNone, left)
		if (err == nil) != (missing != missingZero || same) {
			t.Fatalf("zeros go the same way: %v, but the error is %v", same, err)
		}
		if err != nil {
			return
		}
		f := float32(threshold)
		up, down := float32(inf), float32(-inf)
		for _, x := range []float32{
			f, -f, math.Nextafter32(f, up), math.Nextafter32(f, down), 0, zeroBound, -zeroBound, float32(math.NaN()), up, down,
			math.Nextafter32(zeroBound, up), math.Nextafter32(-zeroBound, down), rapid.Float32().Draw(t, "x"),
		} {
			got := x <= node.Threshold
			if x != x {
				got = node.MissingLeft
			}
			if want := reference(float64(x), threshold, missing, left); got != want {
				t.Fatalf("%v <= %v goes left: %v, but LightGBM's %v", x, threshold, got, want)
			}
		}
	})
}

func TestIsNot(t *testing.T) {
	for _, s := range []string{"", "tree", "tree\n", "tree\nx\n", "forest\nversion=v4\n", "{}", "tree version=v4\n"} {
		require.False(t, Is([]byte(s)), s)
	}
	require.True(t, Is([]byte("tree\r\nversion=v3\r\n")))
}

// Keys that are not read are not kept, however many there are.
func TestOtherKeysTakeNoMemory(t *testing.T) {
	var text strings.Builder
	for i := range 100_000 {
		text.WriteString(strconv.Itoa(i) + "=\n")
	}
	_, tree, _ := strings.Cut(small, "Tree=0\n")
	in := &lines{rest: []byte(text.String() + tree)}
	require.Less(t, heapsize.Allocated(func() {
		_, err := readTree(in, 2, forest.MaxNodes)
		require.NoError(t, err)
	}), uint64(4*text.Len()))
}
