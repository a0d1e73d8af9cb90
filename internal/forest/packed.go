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
	p := &packed{
		kind: f.Kind, features: len(f.Features), sampleSize: f.SampleSize, scores: max(len(f.Classes), 1),
		base: make([]float64, f.Outputs()), trees: len(f.Trees),
	}
	copy(p.base, f.Base)
	nodes := len(f.Trees) + len(f.Trees)%2 // at most MaxNodes in the end: each tree has an odd number of nodes
	for i := range f.Trees {
		nodes += len(f.Trees[i].Nodes) - 1
	}
	p.nodes = make([]uint64, len(f.Trees)+len(f.Trees)%2, nodes)
	places := make(map[string]uint32)
	for i := range f.Trees {
		p.add(&f.Trees[i], i, places)
	}
	p.starts = slices.Clone(p.nodes[:p.trees])
	for len(p.starts)%lanes != 0 {
		p.starts = append(p.starts, p.starts[0])
	}
	return p
}

// add packs a tree whose root gets the place given. Leaves with the same values
// share them: most leaves of deep trees are of one class alone, and what is left
// fits a near cache.
func (p *packed) add(t *Tree, root int, places map[string]uint32) {
	width := len(p.base)
	if t.Output != AllOutputs {
		width = 1
		p.output = append(p.output, int32(t.Output))
	}
	at := make([]int, len(t.Nodes))
	at[0] = root
	for _, parent := range lineUp(t, len(p.nodes)/2) {
		left := t.Nodes[parent].Next
		at[left], at[left+1] = len(p.nodes), len(p.nodes)+1
		p.nodes = append(p.nodes, 0, 0)
	}
	var name []byte
	for i := range t.Nodes {
		n := &t.Nodes[i]
		if n.Feature != Leaf {
			slot := 2 * uint64(n.Feature)
			if n.MissingLeft {
				slot++
			}
			p.nodes[at[i]] = uint64(keyOf(n.Threshold))<<32 | uint64(at[n.Next]/2)<<slotBits | slot
			continue
		}
		values := t.Values[int(n.Next)*width:][:width]
		name = name[:0]
		for _, v := range values {
			name = binary.NativeEndian.AppendUint64(name, math.Float64bits(v))
		}
		place, known := places[string(name)]
		if !known {
			place = uint32(len(p.values))
			places[string(name)] = place
			p.values = append(p.values, values...)
		}
		slot := uint64(leafLeft + at[i]%2)
		p.nodes[at[i]] = uint64(place)<<32 | uint64(at[i]/2)<<slotBits | slot
	}
}

// lineUp returns the splits of a tree in the order in which the pairs of their
// children are to stand, from the given number of pairs on. Each cache line is
// filled with a pair and those most rows go on to from there, by the cover; so a row
// touches about half as many lines as it does breadth-first or depth-first.
func lineUp(t *Tree, pairs int) []int32 {
	byCover := func(a, b int32) int { return cmp.Compare(t.Nodes[a].Cover, t.Nodes[b].Cover) }
	order := make([]int32, 0, len(t.Nodes)/2)
	var waiting, front []int32 // splits: for a line of their own, for a place in this line
	if t.Nodes[0].Feature != Leaf {
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
				if t.Nodes[child].Feature != Leaf {
					front = append(front, child)
				}
			}
		}
		slices.SortStableFunc(front, byCover)
		waiting = append(waiting, front...)
	}
	return order
}
