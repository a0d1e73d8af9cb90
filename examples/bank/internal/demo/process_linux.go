package demo

import "syscall"

// processAttributes gives the Collector a process group of its own, so that Ctrl-C does not end it before its last
// windows are in, and lets the kernel end it should this process be killed.
func processAttributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
