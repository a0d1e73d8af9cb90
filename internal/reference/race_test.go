//go:build race

package reference

// many calls of a flood, and all sequences of few writes.
const (
	many     = 20_000
	thorough = false
)
