package grow

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// grower grows one tree after the other in the same buffers.
type grower interface {
	// grow returns the tree of that number, of at most forest.MaxNodes nodes.
	grow(ctx context.Context, number int) (forest.Tree, error)
}

var errNodes = fmt.Errorf("the forest would have more than %d nodes: grow fewer trees, or set a depth limit or a larger MinLeaf",
	forest.MaxNodes)

// growAll grows all trees. Which worker grows a tree makes no difference to it.
func growAll(ctx context.Context, s Settings, newGrower func() grower) ([]forest.Tree, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var (
		trees = make([]forest.Tree, s.Trees)
		next  atomic.Int64
		nodes atomic.Int64
		done  int
		alone sync.Mutex // guards done and keeps calls of Progress apart
		team  sync.WaitGroup
	)
	for range min(s.Workers, s.Trees) {
		team.Go(func() {
			g := newGrower()
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= s.Trees {
					return
				}
				tree, err := g.grow(ctx, i)
				if err == nil && nodes.Add(int64(len(tree.Nodes))) > forest.MaxNodes {
					err = errNodes
				}
				if err != nil {
					stop(err)
					return
				}
				trees[i] = tree
				if s.Progress != nil {
					alone.Lock()
					done++
					s.Progress(done, s.Trees)
					alone.Unlock()
				}
			}
		})
	}
	team.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return trees, nil
}
