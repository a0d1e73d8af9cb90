package isolation

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/feature"
)

// The state is, in little-endian order,
//
//	format, checksum of the rest, checksum of the features' names, window length in ns, services, and for each, by name:
//	    name, windows, start of the last one, rows, and for each: owner, since, values
//
// with strings behind their length. Forests are not saved: they grow again within a
// window.
const stateFormat = 1

// savedRows of a service are saved at most, a fair sample of all.
const savedRows = 512

const maxText = 4096 // bytes of a service's name

// Name is the key of the detector's state.
func (d *Detector) Name() string { return "isolation_forest" }

// Save encodes what the services' forests are grown on, up to 512 rows each, some
// 50 KB. The same rows give the same bytes.
func (d *Detector) Save() ([]byte, error) {
	b := binary.LittleEndian.AppendUint32(nil, d.layout())
	b = binary.LittleEndian.AppendUint64(b, uint64(d.window))
	b = binary.LittleEndian.AppendUint32(b, uint32(len(d.services)))
	for _, name := range slices.Sorted(maps.Keys(d.services)) {
		s := d.services[name]
		b = binary.LittleEndian.AppendUint32(b, uint32(len(name)))
		b = append(b, name...)
		b = binary.LittleEndian.AppendUint64(b, uint64(s.windows))
		b = binary.LittleEndian.AppendUint64(b, uint64(s.last.UnixNano()))
		step := max(1, (s.reservoir.len()+savedRows-1)/savedRows)
		b = binary.LittleEndian.AppendUint32(b, uint32((s.reservoir.len()+step-1)/step))
		for i := 0; i < s.reservoir.len(); i += step {
			b = binary.LittleEndian.AppendUint64(b, s.reservoir.owners[i])
			b = binary.LittleEndian.AppendUint64(b, uint64(s.reservoir.since[i]))
			for _, x := range s.reservoir.row(i) {
				b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
			}
		}
	}
	state := binary.LittleEndian.AppendUint32([]byte{stateFormat}, crc32.ChecksumIEEE(b))
	return append(state, b...), nil
}

// layout tells states of other features apart.
func (d *Detector) layout() uint32 {
	return crc32.ChecksumIEEE([]byte(strings.Join(feature.Names(d.features), " ")))
}

var errDamaged = errors.New("read the rows of the isolation forests: the state is damaged")

// Restore takes up saved rows; the forests grow with the next windows. A state of
// other features or of windows of another length is passed over: the services warm
// up again, as they do after an error.
func (d *Detector) Restore(state []byte) error {
	d.services = make(map[string]*service)
	if len(state) == 0 || state[0] != stateFormat {
		return errors.New("read the rows of the isolation forests: the state is of another format")
	}
	r := reader{rest: state[1:]}
	if sum := r.uint32(); r.damaged || sum != crc32.ChecksumIEEE(r.rest) {
		return errDamaged
	}
	layout, window := r.uint32(), r.uint64()
	if r.damaged || layout != d.layout() || window != uint64(d.window) {
		return nil
	}
	for n := r.uint32(); n > 0 && !r.damaged; n-- {
		name, s := d.restoreService(&r)
		if len(d.services) < d.limit && !r.damaged {
			d.services[name] = s
		}
	}
	if r.damaged || len(r.rest) > 0 {
		d.services = make(map[string]*service)
		return fmt.Errorf("%w, and passed over", errDamaged)
	}
	return nil
}

func (d *Detector) restoreService(r *reader) (name string, s *service) {
	name = r.text()
	s = &service{reservoir: newReservoir(d.settings.Reservoir, len(d.features), d.random.Uint64()), restored: true}
	s.windows = int(min(r.uint64(), math.MaxInt32))
	s.last = time.Unix(0, int64(r.uint64())).UTC()
	s.due = max(s.windows, d.settings.WarmUp)
	for n := r.uint32(); n > 0 && !r.damaged; n-- {
		owner, since := r.uint64(), int(min(r.uint64(), math.MaxInt32))
		var row []float32
		for range d.features {
			row = append(row, math.Float32frombits(r.uint32()))
		}
		if s.reservoir.len() < d.settings.Reservoir && !r.damaged {
			s.reservoir.append(owner, row, since)
		}
	}
	return name, s
}

// reader takes a state to pieces. Once damaged, it returns zeros.
type reader struct {
	rest    []byte
	damaged bool
}

func (r *reader) take(n int) []byte {
	if r.damaged || len(r.rest) < n {
		r.damaged = true
		return nil
	}
	taken := r.rest[:n]
	r.rest = r.rest[n:]
	return taken
}

func (r *reader) uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.LittleEndian.Uint32(b)
	}
	return 0
}

func (r *reader) uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.LittleEndian.Uint64(b)
	}
	return 0
}

func (r *reader) text() string {
	n := r.uint32()
	if n > maxText {
		r.damaged = true
	}
	return string(r.take(int(n)))
}

var _ detect.Stateful = (*Detector)(nil)
