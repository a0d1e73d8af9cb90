package cputime

import (
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStatOfANameWithSpacesAndParentheses(t *testing.T) {
	used, err := parseStat([]byte("71 (a) b (c) S 1 71 71 0 -1 4194560 1900 0 3 0 250 40 9 9 20 0 12 0 5000 1 2 3"))
	require.NoError(t, err)
	assert.Equal(t, 2900*time.Millisecond, used)
}

func TestStatThatCannotBeRead(t *testing.T) {
	for _, stat := range []string{"", "71 (a) S 1 2 3", "71 a S 1 71 71 0 -1 4194560 1900 0 3 0 250 40", "71 (a) S 1 71 71 0 -1 4194560 1900 0 3 0 x 40"} {
		_, err := parseStat([]byte(stat))
		assert.Error(t, err, stat)
	}
}

// work keeps the CPU busy until the thread has used that much of it.
func work(d time.Duration) {
	for end := Thread() + d; Thread() < end; {
		continue
	}
}

func TestWorkCountsAndSleepDoesNot(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("CPU time is read on Linux only")
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	thread := Thread()
	process, err := Process(os.Getpid())
	require.NoError(t, err)

	time.Sleep(50 * time.Millisecond)
	assert.Less(t, Thread()-thread, 40*time.Millisecond)
	work(100 * time.Millisecond)

	assert.GreaterOrEqual(t, Thread()-thread, 100*time.Millisecond)
	after, err := Process(os.Getpid())
	require.NoError(t, err)
	assert.GreaterOrEqual(t, after-process, 80*time.Millisecond)
}

func TestProcessThatDoesNotExist(t *testing.T) {
	_, err := Process(1 << 30)
	assert.Error(t, err)
}
