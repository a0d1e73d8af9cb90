package forest

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"
)

// packed is a forest laid out for scoring. Nothing changes it once it is made.
//
// A node is one word: in the upper half the key of the threshold; in the lowest
// slotBits bits the slot to look at; between them the number of the pair of its
// children, which stand at twice that and behind. A leaf leads to itself and has
// the place of its values in the upper half.
type packed struct {
	kind       Kind
	features   int
	sampleSize int
	scores     int       // of a row
	base       []float64 // of the outputs

	trees  int
	starts []uint64 // the trees' roots, and the first again until lanes divides their number
	nodes  []uint64 // the roots, then the pairs of children
	values []float64
	output []int32 // of each tree; nil if each adds to all
}

// pairsInLine is how many pairs of nodes are in a cache line of 64 bytes.
const pairsInLine = 4

func pack(f *Forest) *packed {
	trees := len(f.Trees)
	p := packer{
		packed: &packed{
			kind: f.Kind, features: len(f.Features), sampleSize: f.SampleSize, scores: max(len(f.Classes), 1),
			base: make([]float64, f.Outputs()), trees: trees,
			// Pairs begin at even places. There are MaxNodes nodes at most even so, as each
			// tree has an odd number of them.
			nodes: make([]uint64, trees+trees%2),
		},
		places: make(map[string]uint32), ends: make(map[[2]uint32]int),
	}
	copy(p.base, f.Base)
	for i := range f.Trees {
		p.add(&f.Trees[i], i)
	}
	p.nodes = slices.Clone(p.nodes) // without room to grow
	p.starts = slices.Clone(p.nodes[:trees])
	for len(p.starts)%lanes != 0 {
		p.starts = append(p.starts, p.starts[0])
	}
	return p.packed
}

// packer packs trees one by one. Leaves with the same values share them, and splits
// that end in such leaves share these: most leaves of deep trees are of one class
// alone, so a forest takes a quarter less, and what all trees share stays in a near
// cache.
type packer struct {
	*packed
	places map[string]uint32 // of leaves' values, by their bits
	ends   map[[2]uint32]int // first of a pair of leaves, by their places
	name   []byte
}

// add packs a tree whose root gets the place given.
func (p *packer) add(t *Tree, root int) {
	width := len(p.base)
	if t.Output != AllOutputs {
		width = 1
		p.output = append(p.output, int32(t.Output))
	}
	at := make([]int, len(t.Nodes)) // 0 for the leaves of an end
	at[0] = root
	for _, parent := range lineUp(t, len(p.nodes)/2) {
		left := t.Nodes[parent].Next
		at[left], at[left+1] = len(p.nodes), len(p.nodes)+1
		p.nodes = append(p.nodes, 0, 0)
	}
	for i := range t.Nodes {
		switch n := &t.Nodes[i]; {
		case n.Feature != Leaf:
			slot := 2 * uint64(n.Feature)
			if n.MissingLeft {
				slot++
			}
			next := at[n.Next]
			if endsAt(t, n) {
				next = p.end(p.place(t, n.Next, width), p.place(t, n.Next+1, width))
			}
			p.nodes[at[i]] = uint64(keyOf(n.Threshold))<<32 | uint64(next/2)<<slotBits | slot
		case i == 0 || at[i] != 0:
			p.nodes[at[i]] = leafNode(at[i], p.place(t, int32(i), width))
		}
	}
}

// endsAt says whether both children of a split are leaves.
func endsAt(t *Tree, split *Node) bool {
	return t.Nodes[split.Next].Feature == Leaf && t.Nodes[split.Next+1].Feature == Leaf
}

// end returns where a pair of leaves stands.
func (p *packer) end(left, right uint32) int {
	at, known := p.ends[[2]uint32{left, right}]
	if !known {
		at = len(p.nodes)
		p.ends[[2]uint32{left, right}] = at
		p.nodes = append(p.nodes, leafNode(at, left), leafNode(at+1, right))
	}
	return at
}

// place returns where the values of a leaf stand.
func (p *packer) place(t *Tree, leaf int32, width int) uint32 {
	values := t.Values[int(t.Nodes[leaf].Next)*width:][:width]
	p.name = p.name[:0]
	for _, v := range values {
		p.name = binary.NativeEndian.AppendUint64(p.name, math.Float64bits(v))
	}
	place, known := p.places[string(p.name)]
	if !known {
		place = uint32(len(p.values))
		p.places[string(p.name)] = place
		p.values = append(p.values, values...)
	}
	return place
}

// leafNode is a leaf that stands at the one place and has its values at the other.
func leafNode(at int, place uint32) uint64 {
	return uint64(place)<<32 | uint64(at/2)<<slotBits | uint64(leafLeft+at%2)
}

// lineUp returns those splits of a tree that do not end in two leaves, in the order in
// which the pairs of their children are to stand, from the given number of pairs on.
// Each cache line is filled with a pair and those most rows go on to from there, by
// the cover; so a row touches fewer lines than it does breadth-first or depth-first.
func lineUp(t *Tree, pairs int) []int32 {
	byCover := func(a, b int32) int { return cmp.Compare(t.Nodes[a].Cover, t.Nodes[b].Cover) }
	goesOn := func(node int32) bool { return t.Nodes[node].Feature != Leaf && !endsAt(t, &t.Nodes[node]) }
	order := make([]int32, 0, len(t.Nodes)/2)
	var waiting, front []int32 // splits: for a line of their own, for a place in this line
	if goesOn(0) {
		waiting = append(waiting, 0)
	}
	for len(waiting) > 0 {
		last := len(waiting) - 1
		front = append(front[:0], waiting[last])
		waiting = waiting[:last]
		for room := pairsInLine - (pairs+len(order))%pairsInLine; room > 0 && len(front) > 0; room-- {
			split := slices.MaxFunc(front, byCover)
			front = slices.DeleteFunc(front, func(s int32) bool { return s == split })
			order = append(order, split)
			left := t.Nodes[split].Next
			for child := left; child <= left+1; child++ {
				if goesOn(child) {
					front = append(front, child)
				}
			}
		}
		slices.SortStableFunc(front, byCover)
		waiting = append(waiting, front...)
	}
	return order
}
