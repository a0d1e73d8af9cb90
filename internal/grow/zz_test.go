package grow

import (
	"bufio"
	"flag"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

func now() time.Duration {
	var ts syscall.Timespec
	syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, 3, uintptr(unsafe.Pointer(&ts)), 0)
	return time.Duration(ts.Nano())
}

var reps = flag.Int("reps", 12, "")

func TestZZ(t *testing.T) {
	runtime.LockOSThread()

	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	for _, sh := range []struct {
		F, d, C int
		k       string
	}{{5, 8, 2, "random_forest"}, {8, 12, 2, "random_forest"}, {10, 0, 2, "random_forest"}, {10, 0, 6, "random_forest"}, {40, 0, 2, "random_forest"}, {10, 0, 2, "bagging"}} {
		tab := synthetic(1, 20000, sh.F, sh.C)
		s := Settings{Kind: "random_forest", Workers: 1, MaxDepth: sh.d, MaxFeatures: map[string]int{"bagging": sh.F}[sh.k]}.complete(tab)
		m, _ := newMatrix(t.Context(), tab, 1)
		g := newClassifier(tab, m, s)
		sum := time.Duration(0)
		for i := range 5 {
			best := time.Hour
			for range *reps {
				c := now()
				g.grow(t.Context(), i)
				best = min(best, now()-c)
			}
			sum += best * 20
		}
		fmt.Fprint(w, " ", sh.F, "/", sh.d, "/", sh.C, sh.k[:2], "=", sum.Milliseconds())
	}
	fmt.Fprintln(w)
}
