package trail

import (
	"cmp"
	"encoding/binary"
	"errors"
	"math"
	"slices"

	"github.com/spanwarden/spanwarden/internal/roster"
)

// stateFormat is the first byte of the state. Then come, as varints and strings
// with their length before them,
//
//	window length in ns, services, and for each, by name:
//	    name, newest window, trail of the overflow, clients, and for each, by name:
//	        name, trail
//
// where a trail is its steps, windows from the service's newest to its last, and
// for each step, newest first:
//
//	windows from the step before << 2 | failed is there << 1 | endpoints is there,
//	calls, failed unless 0, endpoints unless 1
const stateFormat = 1

const (
	hasFailed    = 1 << 1
	hasEndpoints = 1 << 0
)

var errDamaged = errors.New("read the trails of the clients: the state is damaged")

// Save encodes the trails, without their sketches, whose hash has a seed of the
// process. The same trails give the same bytes. About 2 to 4 bytes a step and the
// clients' names.
func (b *Book) Save() ([]byte, error) {
	out := make([]byte, 0, b.stateSize())
	out = append(out, stateFormat)
	out = binary.AppendUvarint(out, uint64(b.window))
	services := b.trails.Services()
	out = binary.AppendUvarint(out, uint64(len(services)))
	for _, name := range sorted(services) {
		s := services[name]
		oldest := b.oldest(s.Newest)
		out = appendString(out, name)
		out = binary.AppendVarint(out, s.Newest)
		out = appendTrail(out, overflowOf(s), s.Newest, oldest)
		out = binary.AppendUvarint(out, uint64(len(s.Clients)))
		for _, client := range sorted(s.Clients) {
			out = appendString(out, client)
			out = appendTrail(out, s.Clients[client], s.Newest, oldest)
		}
	}
	return out, nil
}

// overflowOf is the trail of a service's overflow, one without steps if there was none.
func overflowOf(s *roster.Service[*trail]) *trail { return cmp.Or(s.Rest, new(trail)) }

// stateSize is a little more than Save will need.
func (b *Book) stateSize() int {
	var scratch []byte
	size := 1 + 2*binary.MaxVarintLen64
	for name, s := range b.trails.Services() {
		oldest := b.oldest(s.Newest)
		scratch = appendTrail(scratch[:0], overflowOf(s), s.Newest, oldest)
		size += len(name) + 3*binary.MaxVarintLen64 + len(scratch)
		for client, t := range s.Clients {
			scratch = appendTrail(appendString(scratch[:0], client), t, s.Newest, oldest)
			size += len(scratch)
		}
	}
	return size
}

