//go:build !race

package reference

// many calls of a flood, and all sequences of so many writes.
const (
	many     = 60_000
	thorough = true
)
