package grow

import (
	"flag"
	"fmt"
	"syscall"
	"testing"
	"time"
)

var reps = flag.Int("reps", 5, "")

func cpu() time.Duration {
	var r syscall.Rusage
	syscall.Getrusage(0, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
func TestZZ(t *testing.T) {
	for _, sh := range []struct {
		F, d, C int
		k       string
	}{{5, 8, 2, "random_forest"}, {8, 12, 2, "random_forest"}, {10, 16, 2, "random_forest"}, {10, 0, 2, "random_forest"}, {10, 0, 6, "random_forest"}, {40, 0, 2, "random_forest"}, {10, 0, 2, "bagging"}} {
		tab := synthetic(1, 20000, sh.F, sh.C)
		best := time.Hour
		for range *reps {
			c := cpu()
			Grow(t.Context(), tab, Settings{Kind: "random_forest", Workers: 1, MaxDepth: sh.d, MaxFeatures: map[string]int{"bagging": sh.F}[sh.k]})
			best = min(best, cpu()-c)
		}
		fmt.Println(sh, best)
	}
}
