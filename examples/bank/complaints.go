package main

import (
	"fmt"
	"io"
	"sync"
	"time"
)

// complaints writes the SDK's own errors, such as that the Collector does not answer: the first one at once, and then one
// line a while with how many there were.
type complaints struct {
	out   io.Writer
	every time.Duration

	mu    sync.Mutex
	last  time.Time
	since int // complaints that were not written
}

// Handle implements otel.ErrorHandler.
func (c *complaints) Handle(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.last) >= c.every {
		more := ""
		if c.since > 0 {
			more = fmt.Sprintf(" (and %d times before)", c.since)
		}
		fmt.Fprintf(c.out, "bank: telemetry: %v%s\n", err, more)
		c.last, c.since = now, 0
		return
	}
	c.since++
}
