package apispec

import (
	"slices"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// drafts are the rules of all operations, by operation: as many as there may be, before some have to go.
type drafts [][]rulefile.Rule

func (d drafts) count() (n int) {
	for _, rules := range d {
		n += len(rules)
	}
	return n
}

// level is the largest number of rules that every operation can have so that all of them have no more than that together.
func (d drafts) level(most int) int {
	sizes := make([]int, 0, len(d))
	for _, rules := range d {
		sizes = append(sizes, len(rules))
	}
	slices.Sort(sizes)
	for i, size := range sizes {
		if share := most / (len(sizes) - i); size > share {
			return share
		}
		most -= size
	}
	return MaxRules
}

// shared are the rules in the order of the operations, of each as many as the others leave it; cut is called for those
// that have lost some.
func (d drafts) shared(most int, cut func(operation int)) (all []rulefile.Rule) {
	level := d.level(most)
	for i, rules := range d {
		if len(rules) > level {
			cut(i)
			rules = rules[:level]
		}
		all = append(all, rules...)
	}
	return all[:min(len(all), max(most, 0))]
}
