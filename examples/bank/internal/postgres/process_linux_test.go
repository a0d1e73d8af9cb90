package postgres

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// victim is set in the environment of the copy of this test binary that is killed.
const victim = "BANK_POSTGRES_VICTIM"

// A test binary that is killed takes the server with it.
func TestTheServerEndsWithTheTests(t *testing.T) {
	if os.Getenv(victim) != "" {
		fmt.Println(Start(t), shared.server.process.Pid, shared.server.folder)
		time.Sleep(time.Minute)
		return
	}
	if os.Getenv(dsnVariable) != "" {
		t.Skip("a server is given, so there is none of our own that could outlive us")
	}
	Start(t) // or skips
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0], "-test.run", t.Name())
	command.Env = append(os.Environ(), victim+"=1")
	output, err := command.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, command.Start())
	var (
		dsn, folder string
		pid         int
	)
	_, err = fmt.Fscanln(bufio.NewReader(output), &dsn, &pid, &folder)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, os.RemoveAll(folder)) }) // the killed one cannot
	require.NoError(t, syscall.Kill(pid, 0), "the server runs")
	require.NoError(t, command.Process.Kill())
	_ = command.Wait()
	assert.Eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(folder, "data", "postmaster.pid"))
		return os.IsNotExist(err)
	}, 20*time.Second, 10*time.Millisecond, "the server has ended in good order")
}
