package demo

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/spanwarden/spanwarden/internal/groundtruth"
)

// poll is how often the file of the anomalies is looked at.
const poll = 100 * time.Millisecond

// anomalies follows the file that the Collector writes its anomalies to.
type anomalies struct {
	path   string
	offset int64
	found  []groundtruth.Finding
	show   func(groundtruth.Finding)
}

// follow reads what is added to the file until the context ends.
func (a *anomalies) follow(ctx context.Context) error {
	ticker := time.NewTicker(poll)
	defer ticker.Stop()
	for {
		if err := a.read(); err != nil {
			return err
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// read takes the lines that have been added; a line that is still being written is left for the next time.
func (a *anomalies) read() error {
	file, err := os.Open(a.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Seek(a.offset, io.SeekStart); err != nil {
		return err
	}
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := a.take(line); err != nil {
			return err
		}
		a.offset += int64(len(line))
	}
}

func (a *anomalies) take(line []byte) error {
	logs, err := new(plog.JSONUnmarshaler).UnmarshalLogs(line)
	if err != nil {
		return err
	}
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				finding, err := groundtruth.FromRecord(record)
				if err != nil {
					return err
				}
				finding.Arrived = time.Now()
				a.found = append(a.found, finding)
				a.show(finding)
			}
		}
	}
	return nil
}
