package traffic

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// TestIndexIsAMap holds also where fingerprints crowd into a few homes.
func TestIndexIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, model := newIndex(), map[fingerprint]uint32{}
		for range rapid.IntRange(0, 300).Draw(t, "steps") {
			f := fingerprint{rapid.Uint64Range(0, 40).Draw(t, "hash"), rapid.Uint32Range(0, 3).Draw(t, "check")}
			_, there := model[f]
			switch {
			case there && rapid.Bool().Draw(t, "remove"):
				x.remove(f)
				delete(model, f)
			case !there:
				number := rapid.Uint32Range(0, 1000).Draw(t, "number")
				x.add(f, number)
				model[f] = number
			}
			assert.Equal(t, len(model), x.used)
			for f, want := range model {
				got, ok := x.find(f)
				assert.True(t, ok)
				assert.Equal(t, want, got)
			}
			if _, ok := model[f]; !ok {
				_, found := x.find(f)
				assert.False(t, found)
			}
		}
	})
}

func TestAnIndexShrinks(t *testing.T) {
	x := newIndex()
	for i := range 10_000 {
		x.add(fingerprintOf(fmt.Sprint(i)), uint32(i))
	}
	for i := range 10_000 {
		number, ok := x.find(fingerprintOf(fmt.Sprint(i)))
		assert.True(t, ok)
		assert.EqualValues(t, i, number)
		x.remove(fingerprintOf(fmt.Sprint(i)))
	}
	assert.Len(t, x.slots, smallestIndex)
}

func TestFingerprintsOfPairsHaveAnOrder(t *testing.T) {
	a, b := fingerprintOf("a"), fingerprintOf("b")
	assert.NotEqual(t, a.and(b), b.and(a))
}
