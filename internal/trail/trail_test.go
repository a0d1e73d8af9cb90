package trail

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

// ledger keeps a trail by the book: every window's figures under its number, and
// what is out of the period crossed out.
type ledger map[int64]traffic.Vector

func (l ledger) add(number int64, v traffic.Vector, period int) {
	was := l[number]
	l[number] = traffic.Vector{
		TotalCalls:        min(was.TotalCalls+min(v.TotalCalls, math.MaxUint16), math.MaxUint16),
		NumFailed:         min(was.NumFailed+min(v.NumFailed, math.MaxUint16), math.MaxUint16),
		DistinctEndpoints: min(max(was.DistinctEndpoints, v.DistinctEndpoints), math.MaxUint16),
		Endpoints:         was.Endpoints | v.Endpoints,
		Resources:         was.Resources | v.Resources,
	}
	newest := int64(math.MinInt64)
	for n := range l {
		newest = max(newest, n)
	}
	l.drop(newest - int64(period) + 1)
}

func (l ledger) drop(oldest int64) {
	for n := range l {
		if n < oldest {
			delete(l, n)
		}
	}
}

func (l ledger) sum() (p Past) {
	for _, v := range l {
		p.Windows++
		p.Calls += int(v.TotalCalls)
		p.Failed += int(v.NumFailed)
		p.MostEndpoints = max(p.MostEndpoints, int(v.DistinctEndpoints))
		p.Endpoints |= v.Endpoints
		p.Resources |= v.Resources
	}
	return p
}

func anyVector(t *rapid.T) traffic.Vector {
	calls := rapid.OneOf(rapid.Int64Range(1, 20), rapid.Int64Range(1, 100_000)).Draw(t, "calls")
	return traffic.Vector{
		TotalCalls: calls, NumFailed: rapid.Int64Range(0, calls).Draw(t, "failed"),
		DistinctEndpoints: rapid.Int64Range(0, min(calls, 300)).Draw(t, "endpoints"),
		Endpoints:         traffic.Sketch(rapid.Uint64().Draw(t, "sketch of endpoints")),
		Resources:         traffic.Sketch(rapid.Uint64().Draw(t, "resources")),
	}
}

// TestTrailIsKeptByTheBook: windows in any order, twice, with gaps up to beyond
// the period, before 1970 and where the low bits of the number start again.
func TestTrailIsKeptByTheBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		period := rapid.IntRange(2, MaxWindows).Draw(t, "period")
		number := rapid.SampledFrom([]int64{-3, 0, 1<<8 - 2, 1<<16 - 2, 29_500_000, 1 << 40}).Draw(t, "first")
		var own trail
		model := ledger{}
		for range rapid.IntRange(1, 60).Draw(t, "windows") {
			v := anyVector(t)
			own.add(number, stepOf(&v, number), period)
			model.add(number, v, period)
			require.Equal(t, model.sum(), own.sum())
			require.LessOrEqual(t, cap(own.steps), period)
			number += rapid.OneOf(
				rapid.Int64Range(-int64(period)-1, int64(period)+1),
				rapid.Int64Range(0, 2), rapid.Int64Range(int64(period)-1, int64(period)+1), rapid.SampledFrom([]int64{1 << 8, 1 << 16}),
			).Draw(t, "gap")
		}
	})
}

// TestServicesAreKeptByTheBook adds windows in order, with restarts between.
func TestServicesAreKeptByTheBook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBook()
		models := map[string]ledger{}
		restarted := false
		for i, windows := 0, rapid.IntRange(1, 60).Draw(t, "windows"); windows > 0; windows-- {
			var vectors []traffic.Vector
			for _, client := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), rapid.ID).Draw(t, "clients") {
				v := anyVector(t)
				v.Client = client
				vectors = append(vectors, v)
				if models[client] == nil {
					models[client] = ledger{}
				}
				models[client].add(noon.Unix()/60+int64(i), v, 30)
			}
			pasts := minute(b, i, vectors...)
			for client, model := range models {
				if model.drop(noon.Unix()/60 + int64(i) - 29); len(model) == 0 {
					delete(models, client)
				}
			}
			if rapid.IntRange(0, 9).Draw(t, "restart") == 0 {
				b, restarted = again(t, b), true
			}
			for c, v := range vectors {
				require.Equal(t, figures(models[v.Client].sum()), figures(pasts[c]), v.Client)
			}
			requireEqual(t, models, b, !restarted)
			i += rapid.OneOf(rapid.IntRange(0, 3), rapid.IntRange(28, 31)).Draw(t, "gap")
		}
	})
}

func requireEqual(t require.TestingT, models map[string]ledger, b *Book, sketches bool) {
	require.Equal(t, len(models), b.trails.Len())
	for client, model := range models {
		s := b.trails.Services()["shop"]
		own := s.Clients[client]
		own.drop(b.oldest(s.Newest)) // which it does itself when it gets the next step
		want, have := model.sum(), own.sum()
		if !sketches { // a restart loses them
			want, have = figures(want), figures(have)
		}
		require.Equal(t, want, have, client)
	}
}

func TestStepIs24Bytes(t *testing.T) { assert.EqualValues(t, 24, unsafe.Sizeof(step{})) }

func TestTrailGrowsToThePeriodAndNoFurther(t *testing.T) {
	var own trail
	v := vector("a", 1, 0)
	for i := range int64(100) {
		own.add(i, stepOf(&v, i), 30)
		assert.LessOrEqual(t, cap(own.steps), min(30, len(own.steps)*5/4+1), fmt.Sprint("window ", i))
	}
	assert.Len(t, own.steps, 30)
}
