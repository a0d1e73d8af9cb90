//go:build !linux

package demo

import "syscall"

// processAttributes has nothing to add where the kernel cannot end the Collector with this process.
func processAttributes() *syscall.SysProcAttr { return nil }
