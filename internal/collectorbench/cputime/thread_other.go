//go:build !linux

package cputime

import "time"

var began = time.Now()

// Thread is the time on the wall where the CPU time of a thread cannot be told.
func Thread() time.Duration { return time.Since(began) }