// sorted are the keys of m.
func sorted[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func appendString(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// appendTrail leaves out the steps before the window numbered oldest.
func appendTrail(b []byte, t *trail, newest, oldest int64) []byte {
	first := t.stale(oldest)
	b = binary.AppendUvarint(b, uint64(len(t.steps)-first))
	if first == len(t.steps) {
		return b
	}
	b = binary.AppendUvarint(b, uint64(newest-t.last))
	later := t.last
	for i := len(t.steps) - 1; i >= first; i-- {
		number := t.number(i)
		b = appendStep(b, &t.steps[i], uint64(later-number))
		later = number
	}
	return b
}

func appendStep(b []byte, s *step, gap uint64) []byte {
	head := gap << 2
	if s.failed != 0 {
		head |= hasFailed
	}
	if s.distinct != 1 {
		head |= hasEndpoints
	}
	b = binary.AppendUvarint(b, head)
	b = binary.AppendUvarint(b, uint64(s.calls))
	if s.failed != 0 {
		b = binary.AppendUvarint(b, uint64(s.failed))
	}
	if s.distinct != 1 {
		b = binary.AppendUvarint(b, uint64(s.distinct))
	}
	return b
}

// Restore takes up saved trails instead of its own. Their sketches
// are lost, which their pasts tell, and so is everything if the trails were made with windows of
// another length; steps older than the period are left out, as are clients beyond
// the limit. It refuses what Save did not write and is then as new.
func (b *Book) Restore(state []byte) error {
	b.trails.Reset()
	if len(state) == 0 || state[0] != stateFormat {
		return errors.New("read the trails of the clients: the state is of another format")
	}
	r := reader{rest: state[1:]}
	if window := r.uvarint(math.MaxInt64); r.damaged || window != uint64(b.window) {
		return r.err()
	}
	b.restoreServices(&r)
	if len(r.rest) > 0 {
		r.damaged = true
	}
	if r.damaged {
		b.trails.Reset()
	}
	return r.err()
}

func (b *Book) restoreServices(r *reader) {
	var name string
	for i, n := uint64(0), r.uvarint(roster.MaxServices); i < n && !r.damaged; i++ {
		name = r.nameAfter(name, i == 0)
		s := b.trails.Enrol(name, r.varint(math.MaxInt64/int64(b.window)))
		if t, _ := r.trail(s.Newest, b.period); len(t.steps) > 0 {
			s.Rest = &t
		}
		b.restoreClients(r, s)
		b.trails.Close(name, s)
	}
}

func (b *Book) restoreClients(r *reader, s *roster.Service[*trail]) {
	const least = 5 // bytes of a client: its name's length, the steps, the last one, two for a step
	n := r.uvarint(uint64(len(r.rest) / least))
	s.Clients = make(map[string]*trail, min(int(n), b.trails.Free()))
	var client string
	for i := uint64(0); i < n && !r.damaged; i++ {
		client = r.nameAfter(client, i == 0)
		t, ok := r.trail(s.Newest, b.period)
		if !ok {
			r.damaged = true // who left no step has no trail
			return
		}
		if len(t.steps) > 0 && b.trails.Free() > 0 {
			b.trails.Add(s, client, &t)
		}
	}
}

// reader takes a state to pieces. Once damaged, it returns zeros.
type reader struct {
	rest    []byte
	damaged bool
}

func (r *reader) err() error {
	if r.damaged {
		return errDamaged
	}
	return nil
}

// uvarint reads a number up to most.
func (r *reader) uvarint(most uint64) uint64 {
	x, n := binary.Uvarint(r.rest)
	if r.damaged || n <= 0 || x > most {
		r.damaged = true
		return 0
	}
	r.rest = r.rest[n:]
	return x
}

// varint reads a number from -most to most.
func (r *reader) varint(most int64) int64 {
	x, n := binary.Varint(r.rest)
	if r.damaged || n <= 0 || x > most || x < -most {
		r.damaged = true
		return 0
	}
	r.rest = r.rest[n:]
	return x
}

// nameAfter reads a name, which must sort after the one before: that none comes
// twice.
func (r *reader) nameAfter(before string, first bool) string {
	n := r.uvarint(uint64(len(r.rest)))
	if n > uint64(len(r.rest)) { // the length itself took some bytes
		r.damaged = true
		return ""
	}
	s := string(r.rest[:n])
	r.rest = r.rest[n:]
	if !first && s <= before {
		r.damaged = true
	}
	return s
}

// trail reads a trail, of which it keeps the steps in the period before the
// newest window; ok says that there were steps at all.
func (r *reader) trail(newest int64, period int) (t trail, ok bool) {
	n := r.uvarint(MaxWindows)
	if n == 0 || r.damaged {
		return trail{}, false
	}
	age := r.uvarint(MaxWindows - 1)
	t.last = newest - int64(age)
	t.steps = make([]step, 0, min(int(n), period, len(r.rest)/2))
	for i := range n {
		gap, s := r.step()
		age += gap
		if r.damaged || (gap == 0) != (i == 0) || age >= MaxWindows {
			r.damaged = true
			return trail{}, false
		}
		if age < uint64(period) {
			s.window, s.partial = uint8(newest-int64(age)), true
			t.steps = append(t.steps, s)
		}
	}
	slices.Reverse(t.steps)
	return t, true
}

func (r *reader) step() (gap uint64, s step) {
	head := r.uvarint(MaxWindows<<2 | hasFailed | hasEndpoints)
	s.calls, s.distinct = uint16(r.uvarint(math.MaxUint16)), 1
	if head&hasFailed != 0 {
		s.failed = uint16(r.uvarint(math.MaxUint16))
	}
	if head&hasEndpoints != 0 {
		s.distinct = uint16(r.uvarint(math.MaxUint16))
	}
	return head >> 2, s
}
