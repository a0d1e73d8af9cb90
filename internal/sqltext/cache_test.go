package sqltext

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
)

// kept is how many entries and bytes there are.
func (c *Cache) kept() (entries, bytes int) {
	return len(c.young.statements) + len(c.old.statements), c.young.bytes + c.old.bytes
}

func TestATextIsReadOnce(t *testing.T) {
	c := NewCache(10, 1<<20)
	text := `select * from orders where id = 1`
	first := c.Get(text, PostgreSQL)
	assert.Same(t, first, c.Get(strings.Clone(text), PostgreSQL))
	assert.NotSame(t, first, c.Get(text, MySQL))
	assert.Equal(t, Parse(text, PostgreSQL), first)
}

func TestTheCacheIsBoundedUnderEndlessTexts(t *testing.T) {
	c := NewCache(100, 1<<20)
	hot := c.Get(`select 1`, MySQL)
	for i := range 10_000 {
		c.Get(fmt.Sprintf(`select %d from t where a = %d`, i, i), MySQL)
		if i%20 == 0 {
			assert.Same(t, hot, c.Get(`select 1`, MySQL), "what is asked for stays")
		}
		entries, _ := c.kept()
		assert.LessOrEqual(t, entries, 100)
	}
}

func TestTheCacheIsBoundedInBytes(t *testing.T) {
	const bound = 256 << 10
	c := NewCache(1<<20, bound)
	for i := range 500 {
		c.Get(fmt.Sprintf(`select * from t where a = '%d' and b in (%s1)`, i, strings.Repeat("1, ", 100+i)), MySQL)
		_, bytes := c.kept()
		assert.LessOrEqual(t, bytes, bound)
	}
	entries, _ := c.kept()
	assert.Positive(t, entries)
}

func TestWhatIsTooLongIsNotKept(t *testing.T) {
	c := NewCache(100, 8<<20)
	text := `select * from orders where id = 1` + strings.Repeat(" ", MaxText)
	s := c.Get(text, MySQL)
	assert.True(t, s.Truncated)
	assert.Equal(t, "SELECT", s.Operation)
	entries, _ := c.kept()
	assert.Zero(t, entries)

	none := NewCache(0, 0)
	assert.Equal(t, "SELECT", none.Get(`select 1`, MySQL).Operation)
}

func TestManyMayAskAtOnce(t *testing.T) {
	c := NewCache(50, 1<<20)
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			for i := range 2000 {
				text := fmt.Sprintf(`select * from t%d where a = 1`, (i*(g+1))%97)
				assert.Equal(t, []string{fmt.Sprintf("t%d", (i*(g+1))%97)}, c.Get(text, MySQL).Tables)
			}
		})
	}
	group.Wait()
}

func TestAHitAllocatesNothing(t *testing.T) {
	c := NewCache(100, 1<<20)
	text := `select * from orders where id = $1`
	c.Get(text, MySQL)
	p := bound("0", "a")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		if _, presence := c.Get(text, MySQL).Column(InWhere, "orders.id", p); presence != Known {
			panic(presence)
		}
	}))
}
