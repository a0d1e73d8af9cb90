package childprocess_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/internal/childprocess"
)

// The test binary, started again with this variable, is a parent that starts a child and is then killed.
const parent = "CHILDPROCESS_PARENT"

func TestMain(m *testing.M) {
	if folder := os.Getenv(parent); folder != "" {
		command := exec.Command("sleep", "60")
		if _, err := childprocess.Start(command, filepath.Join(folder, "log")); err != nil {
			panic(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "pid"), []byte(strconv.Itoa(command.Process.Pid)), 0o600); err != nil {
			panic(err)
		}
		select {}
	}
	goleak.VerifyTestMain(m)
}

func TestOutputAndEnd(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	ended, err := childprocess.Start(exec.Command("sh", "-c", "echo said; echo cried >&2; exit 3"), log)
	require.NoError(t, err)
	var exit *exec.ExitError
	require.ErrorAs(t, <-ended, &exit)
	assert.Equal(t, 3, exit.ExitCode())
	text, err := os.ReadFile(log)
	require.NoError(t, err)
	assert.Equal(t, "said\ncried\n", string(text))
}

func TestCannotStart(t *testing.T) {
	folder := t.TempDir()
	_, err := childprocess.Start(exec.Command(filepath.Join(folder, "missing")), filepath.Join(folder, "log"))
	require.ErrorContains(t, err, "missing")
	_, err = childprocess.Start(exec.Command("true"), filepath.Join(folder, "no", "log"))
	require.ErrorIs(t, err, os.ErrNotExist)
}

// A killed parent takes its child with it.
func TestTheChildDoesNotOutliveItsParent(t *testing.T) {
	folder := t.TempDir()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), parent+"="+folder)
	require.NoError(t, command.Start())
	var child int
	require.Eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(folder, "pid"))
		if err != nil {
			return false
		}
		child, err = strconv.Atoi(string(text))
		return err == nil
	}, 30*time.Second, 10*time.Millisecond)
	require.True(t, runs(child))
	require.NoError(t, command.Process.Signal(syscall.SIGKILL))
	require.Error(t, command.Wait())
	assert.Eventually(t, func() bool { return !runs(child) }, 10*time.Second, 10*time.Millisecond)
}

// runs tells whether a process is there and has not ended: one that nobody waits for stays as a zombie.
func runs(pid int) bool {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return err == nil && !strings.Contains(string(status), "State:\tZ")
}
