package recent

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAMemoryKeepsTheLatest(t *testing.T) {
	const size = 7000
	m := NewMemory(size)
	r := rand.New(rand.NewPCG(1, 2))
	var all []uint64
	for range 10 * size {
		all = append(all, r.Uint64())
		m.Add(all[len(all)-1])
	}
	kept := func(of []uint64) (n int) {
		for _, f := range of {
			if m.Has(f) {
				n++
			}
		}
		return n
	}
	assert.Greater(t, kept(all[len(all)-size/4:]), size/4*99/100, "of the last quarter")
	assert.Less(t, kept(all[:size]), size/100, "of the first")
	assert.LessOrEqual(t, kept(all), size)
}

func TestAMemoryOfOneKeepsZeroToo(t *testing.T) {
	m := NewMemory(1)
	assert.False(t, m.Has(0))
	assert.True(t, m.Add(0))
	assert.True(t, m.Has(0))
	for i := range 20 {
		assert.Equal(t, i == 0, m.Add(5))
	}
	assert.True(t, m.Has(0))
}

func TestOneOfManyWhoAddFindsItNew(t *testing.T) {
	const things = 1000
	s := NewShared(1 << 14)
	var found atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for i := range uint64(things) {
				if s.Add(i * 0x9e3779b97f4a7c15) {
					found.Add(1)
				}
			}
		})
	}
	all.Wait()
	assert.Equal(t, int64(things), found.Load())
}
