package document

import (
	"hash/maphash"
	"math/bits"
)

// few is how many members are compared one by one; an object of more gets a hash
// table, so that neither repeated names nor look-ups become quadratic.
const few = 16

// seed keeps the attacker from choosing names that collide.
var seed = maphash.MakeSeed()

// table is an open-addressing hash table within Document.slots: its offset above
// the logarithm of its size. Zero is none. A slot holds a member's number within
// its object plus one, or zero.
type table uint64

func (t table) offset() int  { return int(t >> 8) }
func (t table) mask() uint64 { return 1<<(t&0xff) - 1 }

func (d *Document) newTable(members int) table {
	size := bits.Len(uint(2*members - 1)) // at most half of it is taken
	offset := len(d.slots)
	need := offset + 1<<size
	for cap(d.slots) < need {
		d.slots = append(d.slots[:cap(d.slots)], 0)
	}
	d.slots = d.slots[:need]
	clear(d.slots[offset:])
	return table(offset)<<8 | table(size)
}

// slot finds where the name is in the table, or the free slot where it would be.
func (d *Document) slot(t table, first uint32, name string) *uint32 {
	mask := t.mask()
	slots := d.slots[t.offset():]
	for h := maphash.String(seed, name) & mask; ; h = (h + 1) & mask {
		s := &slots[h]
		if *s == 0 || d.text(d.nodes[first+*s-1].name) == name {
			return s
		}
	}
}

// members is an object in the making: its distinct names, at the end of
// Document.nodes.
type members struct {
	first uint32
	seen  uint64 // which rough hashes there are, while the members are few
	table table
}

func (d *Document) newMembers(most int) members {
	m := members{first: uint32(len(d.nodes))}
	if most > few {
		m.table = d.newTable(most)
	}
	return m
}

// put appends a member, or finds the earlier one with its name and leaves it.
func (d *Document) put(m *members, e entry) (earlier *entry) {
	name := d.text(e.name)
	if m.table != 0 {
		s := d.slot(m.table, m.first, name)
		if *s != 0 {
			return &d.nodes[m.first+*s-1]
		}
		*s = uint32(len(d.nodes)) - m.first + 1
	} else {
		bit := rough(name)
		if m.seen&bit != 0 {
			if at, found := d.among(m.first, uint32(len(d.nodes)), name); found {
				return &d.nodes[at]
			}
		}
		m.seen |= bit
	}
	d.nodes = append(d.nodes, e)
	return nil
}

// member finds a name in a finished object.
func (d *Document) member(object *entry, name string) (at uint32, found bool) {
	first := object.text.at
	t := table(object.bits)
	if t == 0 {
		return d.among(first, first+object.text.size, name)
	}
	s := *d.slot(t, first, name)
	return first + s - 1, s != 0
}

func (d *Document) among(first, end uint32, name string) (at uint32, found bool) {
	for at = first; at < end; at++ {
		if p := d.nodes[at].name; int(p.size) == len(name) && d.text(p) == name {
			return at, true
		}
	}
	return 0, false
}

// rough is one of 64 bits that spares most comparisons of different names.
func rough(name string) uint64 {
	if name == "" {
		return 1
	}
	h := uint(len(name))*37 + uint(name[0])*11 + uint(name[len(name)-1])*5
	return 1 << (h & 63)
}
