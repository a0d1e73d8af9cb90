package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/recording"
)

// showProgress draws a bar for a file whose reading takes more than a moment,
// until stop is called.
func showProgress(out io.Writer, file *recording.File) (stop func()) {
	const width = 30
	done, finished := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(finished)
		ticker := time.NewTicker(500 * time.Millisecond)
		defer ticker.Stop()
		drawn := false
		for {
			select {
			case <-ticker.C:
				part := float64(file.Done()) / float64(max(1, file.Size))
				filled := int(min(1, part) * width)
				fmt.Fprintf(out, "\r%s [%s%s] %3.0f %%", filepath.Base(file.Name), strings.Repeat("#", filled), strings.Repeat(".", width-filled), 100*min(1, part))
				drawn = true
			case <-done:
				if drawn {
					fmt.Fprintln(out)
				}
				return
			}
		}
	}()
	return func() { close(done); <-finished }
}
