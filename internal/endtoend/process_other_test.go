//go:build !linux

package endtoend

import (
	"os"
	"time"
)

func killGroup(pid int) error {
	process, err := os.FindProcess(pid)
	if err != nil {
		return err
	}
	return process.Kill()
}

// atRest gives the process the time that it needs, where Linux can look.
func atRest(int) (bool, error) {
	time.Sleep(250 * time.Millisecond)
	return true, nil
}
