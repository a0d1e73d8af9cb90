// Package sklearnpython finds a Python with scikit-learn for tests that compare with it. It serves tests alone: no other
// code may import it.
package sklearnpython

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"
)

// probe only looks whether the module is there: importing it takes seconds.
const probe = "import importlib.util, sys; sys.exit(importlib.util.find_spec('sklearn') is None)"

// patience is how long a Python may take to answer, which it does at once even where the machine is busy.
const patience = time.Minute

// Find returns a Python that has scikit-learn: that of the environment variable PYTHON, python3 or the system's, whichever
// has it first. The test is skipped where none has, but fails where one does not answer.
func Find(t testing.TB) string {
	t.Helper()
	for _, name := range []string{os.Getenv("PYTHON"), "python3", "/usr/bin/python3"} {
		if name != "" && has(t, name) {
			return name
		}
	}
	t.Skip("skipped: no Python has scikit-learn; set PYTHON to one that does, or install it (Debian: apt install python3-sklearn)")
	return ""
}

func has(t testing.TB, python string) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if exec.CommandContext(ctx, python, "-c", probe).Run() == nil {
		return true
	}
	if ctx.Err() != nil {
		t.Fatalf("%s does not say whether it has scikit-learn: %v", python, ctx.Err())
	}
	return false
}
