package reference

import (
	"hash/maphash"
	"strings"

	"github.com/spanwarden/spanwarden/internal/recent"
)

// Collection is a number for the name of a collection in its [Store].
type Collection uint16

// None is no collection: nothing is written to it, and nothing is known of it.
const None Collection = 1<<16 - 1

// Field is a number for the name of a field within its collection, below [MaxFields].
type Field uint8

// MaxFields is how many fields a collection may have.
const MaxFields = 64

const (
	maxCollections = 1 << 14
	maxName        = 1 << 10 // bytes of the name of a collection or a field
	doubts         = 1 << 14 // keys of discarded writes that are remembered
)

// Store keeps the rows of all collections. It is not safe for concurrent use, nor are its transactions.
type Store struct {
	settings Settings
	proof    proof
	seed     maphash.Seed
	mask     uint64 // of hashes; all bits but in tests

	names       map[string]Collection
	collections []*collection
	rows        map[uint64]*row  // by hash, the first of those with the same one
	order       order[row, *row] // by the last write
	callers     callers
	bytes       int64 // of rows, callers, and what is pending
	waiting     int64 // bytes of what is pending
	commits     uint64
	changes     uint64 // of what others can see

	began     bool
	restored  bool  // and nothing has begun since
	since     int64 // from then on everything was seen
	last      int64 // start of the latest transaction
	pending   map[uint64]*pending
	doubtful  recent.Memory // hashes of keys that a discarded transaction wrote
	lookups   uint64        // number of the latest transaction
	evicted   int64
	dropped   int64
	spare     []*Transaction
	spareRows []*pending
}

// collection is what is known of one besides its rows.
type collection struct {
	name     string
	byCaller bool
	fields   map[string]Field
	names    []string // of fields

	rows         int
	hits, misses int64
	lost         bool   // a row of it, or something that was to be written to it
	lostUpTo     uint64 // commit that wrote last to what was lost
	lostAt       int64  // the latest time of what was lost
	coverage     coverage
}

// New returns an empty store, or tells which setting is wrong.
func New(s Settings) (*Store, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if s.MaxCallers == 0 {
		s.MaxCallers = s.MaxRows
	}
	return &Store{
		settings: s, proof: firstProof, seed: maphash.MakeSeed(), mask: 1<<64 - 1,
		names: make(map[string]Collection), rows: make(map[uint64]*row), pending: make(map[uint64]*pending),
		callers: callers{byName: make(map[string]*caller)}, doubtful: recent.NewMemory(doubts),
	}, nil
}

// Collection declares a collection, or finds it. It is [None] for a name of more than 1 KiB, and for one more than 16 384.
func (s *Store) Collection(name string) Collection { return s.declare(name, false) }

// CallerCollection is [Store.Collection] for one whose keys are callers, as given to [Store.Begin]: who is not found there
// is surely not there if all that the caller did was seen.
func (s *Store) CallerCollection(name string) Collection { return s.declare(name, true) }

func (s *Store) declare(name string, byCaller bool) Collection {
	if c, known := s.names[name]; known {
		s.collections[c].byCaller = byCaller
		return c
	}
	if len(name) > maxName || len(s.collections) >= maxCollections {
		return None
	}
	c := Collection(len(s.collections))
	name = strings.Clone(name)
	s.names[name] = c
	s.collections = append(s.collections, &collection{name: name, byCaller: byCaller, fields: make(map[string]Field)})
	return c
}

// Field declares a field of a collection, or finds it. There is none for a name of more than 1 KiB, and for one more than
// [MaxFields]. Rows that are there already may have it: nobody has looked.
func (s *Store) Field(c Collection, name string) (f Field, ok bool) {
	if int(c) >= len(s.collections) {
		return 0, false
	}
	of := s.collections[c]
	f, ok = of.fields[name]
	if ok || len(name) > maxName || len(of.names) >= MaxFields {
		return f, ok
	}
	f = Field(len(of.names))
	name = strings.Clone(name)
	of.fields[name] = f
	of.names = append(of.names, name)
	if of.rows > 0 {
		s.doubt(c, f)
	}
	return f, true
}

func (s *Store) hash(c Collection, key string) uint64 {
	const odd = 0x9e3779b97f4a7c15 // keys of other collections go elsewhere
	return (maphash.String(s.seed, key) + uint64(c)*odd) & s.mask
}

// find returns a row that is committed, nil if there is none.
func (s *Store) find(hash uint64, c Collection, key string) *row {
	r := s.rows[hash]
	for r != nil && (r.collection != c || r.key != key) {
		r = r.next
	}
	return r
}

// write commits a write to its row, which is made if it is not there.
func (s *Store) write(p *pending, w *put, entries []Entry) {
	r := s.find(p.hash, p.collection, p.key)
	if r == nil {
		r = &row{hash: p.hash, collection: p.collection, key: strings.Clone(p.key), next: s.rows[p.hash], history: make(history, 0, len(entries))}
		s.collections[p.collection].begin(r, w.at)
		s.add(r)
	}
	r.write(w, entries, s.settings.MaxShown)
	r.commit = s.commits
	s.order.remove(r)
	s.order.push(r)
	s.account(r)
}

// add enters a new row.
func (s *Store) add(r *row) {
	s.rows[r.hash] = r
	s.collections[r.collection].rows++
	s.order.push(r)
}

// account counts what a row takes now, and makes room where it takes too much.
func (s *Store) account(r *row) {
	size := r.size()
	s.bytes += size - r.bytes
	r.bytes = size
	s.makeRoom()
}

// makeRoom lets rows go until all others have room.
func (s *Store) makeRoom() {
	for s.order.oldest != nil && (s.order.len > s.settings.MaxRows || s.bytes > s.settings.MaxBytes) {
		s.evict(s.order.oldest)
	}
}

func (s *Store) evict(r *row) {
	s.evicted++
	c := s.collections[r.collection]
	c.rows--
	c.lose(r.commit, r.last)
	s.order.remove(r)
	s.bytes -= r.bytes
	switch first := s.rows[r.hash]; {
	case first != r:
		for first.next != r {
			first = first.next
		}
		first.next = r.next
	case r.next == nil:
		delete(s.rows, r.hash)
	default:
		s.rows[r.hash] = r.next
	}
}

// lose notes that something is not there any more that was written last at that commit, as of that time.
func (c *collection) lose(commit uint64, at int64) {
	if !c.lost || at > c.lostAt {
		c.lostAt = at
	}
	c.lost = true
	c.lostUpTo = max(c.lostUpTo, commit)
	c.coverage = coverage{}
}

// begin is the first write to a row, at that time.
func (c *collection) begin(r *row, at int64) {
	r.born, r.last = at, at
	r.lossy, r.from = c.lost, c.lostAt
}
