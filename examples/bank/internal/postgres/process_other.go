//go:build !linux

package postgres

import "syscall"

// processAttributes has nothing to say where the kernel cannot end the server with this process.
func processAttributes(string) (*syscall.SysProcAttr, error) { return nil, nil }
