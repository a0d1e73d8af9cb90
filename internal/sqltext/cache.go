package sqltext

import (
	"strings"
	"sync"
	"unsafe"
)

// Cache keeps the statements that were read last, by text and dialect. It is safe for concurrent use.
//
// There are two generations: what is asked for is in the young one; as that is full it becomes the old one, and what was
// old is forgotten at once. So endless distinct texts cost as much as reading them, and a statement that is asked for
// again within half the cache stays.
type Cache struct {
	entries, bytes int // of a generation

	mu    sync.RWMutex
	young generation
	old   generation
}

type generation struct {
	statements map[cacheKey]*Statement
	bytes      int
}

type cacheKey struct {
	text    string
	dialect Dialect
}

// NewCache returns a cache of at most so many entries and bytes, where a statement counts with its text and all that it
// holds. With less than two entries nothing is kept.
func NewCache(entries, bytes int) *Cache {
	return &Cache{entries: entries / 2, bytes: bytes / 2}
}

// Get is Parse, from the cache if the text is there. Texts of more than MaxText bytes are not kept.
func (c *Cache) Get(text string, d Dialect) *Statement {
	if len(text) > MaxText {
		return Parse(text, d)
	}
	key := cacheKey{text, d}
	c.mu.RLock()
	st := c.young.statements[key]
	c.mu.RUnlock()
	if st != nil {
		return st
	}
	c.mu.RLock()
	st = c.old.statements[key]
	c.mu.RUnlock()
	if st == nil {
		st = Parse(text, d)
	}
	return c.put(key, st)
}

// put keeps a statement in the young generation, unless it is there by now.
func (c *Cache) put(key cacheKey, st *Statement) *Statement {
	size := st.Bytes() + len(key.text) + entryBytes
	if c.entries < 1 || size > c.bytes {
		return st
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known := c.young.statements[key]; known != nil {
		return known
	}
	if len(c.young.statements) >= c.entries || c.young.bytes+size > c.bytes {
		c.old, c.young = c.young, generation{}
	}
	if c.young.statements == nil {
		c.young.statements = make(map[cacheKey]*Statement, min(c.entries, 64))
	}
	key.text = strings.Clone(key.text)
	c.young.statements[key] = st
	c.young.bytes += size
	return st
}

// entryBytes is what a map takes for an entry, at most twice its slots.
const entryBytes = 2 * int(unsafe.Sizeof(cacheKey{})+unsafe.Sizeof(&Statement{}))

// Bytes is about how many bytes the statement takes.
func (s *Statement) Bytes() int {
	n := int(unsafe.Sizeof(*s)) + int(unsafe.Sizeof(*s.partial)) + len(s.Skeleton) + max(2, cap(s.Tables))*int(unsafe.Sizeof(""))
	for _, t := range s.Tables {
		n += len(t)
	}
	for _, pairs := range [...][]Pair{s.Where, s.Set} {
		n += len(pairs) * int(unsafe.Sizeof(Pair{}))
		for i := range pairs {
			v := &pairs[i].Value
			n += len(pairs[i].Column) + len(v.Text) + len(v.Name) + len(v.List)*int(unsafe.Sizeof(Value{}))
			for j := range v.List {
				n += len(v.List[j].Text) + len(v.List[j].Name)
			}
		}
	}
	return n
}
