package isolation

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
)

// reservoir is a bounded sample of a service's own recent windows of clients, in
// rows as the forest takes them. Nothing suspicious comes in, no client fills more
// than its share, and once full it changes so slowly that it spans the memory:
// who wants to be taken for usual has to come from many addresses and for days.
type reservoir struct {
	capacity int
	width    int       // values of a row
	rows     []float32 // width of them a row
	owners   []uint64  // client of each row, by its hash
	since    []int     // when the first row of that client came in, in windows of the service
	random   *rand.Rand
}

func newReservoir(capacity, width int, seed uint64) *reservoir {
	return &reservoir{capacity: capacity, width: width, random: rand.New(rand.NewPCG(seed, 0x5ca1ab1e))}
}

func (r *reservoir) len() int { return len(r.owners) }

func (r *reservoir) row(i int) []float32 { return r.rows[i*r.width : (i+1)*r.width] }

// owner is the hash by which rows of a client are told.
func owner(client string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(client))
	return h.Sum64()
}

// offer takes in a row of a client, in the place of another one if there are
// enough. share is how many rows a client may have; one who has as many gets a new
// one with that chance, in the place of one of its own. now is the window of the
// service.
func (r *reservoir) offer(client uint64, row []float32, share int, chance float64, now int) {
	held, last := 0, -1
	for i, o := range r.owners {
		if o != client {
			continue
		}
		if held++; r.random.IntN(held) == 0 {
			last = i // one of its own, each as likely
		}
		now = min(now, r.since[i])
	}
	switch {
	case held >= share:
		if r.random.Float64() < chance {
			copy(r.row(last), row)
		}
	case r.len() < r.capacity:
		r.append(client, row, now)
	default:
		i := r.random.IntN(r.capacity)
		copy(r.row(i), row)
		r.owners[i], r.since[i] = client, now
	}
}

// clients are how many there are rows of.
func (r *reservoir) clients() int {
	owners := slices.Clone(r.owners)
	slices.Sort(owners)
	return len(slices.Compact(owners))
}

func (r *reservoir) append(client uint64, row []float32, since int) {
	r.rows = append(r.rows, row...)
	r.owners = append(r.owners, client)
	r.since = append(r.since, since)
}

// fair are rows, by index, of which no client has more than its share, or than
// clients have on the average if that is more.
func (r *reservoir) fair(share float64, random *rand.Rand) (rows []int) {
	held := make(map[uint64]int)
	for _, o := range r.owners {
		held[o]++
	}
	most := max(1, int(share*float64(r.len())), r.len()/max(1, len(held)))
	clear(held)
	for _, i := range random.Perm(r.len()) {
		if o := r.owners[i]; held[o] < most {
			held[o]++
			rows = append(rows, i)
		}
	}
	return rows
}

// quantiles of each column at low and high, NaN where a column has no values.
func (r *reservoir) quantiles(low, high float64) (ranges [][2]float64) {
	values := make([]float64, 0, r.len())
	for c := range r.width {
		values = values[:0]
		for i := range r.len() {
			if x := float64(r.row(i)[c]); !math.IsNaN(x) {
				values = append(values, x)
			}
		}
		slices.Sort(values)
		ranges = append(ranges, [2]float64{quantile(values, low), quantile(values, high)})
	}
	return ranges
}

// quantile of sorted values; NaN if there are none.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.NaN()
	}
	return sorted[int(math.Round(q*float64(len(sorted)-1)))]
}
