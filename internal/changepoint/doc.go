// Package changepoint finds where the level, or the level and the spread, of a
// series changes: exact PELT after Killick, Fearnhead and Eckley, "Optimal
// detection of changepoints with a linear computational cost", JASA 107 (2012).
//
// A segmentation of x[0:n] is the list of its segments' ends, exclusive, in
// ascending order; the last end is n. Among all segmentations whose segments
// have at least MinSize points and whose inner ends are multiples of Jump,
// Find returns one that minimises
//
//	Σ cost(segment) + Penalty · (number of segments − 1).
//
// # Exactness
//
// PELT leaves out a last change s at the end t, and at all later ends, once
//
//	F(s) + cost(s,t) > F(t),    F the least penalised cost of a beginning.
//
// With MinSize > 1 that is too early: t itself cannot be the last change before
// t + MinSize, so s may still be the best until then. Here s is dropped only at
// t + MinSize, so the result has the same cost as exhaustive optimal
// partitioning. (Implementations that prune at once, ruptures among them, return
// a dearer segmentation now and then.) Of segmentations that cost the same to the
// last bit, the one with the longest last segment wins.
//
// # Numerics
//
// No cost is a difference of large sums: segments carry running moments that are
// merged, and the absolute deviations and the kernel distances are sums of
// non-negative terms. A constant segment costs exactly what it should, whatever
// stands next to it. Values must be finite and within ±[MaxAbs].
//
// # Choosing a penalty
//
// The penalty has the unit of the cost: squared units of the series for [L2], its
// units for [L1], none for [Normal] and [RBF]. For a series brought to mean 0 and
// standard deviation 1 by [Standardise], 3·ln n is a usual start.
package changepoint
