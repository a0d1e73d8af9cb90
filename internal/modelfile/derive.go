package modelfile

import (
	"slices"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// What follows from the rest of a tree need not be written. The nodes' children are
// where they say here, and behind their parents.

// majorityLeft reports whether at least as many rows went left as right in a split.
// Missing values follow the majority unless the file says otherwise.
func majorityLeft(nodes []forest.Node, n *forest.Node) bool {
	return n.Feature != forest.Leaf && nodes[n.Next].Cover >= nodes[n.Next+1].Cover
}

func followsMajority(nodes []forest.Node) bool {
	for i := range nodes {
		if nodes[i].MissingLeft != majorityLeft(nodes, &nodes[i]) {
			return false
		}
	}
	return true
}

// addUpCover gives splits the sum of their children's cover.
func addUpCover(nodes []forest.Node) {
	for i := range slices.Backward(nodes) {
		if n := &nodes[i]; n.Feature != forest.Leaf {
			n.Cover = nodes[n.Next].Cover + nodes[n.Next+1].Cover
		}
	}
}

func coverAddsUp(nodes []forest.Node) bool {
	for i := range nodes {
		if n := &nodes[i]; n.Feature != forest.Leaf && n.Cover != nodes[n.Next].Cover+nodes[n.Next+1].Cover {
			return false
		}
	}
	return true
}

// pathLengths are the values of an isolation tree's leaves: their depth and, for a
// leaf of n rows, c(n) besides.
func pathLengths(nodes []forest.Node) []float64 {
	depth := make([]int, len(nodes))
	lengths := make([]float64, len(nodes)/2+1)
	for i := range nodes {
		n := &nodes[i]
		if n.Feature == forest.Leaf {
			lengths[n.Next] = float64(depth[i]) + forest.AveragePathLength(n.Cover)
			continue
		}
		depth[n.Next], depth[n.Next+1] = depth[i]+1, depth[i]+1
	}
	return lengths
}
