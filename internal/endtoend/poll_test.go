package endtoend

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stopPolling wraps an error that no further attempt can mend.
type stopPolling struct{ error }

// poll calls attempt until it returns nil, and gives its last error when the deadline has passed.
func poll(deadline time.Duration, attempt func() error) error {
	const interval = 20 * time.Millisecond
	end := time.Now().Add(deadline)
	for {
		err := attempt()
		var final stopPolling
		switch {
		case err == nil:
			return nil
		case errors.As(err, &final):
			return final.error
		case time.Now().After(end):
			return fmt.Errorf("after %v: %w", deadline, err)
		}
		time.Sleep(interval)
	}
}

// eventually fails the test unless attempt returns nil within the deadline.
func eventually(t *testing.T, deadline time.Duration, attempt func() error) {
	t.Helper()
	require.NoError(t, poll(deadline, attempt))
}
