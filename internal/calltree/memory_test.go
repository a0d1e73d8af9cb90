package calltree

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAMemoryKeepsTheLatest(t *testing.T) {
	const size = 7000
	m := newMemory(size)
	r := rand.New(rand.NewPCG(1, 2))
	var all []uint64
	for range 10 * size {
		all = append(all, r.Uint64())
		m.add(all[len(all)-1])
	}
	kept := func(of []uint64) (n int) {
		for _, f := range of {
			if m.has(f) {
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
	m := newMemory(1)
	assert.False(t, m.has(0))
	m.add(0)
	assert.True(t, m.has(0))
	for range 20 {
		m.add(5) // once
	}
	assert.True(t, m.has(0))
}

// Some SDKs count their span ids up, and forgers do as they like.
func TestIDsWithAPatternAreSpread(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	m := newMemory(8192)
	for range 5_000 {
		secret, shift := r.Uint64(), r.IntN(57)
		clear(m.buckets)
		for id := range uint64(64) {
			m.add(mix(secret, id<<shift))
		}
		for id := range uint64(64) {
			if !m.has(mix(secret, id<<shift)) {
				t.Fatalf("under %x, %d<<%d is forgotten", secret, id, shift)
			}
		}
	}
}
