package forest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestCoversAreCompleted(t *testing.T) {
	nodes := []Node{
		{Next: 1},
		{Next: 3},
		{Feature: Leaf, Cover: 5},
		{Feature: Leaf, Cover: 2},
		{Feature: Leaf, Next: 1},
	}
	CompleteCovers(nodes)
	assert.InDelta(t, 7+leastCover, nodes[0].Cover, 0)
	assert.InDelta(t, 2+leastCover, nodes[1].Cover, 0)
	assert.InDelta(t, 5, nodes[2].Cover, 0, "what is told stays")
	assert.InDelta(t, leastCover, nodes[4].Cover, 0)

	told := []Node{{Next: 1, Cover: 9}, {Feature: Leaf, Cover: 1}, {Feature: Leaf, Cover: 2}}
	CompleteCovers(told)
	assert.InDelta(t, 9, told[0].Cover, 0, "also of a split whose children do not add up to it")
}
