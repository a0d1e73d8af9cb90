package forest

// lanes is how many trees are walked at a time. One walk waits for memory at each
// step, ten keep the processor busy; and numbers of trees are multiples of ten as
// a rule.
const lanes = 10

// walk finds the leaf of each tree: leaves gets the places of their values, as
// many as there are starts.
//
// The lanes are variables rather than an array, as these are kept in registers.
// They are done when all are at leaves; a look at that after two steps is cheaper
// than one after each, and leaves lead back to themselves.
func (p *packed) walk(row *keys, leaves []uint32) {
	nodes := p.nodes
	for i := 0; i+lanes <= len(p.starts); i += lanes {
		start, leaf := p.starts[i:][:lanes], leaves[i:][:lanes]
		a, b, c, d, e := start[0], start[1], start[2], start[3], start[4]
		f, g, h, k, l := start[5], start[6], start[7], start[8], start[9]
		for a&b&c&d&e&f&g&h&k&l&leafLeft == 0 {
			a = step(nodes, row, a)
			b = step(nodes, row, b)
			c = step(nodes, row, c)
			d = step(nodes, row, d)
			e = step(nodes, row, e)
			f = step(nodes, row, f)
			g = step(nodes, row, g)
			h = step(nodes, row, h)
			k = step(nodes, row, k)
			l = step(nodes, row, l)

			a = step(nodes, row, a)
			b = step(nodes, row, b)
			c = step(nodes, row, c)
			d = step(nodes, row, d)
			e = step(nodes, row, e)
			f = step(nodes, row, f)
			g = step(nodes, row, g)
			h = step(nodes, row, h)
			k = step(nodes, row, k)
			l = step(nodes, row, l)
		}
		leaf[0], leaf[1], leaf[2], leaf[3], leaf[4] = uint32(a>>32), uint32(b>>32), uint32(c>>32), uint32(d>>32), uint32(e>>32)
		leaf[5], leaf[6], leaf[7], leaf[8], leaf[9] = uint32(f>>32), uint32(g>>32), uint32(h>>32), uint32(k>>32), uint32(l>>32)
	}
}

// step returns the child that the row goes to. The comparison becomes a number
// without a branch, and the mask saves the look at the bounds.
func step(nodes []uint64, row *keys, node uint64) uint64 {
	var right uint32
	if row[node&slotMask] > node {
		right = 1
	}
	return nodes[uint32(node)>>slotBits<<1+right]
}

// sum adds the leaves' values to the outputs, tree by tree.
func (p *packed) sum(outputs []float64, leaves []uint32) {
	leaves = leaves[:p.trees]
	switch {
	case p.output != nil:
		for i, place := range leaves {
			outputs[p.output[i]] += p.values[place]
		}
	case len(outputs) == 2: // the usual case, by far
		first, second := outputs[0], outputs[1]
		for _, place := range leaves {
			v := p.values[place:][:2]
			first += v[0]
			second += v[1]
		}
		outputs[0], outputs[1] = first, second
	default:
		for _, place := range leaves {
			for i, v := range p.values[place:][:len(outputs)] {
				outputs[i] += v
			}
		}
	}
}
