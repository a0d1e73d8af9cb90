package forest

// Kind is the sort of an ensemble.
type Kind string

// The kinds.
const (
	// RandomForest is Breiman's: bootstrapped trees that look at a random part of
	// the features at each split. Its outputs are the mean of its leaves' class
	// probabilities.
	RandomForest Kind = "random_forest"
	// Bagging is bootstrapped trees that look at all features; outputs as above.
	Bagging Kind = "bagging"
	// IsolationForest is Liu's, Ting's and Zhou's (ICDM 2008): it knows no classes.
	// Its one output is the mean path length, see [Score].
	IsolationForest Kind = "isolation_forest"
	// Boosting is gradient-boosted trees, read from XGBoost or LightGBM. Its outputs
	// are sums of leaf values: log-odds, one of two classes or each of several.
	Boosting Kind = "boosting"
)

// Bounds of a forest, whoever wrote the file that it comes from.
const (
	MaxFeatures = 512
	MaxClasses  = 256
	MaxTrees    = 10_000
	MaxNodes    = 1 << 22 // of all trees
	MaxDepth    = 512     // splits on a path
	MaxName     = 256     // bytes of the name of a feature or class
	// MaxValue is the largest magnitude of a leaf's value, of Base and of a cover: no
	// sum overflows.
	MaxValue = 1e100
	// MaxPathLength is the largest path length that a leaf stands for: the deepest
	// path with c(n) for more rows than there are, so that no [Score] rounds to 0.
	MaxPathLength = 1000
)

// Forest is an ensemble of decision trees. It is plain data: whoever builds one
// by hand or reads it from a file calls [Forest.Validate] before use.
type Forest struct {
	Kind     Kind
	Features []string // names, in the order of a row's values
	Classes  []string // at least two, in the order of the scores; none for an isolation forest
	Trees    []Tree

	// Base is added to each output before the trees' values (Boosting; one for
	// each of Outputs()); nil stands for zeros.
	Base []float64
	// SampleSize is how many rows each tree was grown on (IsolationForest): ψ in
	// the paper, at least 2.
	SampleSize int
	// Origin says in words what the forest was trained on; it may be empty.
	Origin string
}

// Tree is a binary decision tree, its root first. Children follow their parent
// and are adjacent, the left one first.
type Tree struct {
	Nodes []Node
	// Values of the leaves. A tree with Output AllOutputs has Outputs() of them for
	// each leaf, any other tree one. In a RandomForest or Bagging they are the
	// classes' probabilities, in an IsolationForest the path length that the leaf
	// stands for: its depth and, for a leaf of n rows, c(n) besides.
	Values []float64
	// Output that the values are added to, or AllOutputs.
	Output int
}

// AllOutputs marks a tree that adds to all outputs at once.
const AllOutputs = -1

// Node is a split or a leaf.
type Node struct {
	// Threshold of a split: a row whose value is at most that goes left. Values are
	// float32 as well, so that decisions are exact; whoever has float64 thresholds
	// rounds them down.
	Threshold float32
	// Feature that a split looks at; Leaf for a leaf.
	Feature int32
	// Next is the left child of a split, the right one is behind it; of a leaf it
	// is the number of the leaf, counting from 0: its values begin at Next·width.
	Next int32
	// MissingLeft says that a row without a value (NaN) goes left.
	MissingLeft bool
	// Cover is the weight of the training rows that came by, > 0. Explanations need
	// it.
	Cover float64
}

// Leaf marks a node as a leaf, in the place of its feature.
const Leaf = -1

// Outputs is how many numbers the trees add up to: the classes, or 1 for two
// boosted classes and for an isolation forest.
func (f *Forest) Outputs() int {
	switch {
	case f.Kind == IsolationForest, f.Kind == Boosting && len(f.Classes) == 2:
		return 1
	}
	return len(f.Classes)
}
