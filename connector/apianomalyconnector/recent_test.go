package apianomalyconnector

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestRecentIDsForgetTheOldest(t *testing.T) {
	r := newRecentIDs(2)
	a, b, c := anomalyID{1}, anomalyID{2}, anomalyID{3}
	assert.True(t, r.add(a))
	assert.True(t, r.add(b))
	assert.False(t, r.add(a), "still remembered")
	assert.True(t, r.add(c), "pushes out a, the oldest")
	assert.False(t, r.add(b))
	assert.True(t, r.add(a))
}

// Against a plain list: the last ids that were new, without those taken back.
func TestRecentIDsAgainstAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 5).Draw(t, "capacity")
		r := newRecentIDs(capacity)
		var model []anomalyID // newest last; the zero id takes the place of one taken back
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			id := anomalyID{rapid.ByteRange(1, 8).Draw(t, "id")}
			at := slices.Index(model, id)
			if rapid.Bool().Draw(t, "forget") {
				r.forget(id)
				if at >= 0 {
					model[at] = anomalyID{}
				}
				continue
			}
			if fresh := r.add(id); fresh != (at < 0) {
				t.Fatalf("add(%d) = %v with %v remembered", id[0], fresh, model)
			}
			if at < 0 {
				model = append(model, id)
				model = model[max(0, len(model)-capacity):]
			}
			if len(r.slots) > capacity || len(r.ring) > capacity {
				t.Fatalf("%d ids remembered instead of %d", len(r.slots), capacity)
			}
		}
	})
}
