// Package guard keeps a defect of ours away from the pipeline.
package guard

import (
	"context"
	"sync"

	"go.uber.org/zap"
)

// Guard recovers from panics: each is counted, the first is logged with its stack, and the data goes on. It is for any
// number of goroutines, and must not be copied once it is in use.
type Guard struct {
	Logger *zap.Logger
	Count  func(context.Context) // is told of each panic

	logged sync.Once
}

// Do calls f, and tells whether it came to its end.
func (g *Guard) Do(ctx context.Context, f func()) (ok bool) {
	defer func() {
		if r := recover(); r != nil {
			g.Count(ctx)
			g.logged.Do(func() {
				g.Logger.Error("Recovered from a panic; data is passed on, detection may have gaps. This is a defect, please report it",
					zap.Any("panic", r), zap.Stack("stack"))
			})
		}
	}()
	f()
	return true
}
