package calltree

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestSettingsOutOfRangeAreNamed(t *testing.T) {
	assert.NoError(t, DefaultSettings().Validate())
	for want, change := range map[string]func(*Settings){
		"settle is 0s: use a value from 1ms to 24h0m0s":                          func(s *Settings) { s.Settle = 0 },
		"max_wait is 5s: use a value from settle, which is 10s, to 24h0m0s":      func(s *Settings) { s.MaxWait = 5 * time.Second },
		"max_traces is 0: use a value of at least 1":                             func(s *Settings) { s.MaxTraces = 0 },
		"max_bytes is 1000: use a value of at least 65536":                       func(s *Settings) { s.MaxBytes = 1000 },
		"max_spans_per_trace is -1: use a value from 1 to 16777216":              func(s *Settings) { s.MaxSpansPerTrace = -1 },
		"tombstones is 0: use a value from 1 to 268435456":                       func(s *Settings) { s.Tombstones = 0 },
		"max_wait is 48h0m0s: use a value from settle, which is 10s, to 24h0m0s": func(s *Settings) { s.MaxWait = 48 * time.Hour },
	} {
		s := DefaultSettings()
		change(&s)
		assert.EqualError(t, s.Validate(), want)
		a, err := New[int, int](s)
		assert.Nil(t, a)
		assert.EqualError(t, err, want)
	}
}
