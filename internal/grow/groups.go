package grow

// groups is rows of a node by ascending values of a feature: in bins, or by single
// values. What is in one group is not parted.
type groups struct {
	// Two classes: rows of both in each group, as often as drawn. Groups may be empty.
	pairs []pair
	// More classes: rows of a class, as often as drawn, up to the end of each group.
	// No group is empty; names are what gaps call them by.
	parts []part
	ends  []int32
	names []int32

	rows  []uint32 // distinct rows of each group; only where a leaf needs several
	ranks []uint32 // of the groups, where each has one value

	keyPairs []pair
	ownRows  []uint32
	binPairs [maxBins + 1]pair
	binRows  [maxBins + 1]uint32
	binTimes []uint32 // rows of each class in each bin
}

// pair is the rows of two classes, the second in the upper half: one addition adds
// both.
type pair uint64

func newPair(times uint32, place uint8) pair { return pair(times) << (place & 1 * 32) }
func (p pair) first() uint32                 { return uint32(p) }
func (p pair) second() uint32                { return uint32(p >> 32) }

// part of a group is those of its rows that have one class.
type part struct{ times, place uint32 }

// fromBins groups rows by the column's bins, and sets aside those without a value.
func (g *groups) fromBins(rows []sample, c *column, n *node, missing *side) {
	missing.clear(n.places)
	if n.minLeaf > 1 || c.missing {
		clear(g.binRows[:c.count])
		g.binRows[missingBin] = 0
		for _, s := range rows {
			g.binRows[c.bins[s.row]]++
		}
		missing.rows = g.binRows[missingBin]
	}
	if n.places == 2 {
		g.twoFromBins(rows, c, n, missing)
	} else {
		g.manyFromBins(rows, c, n, missing)
	}
}

func (g *groups) twoFromBins(rows []sample, c *column, n *node, missing *side) {
	clear(g.binPairs[:c.count])
	g.binPairs[missingBin] = 0
	for _, s := range rows {
		g.binPairs[c.bins[s.row]] += newPair(s.tag.times(), n.place[s.tag.class()])
	}
	missing.times[0], missing.times[1] = g.binPairs[missingBin].first(), g.binPairs[missingBin].second()
	g.pairs, g.rows = g.binPairs[:c.count], g.binRows[:c.count]
}

func (g *groups) manyFromBins(rows []sample, c *column, n *node, missing *side) {
	g.binTimes = resize(g.binTimes, (maxBins+1)*n.places)
	clear(g.binTimes[:c.count*n.places])
	clear(g.binTimes[missingBin*n.places:])
	for _, s := range rows {
		g.binTimes[int(c.bins[s.row])*n.places+int(n.place[s.tag.class()])] += s.tag.times()
	}
	copy(missing.times[:n.places], g.binTimes[missingBin*n.places:])
	g.parts = resize(g.parts, c.count*n.places+1)
	g.ends, g.names, g.ownRows = g.ends[:0], g.names[:0], g.ownRows[:0]
	parts, before := 0, 0
	for bin := range c.count {
		for place, times := range g.binTimes[bin*n.places : (bin+1)*n.places] {
			g.parts[parts] = part{times, uint32(place)}
			if times > 0 {
				parts++
			}
		}
		if parts > before {
			g.ends = append(g.ends, int32(parts))
			g.names = append(g.names, int32(bin))
			g.ownRows = append(g.ownRows, g.binRows[bin])
			before = parts
		}
	}
	g.rows = g.ownRows
}

// before adds the rows of the bins before one, as fromBins counted them.
func (g *groups) before(bin int32, n *node, sum *side) {
	for b := range bin {
		sum.rows += g.binRows[b]
		if n.places == 2 {
			sum.times[0] += g.binPairs[b].first()
			sum.times[1] += g.binPairs[b].second()
			continue
		}
		for place, times := range g.binTimes[int(b)*n.places : (int(b)+1)*n.places] {
			sum.times[place] += times
		}
	}
}

// fromKeys groups sorted keys by their values.
func (g *groups) fromKeys(keys []uint64, n *node) {
	if n.minLeaf > 1 {
		g.countKeys(keys)
	}
	if n.places == 2 {
		g.twoFromKeys(keys, n)
	} else {
		g.manyFromKeys(keys, n)
	}
}

func (g *groups) manyFromKeys(keys []uint64, n *node) {
	g.parts, g.ends = resize(g.parts, len(keys)), resize(g.ends, len(keys))
	g.names, g.ranks = resize(g.names, len(keys)), resize(g.ranks, len(keys))
	groups := -1
	last := uint64(1) << 32 // of no key
	for i, key := range keys {
		if key>>32 != last {
			groups++
			last = key >> 32
			g.names[groups], g.ranks[groups] = int32(groups), uint32(last)
		}
		t := tag(key)
		g.parts[i] = part{t.times(), uint32(n.place[t.class()])}
		g.ends[groups] = int32(i + 1)
	}
	groups++
	g.ends, g.names, g.ranks = g.ends[:groups], g.names[:groups], g.ranks[:groups]
}

func (g *groups) twoFromKeys(keys []uint64, n *node) {
	g.keyPairs, g.ranks = resize(g.keyPairs, len(keys)), resize(g.ranks, len(keys))
	groups := -1
	last := uint64(1) << 32 // of no key
	for _, key := range keys {
		if key>>32 != last {
			groups++
			last = key >> 32
			g.keyPairs[groups] = 0
			g.ranks[groups] = uint32(key >> 32)
		}
		t := tag(key)
		g.keyPairs[groups] += newPair(t.times(), n.place[t.class()])
	}
	g.pairs, g.ranks = g.keyPairs[:groups+1], g.ranks[:groups+1]
}

func (g *groups) countKeys(keys []uint64) {
	g.ownRows = g.ownRows[:0]
	for start, end := range runs(keys) {
		g.ownRows = append(g.ownRows, uint32(end-start))
	}
	g.rows = g.ownRows
}
