package calltree

import (
	"math/rand/v2"
	"testing"

	"github.com/spanwarden/spanwarden/internal/recent"
)

// Some SDKs count their span ids up, and forgers do as they like.
func TestIDsWithAPatternAreSpread(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 5_000 {
		secret, shift := r.Uint64(), r.IntN(57)
		m := recent.NewMemory(8192)
		for id := range uint64(64) {
			m.Add(mix(secret, id<<shift))
		}
		for id := range uint64(64) {
			if !m.Has(mix(secret, id<<shift)) {
				t.Fatalf("under %x, %d<<%d is forgotten", secret, id, shift)
			}
		}
	}
}
