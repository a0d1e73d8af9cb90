package lowrate

import (
	"fmt"
	"math"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// book keeps a trail by the book: every window's figures under its number, and
// what is out of the period crossed out.
type book map[int64]traffic.Vector

func (b book) add(number int64, v traffic.Vector, period int) {
	was := b[number]
	b[number] = traffic.Vector{
		TotalCalls:        min(was.TotalCalls+min(v.TotalCalls, math.MaxUint16), math.MaxUint16),
		NumFailed:         min(was.NumFailed+min(v.NumFailed, math.MaxUint16), math.MaxUint16),
		DistinctEndpoints: min(max(was.DistinctEndpoints, v.DistinctEndpoints), math.MaxUint16),
		Resources:         was.Resources | v.Resources,
	}
	newest := int64(math.MinInt64)
	for n := range b {
		newest = max(newest, n)
	}
	b.drop(newest - int64(period) + 1)
}

func (b book) drop(oldest int64) {
	for n := range b {
		if n < oldest {
			delete(b, n)
		}
	}
}

func (b book) sum() (t total) {
	for _, v := range b {
		t.windows++
		t.calls += int(v.TotalCalls)
		t.failed += int(v.NumFailed)
		t.endpoints = max(t.endpoints, int(v.DistinctEndpoints))
		t.resources |= v.Resources
	}
	return t
}

func anyVector(t *rapid.T) traffic.Vector {
	calls := rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, 100_000)).Draw(t, "calls")
	return traffic.Vector{
		TotalCalls: calls, NumFailed: rapid.Int64Range(0, calls).Draw(t, "failed"),
		DistinctEndpoints: rapid.Int64Range(0, min(calls, 300)).Draw(t, "endpoints"),
		Resources:         traffic.Resources(rapid.Uint64().Draw(t, "resources")),
	}
}

// TestTrailIsKeptByTheBook: windows in any order, twice, with gaps up to beyond
// the period, before 1970 and where the low bits of the number start again.
func TestTrailIsKeptByTheBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period := rapid.IntRange(2, maxWindows).Draw(t, "period")
		number := rapid.SampledFrom([]int64{-3, 0, 1<<16 - 2, 29_500_000, 1 << 40}).Draw(t, "first")
		var own trail
		model := book{}
		for range rapid.IntRange(1, 60).Draw(t, "windows") {
			v := anyVector(t)
			own.add(number, stepOf(&v, number), period)
			model.add(number, v, period)
			require.Equal(t, model.sum(), own.sum())
			require.LessOrEqual(t, cap(own.steps), period)
			number += rapid.OneOf(
				rapid.Int64Range(-int64(period)-1, int64(period)+1),
				rapid.Int64Range(0, 2), rapid.Int64Range(int64(period)-1, int64(period)+1), rapid.Just(int64(1<<16)),
			).Draw(t, "gap")
		}
	})
}

// TestServicesAreKeptByTheBook judges windows in order, with restarts between.
func TestServicesAreKeptByTheBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDetector(Persistent)
		models := map[string]book{}
		restarted := false
		for i, windows := 0, rapid.IntRange(1, 60).Draw(t, "windows"); windows > 0; windows-- {
			var vectors []traffic.Vector
			for _, client := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.ID).Draw(t, "clients") {
				v := anyVector(t)
				v.Client = client
				vectors = append(vectors, v)
				if models[client] == nil {
					models[client] = book{}
				}
				models[client].add(noon.Unix()/60+int64(i), v, 30)
			}
			minute(d, i, vectors...)
			for client, model := range models {
				if model.drop(noon.Unix()/60 + int64(i) - 29); len(model) == 0 {
					delete(models, client)
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				d, restarted = again(t, d), true
			}
			requireEqual(t, models, d, !restarted)
			i += rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(28, 31)).Draw(t, "gap")
		}
	})
}

func requireEqual(t require.TestingT, models map[string]book, d *Detector, resources bool) {
	require.Equal(t, len(models), d.clients)
	for client, model := range models {
		s := d.services["shop"]
		own := s.clients[client]
		own.drop(d.oldest(s)) // which it does itself when it gets the next step
		want, have := model.sum(), own.sum()
		if !resources { // a restart loses the sketches
			want.resources, have.resources = 0, 0
		}
		require.Equal(t, want, have, client)
	}
}

// again is a detector with the state of d.
func again(t require.TestingT, d *Detector) *Detector {
	state, err := d.Save()
	require.NoError(t, err)
	after := New(d.settings, d.window, d.limit)
	require.NoError(t, after.Restore(state))
	return after
}

func TestStepIs16Bytes(t *testing.T) { assert.EqualValues(t, 16, unsafe.Sizeof(step{})) }

func TestTrailGrowsToThePeriodAndNoFurther(t *testing.T) {
	var own trail
	v := vector("a", 1, 0, 0)
	for i := range int64(100) {
		own.add(i, stepOf(&v, i), 30)
		assert.LessOrEqual(t, cap(own.steps), min(30, len(own.steps)*5/4+1), fmt.Sprint("window ", i))
	}
	assert.Len(t, own.steps, 30)
}
