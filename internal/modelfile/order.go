package modelfile

import "github.com/spanwarden/spanwarden/internal/forest"

// order is how the nodes of a tree are numbered. Which node is whose child then
// follows from which ones are leaves. The children of a split are numbered when it
// is visited, the leaves as they are visited.
type order string

const (
	breadthFirst order = ""            // visits nodes as they are numbered
	depthFirst   order = "depth_first" // visits all that is below a split's left child before its right one
)

// next returns for each node what [forest.Node] has in Next. It reports false if
// these features are not those of a tree in this order.
func (o order) next(feature []int32) (next []int32, ok bool) {
	next = make([]int32, len(feature))
	open := []int32{0} // numbered and not visited; of a breadth first tree all that are numbered
	numbered, leaves := int32(1), int32(0)
	for visited := range feature {
		var i int32
		switch {
		case o == breadthFirst:
			i = int32(visited)
		case len(open) == 0:
			return nil, false
		default:
			i = open[len(open)-1]
			open = open[:len(open)-1]
		}
		switch {
		case i >= numbered || int(i) >= len(feature):
			return nil, false
		case feature[i] == forest.Leaf:
			next[i] = leaves
			leaves++
		default:
			next[i] = numbered
			if o == depthFirst {
				open = append(open, numbered+1, numbered)
			}
			numbered += 2
		}
	}
	return next, int(numbered) == len(feature)
}

// orderOf finds the order of a tree's nodes, if they have one.
func orderOf(nodes []forest.Node, feature []int32) (o order, ok bool) {
	for _, o = range []order{breadthFirst, depthFirst} {
		next, ok := o.next(feature)
		for i := 0; ok && i < len(nodes); i++ {
			ok = next[i] == nodes[i].Next
		}
		if ok {
			return o, true
		}
	}
	return "", false
}
