// Package forest is the one form that all tree ensembles have here, whoever grew
// them: a [Forest] is validated, scored by a [Scorer] without allocations, and
// explained exactly by [Forest.Explain].
//
// # Scores
//
// Values and thresholds are float32 and compared exactly: a value equal to the
// threshold goes left, -0 equals +0, and NaN, a missing value, goes where the node
// says. The trees' values are added up in float64 in the order of the trees, and
// divided by their number where a mean is asked for, so that a forest scores a row
// to the last bit as the library that grew it does, if that one does the same
// (scikit-learn with one job).
//
// # Speed
//
// The nodes are laid out anew for scoring: 8 bytes each, those that follow each
// other often in one cache line, and ten trees are walked at a time without a
// branch, see [Scorer].
//
// # Explanations
//
// A contribution is a feature's Shapley value in the game of path-dependent
// TreeSHAP (Lundberg, Erion, Lee, "Consistent Individualized Feature Attribution
// for Tree Ensembles", 2018; Lundberg et al., Nature Machine Intelligence 2, 2020):
// the worth of a set of features is what the trees give on average if only these
// are known; a split on any other feature takes both ways, in proportion to the
// cover of its children.
//
// For one leaf the worth of a set is the leaf's value times one factor for each
// feature j on the path: o, which is 1 if the row's value passes all splits on j
// and else 0, for a known j, and z, the product of the parts of the cover, for
// an unknown one. By Owen's multilinear extension (Management Science 18, 1972)
// feature j gets from it
//
//	value · (o[j] − z[j]) · ∫₀¹ Π over k≠j of (z[k]·(1−t) + o[k]·t) dt.
//
// The integrand is a polynomial in t, so the Gauss-Legendre rule with half as many
// points as there are features on the path is exact. All its factors lie in [0, 1]
// and are multiplied, never told apart by repeated subtraction as in algorithm 2 of
// the paper, which loses digits on long paths. And as all leaves below an edge share
// its factor, they are added up first, as in Yu et al., "Linear TreeShap", NeurIPS
// 2022: the cost is nodes × features on a path, not leaves × features².
package forest
