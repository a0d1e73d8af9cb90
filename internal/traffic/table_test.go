package traffic

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// TestATableIsAMap holds also where hashes crowd into a few homes.
func TestATableIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x table[uint32]
		model := map[uint64]uint32{}
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			h := rapid.Uint64Range(0, 20).Draw(t, "home")<<58 | rapid.Uint64Range(1, 5).Draw(t, "rest")
			_, there := model[h]
			switch {
			case there && rapid.Bool().Draw(t, "remove"):
				remove(&x, h)
				delete(model, h)
			case !there:
				number := rapid.Uint32Range(0, 1000).Draw(t, "number")
				*x.insert(h) = number
				model[h] = number
			}
			if rapid.IntRange(0, 50).Draw(t, "shrink") == 0 {
				x.shrink()
			}
			assert.Equal(t, len(model), x.used)
			for h, want := range model {
				got := x.find(h)
				if assert.NotNil(t, got) {
					assert.Equal(t, want, *got)
				}
			}
			if _, ok := model[h]; !ok {
				assert.Nil(t, x.find(h))
			}
		}
	})
}

// remove removes the value of a hash.
func remove[V any](x *table[V], hash uint64) {
	for i := range x.places {
		if x.places[i].hash == hash {
			x.remove(i)
			return
		}
	}
}

func TestATableGrowsAndShrinks(t *testing.T) {
	var x table[int]
	for i := range 10_000 {
		*x.insert(hash(fmt.Sprint(i))) = i
	}
	assert.LessOrEqual(t, len(x.places), 4*10_000)
	for i := range 10_000 {
		if got := x.find(hash(fmt.Sprint(i))); assert.NotNil(t, got) {
			assert.Equal(t, i, *got)
		}
		remove(&x, hash(fmt.Sprint(i)))
		if i%1000 == 999 {
			x.shrink()
		}
	}
	assert.Zero(t, x.used)
	assert.Len(t, x.places, fewestPlaces)
}

func TestPairsHaveHashesOfTheirOwn(t *testing.T) {
	seen := map[uint64]bool{}
	for position := range uint32(300) {
		for endpoint := range uint32(300) {
			seen[pairHash(position, endpoint)] = true
		}
	}
	assert.Len(t, seen, 300*300)
}

// TestClosingForgetsClientsThatAreGone: all others stay where they are found,
// whoever leaves.
func TestClosingForgetsClientsThatAreGone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var clients clientTable
		last := rapid.SliceOfN(rapid.Int64Range(90, 110), 0, 200).Draw(t, "last windows")
		home := rapid.SliceOfN(rapid.Uint64Range(0, 63), len(last), len(last)).Draw(t, "homes")
		hash := func(i int) uint64 { return home[i]<<58 | uint64(i+1) }
		for i := range last {
			c := clients.insert(hash(i))
			c.name, c.last, c.position = fmt.Sprint(i), last[i], [openPanes]uint32{7, 7, 7, 7}
		}
		const window, oldest = 101, 100
		gone := 0
		for _, l := range last {
			if l < oldest {
				gone++
			}
		}
		assert.Equal(t, gone, clients.close(window, oldest))
		for i := range last {
			c := clients.find(hash(i))
			if last[i] < oldest {
				assert.Nil(t, c)
				continue
			}
			if assert.NotNil(t, c) {
				assert.Equal(t, fmt.Sprint(i), c.name)
				assert.Equal(t, [openPanes]uint32{7, 0, 7, 7}, c.position, "only the closed window's pane is left")
			}
		}
	})
}
