package endtoend

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// killGroup ends the process and all its children at once.
func killGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }

// atRest tells whether all threads of the process sleep, hence none of its goroutines has anything left to do.
func atRest(pid int) (bool, error) {
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil {
		return false, err
	}
	for _, thread := range threads {
		stat, err := os.ReadFile(thread)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // has just ended
		}
		if err != nil {
			return false, err
		}
		// "pid (name) state ...", where the name may hold anything: proc_pid_stat(5).
		if state := stat[bytes.LastIndexByte(stat, ')')+1:]; !bytes.HasPrefix(state, []byte(" S ")) {
			return false, nil
		}
	}
	return true, nil
}
