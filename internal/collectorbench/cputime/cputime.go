// Package cputime tells how much CPU time a thread or a process has used:
// unlike the time on the wall it hardly depends on what else the machine does.
package cputime

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"
)

// tick is the unit of the times in /proc/PID/stat: Linux shows programs 100 a
// second, whatever the kernel's own clock (proc_pid_stat(5), sysconf(3)).
const tick = 10 * time.Millisecond

// Process is the CPU time that all threads of a process have used since it
// began, in user and in kernel mode, to 10 ms. Linux only.
func Process(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
	}
	used, err := parseStat(stat)
	if err != nil {
		return 0, fmt.Errorf("read the CPU time of process %d: %w", pid, err)
	}
	return used, nil
}

// parseStat adds up utime and stime of a line "pid (name) state ...". The name
// may hold anything, also spaces and parentheses.
func parseStat(stat []byte) (time.Duration, error) {
	const utime, stime = 14 - 3, 15 - 3 // fields 14 and 15, counted from the third
	end := bytes.LastIndexByte(stat, ')')
	fields := bytes.Fields(stat[end+1:])
	if end < 0 || len(fields) <= stime {
		return 0, errors.New("the line has too few fields")
	}
	var ticks int64
	for _, field := range [][]byte{fields[utime], fields[stime]} {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}
