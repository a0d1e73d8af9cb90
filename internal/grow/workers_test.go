package grow

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/forest"
)

func TestWorkersMakeNoDifference(t *testing.T) {
	table := synthetic(1, 800, 6, 3)
	punch(table, 0.05)
	for _, s := range []Settings{
		{Kind: forest.RandomForest, MinLeaf: 2},
		{Kind: forest.Bagging, MaxDepth: 6, ClassWeights: Balanced(table)},
		{Kind: forest.Bagging, WholeSample: true, MaxFeatures: 2},
		{Kind: forest.IsolationForest},
		{Kind: forest.IsolationForest, Margin: 0.3, SampleSize: 64},
	} {
		s.Trees, s.Seed, s.Workers = 12, 7, 1
		want := grown(t, table, s)
		assert.NotEqual(t, want.Trees[0], want.Trees[1])
		for s.Workers = 2; s.Workers <= 4; s.Workers++ {
			assert.Equal(t, want, grown(t, table, s), "%s, %d workers", s.Kind, s.Workers)
		}
		s.Trees = 5
		assert.Equal(t, want.Trees[:5], grown(t, table, s).Trees, "a tree depends on the seed and its number alone")
		s.Seed = 8
		assert.NotEqual(t, want.Trees[0], grown(t, table, s).Trees[0])
	}
}

func TestProgress(t *testing.T) {
	var told []int
	grown(t, synthetic(1, 100, 3, 2), Settings{Kind: forest.RandomForest, Trees: 20, Workers: 4, Progress: func(done, total int) {
		assert.Equal(t, 20, total)
		told = append(told, done)
	}})
	require.Len(t, told, 20)
	for i, done := range told {
		assert.Equal(t, i+1, done)
	}
}

func TestTheContextIsHonoured(t *testing.T) {
	table := synthetic(1, 500, 3, 2)
	for _, kind := range []forest.Kind{forest.RandomForest, forest.IsolationForest} {
		ended, end := context.WithCancel(t.Context())
		end()
		_, err := Grow(ended, table, Settings{Kind: kind})
		assert.ErrorIs(t, err, context.Canceled)

		ctx, end := context.WithCancel(t.Context())
		trees := 0
		f, err := Grow(ctx, table, Settings{Kind: kind, Trees: 10_000, Workers: 2, Progress: func(done, _ int) {
			if trees = done; done == 5 {
				end()
			}
		}})
		assert.ErrorIs(t, err, context.Canceled)
		assert.Nil(t, f)
		assert.Less(t, trees, 10, "each worker ends the tree it is at")
	}
}

// One tree of many rows ends in between.
func TestTheContextIsHonouredWithinATree(t *testing.T) {
	table := synthetic(1, 100_000, 2, 2)
	s := Settings{Kind: forest.Bagging, Workers: 1}.complete(table)
	m, err := newMatrix(t.Context(), table, 1)
	require.NoError(t, err)
	ended, end := context.WithCancel(t.Context())
	end()
	_, err = newClassifier(table, m, s).grow(ended, 0)
	assert.ErrorIs(t, err, context.Canceled)
}
