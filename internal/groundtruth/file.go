package groundtruth

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/spanwarden/spanwarden/internal/anomaly"
	"github.com/spanwarden/spanwarden/internal/recording"
)

const (
	maxLine  = 64 << 10 // bytes of a line
	maxPath  = 4 << 10  // bytes of a path that are written; each takes up to six in JSON
	maxCalls = 1 << 20  // lines of a file
)

// Write writes calls as JSON lines, which [Read] reads: times as UTC, and of each path the first 4 KiB. Its error names
// the call that cannot be written; those before it are.
func Write(w io.Writer, calls iter.Seq[Call]) error {
	out := bufio.NewWriter(w)
	var line strings.Builder
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	seen := newInstances()
	number := 0
	for call := range calls {
		number++
		call.TraceID = strings.ToLower(call.TraceID)
		call.At = call.At.UTC().Round(0)
		call.Path = anomaly.Clean(call.Path, maxPath)
		line.Reset()
		err := seen.add(&call)
		if err == nil {
			err = encoder.Encode(call)
		}
		if err == nil && line.Len() > maxLine {
			err = fmt.Errorf("its line has %d bytes: %d are the most", line.Len(), maxLine)
		}
		if err == nil {
			_, err = out.WriteString(line.String())
		}
		if err != nil {
			return joinFlush(fmt.Errorf("write call %d of the ground truth: %w", number, err), out)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write the ground truth: %w", err)
	}
	return nil
}

// joinFlush writes what there is before an error, whose cause is the more telling one.
func joinFlush(cause error, out *bufio.Writer) error {
	if err := out.Flush(); err != nil {
		return fmt.Errorf("%w (and then: %w)", cause, err)
	}
	return cause
}

// Read reads the calls that [Write] wrote, gzipped or not. Empty lines and unknown fields are passed over. Errors name
// the file and the line.
func Read(path string) ([]Call, error) {
	file, err := recording.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the ground truth: %w", err)
	}
	defer file.Close()
	var calls []Call
	seen := newInstances()
	err = file.Lines(func(line []byte) error {
		switch {
		case len(line) == 0:
			return nil
		case len(line) > maxLine:
			return fmt.Errorf("the line has %d bytes: a call takes at most %d", len(line), maxLine)
		case len(calls) == maxCalls:
			return fmt.Errorf("the file has more than %d calls: split it", maxCalls)
		}
		var call Call
		if err := json.Unmarshal(line, &call); err != nil {
			return fmt.Errorf("no labelled call in JSON: %w", err)
		}
		call.TraceID = strings.ToLower(call.TraceID)
		if err := seen.add(&call); err != nil {
			return err
		}
		calls = append(calls, call)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the ground truth: %w", err)
	}
	return calls, nil
}

// instances sees to it that calls do not contradict one another.
type instances struct {
	kinds  map[string]string // of attacks
	attack map[string]string // of traces
}

func newInstances() instances {
	return instances{kinds: make(map[string]string), attack: make(map[string]string)}
}

func (i *instances) add(c *Call) error {
	if err := c.problem(); err != nil {
		return err
	}
	if kind, known := i.kinds[c.Attack]; known && kind != c.Kind {
		return fmt.Errorf("attack %s is of kind %s and was of kind %s before", c.Attack, c.Kind, kind)
	}
	if attack, known := i.attack[c.TraceID]; known && attack != c.Attack {
		return fmt.Errorf("trace %s is a call of attack %s and was one of %s before", c.TraceID, c.Attack, attack)
	}
	i.kinds[c.Attack], i.attack[c.TraceID] = c.Kind, c.Attack
	return nil
}
