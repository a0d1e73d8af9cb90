package forest

// leastCover is that of a leaf of which a file tells no cover, or 0: a cover has to
// be above 0, and this one weighs next to nothing beside any other.
const leastCover = 1e-16

// CompleteCovers gives a cover to the nodes of a tree that have none: next to
// nothing to a leaf, and to a split the sum of its children's. Children have to
// follow their parents.
func CompleteCovers(nodes []Node) {
	for i := len(nodes) - 1; i >= 0; i-- {
		node := &nodes[i]
		switch {
		case node.Cover > 0:
		case node.Feature == Leaf:
			node.Cover = leastCover
		default:
			node.Cover = nodes[node.Next].Cover + nodes[node.Next+1].Cover
		}
	}
}
