package calltree

import (
	"fmt"
	"time"
)

// Settings are the times and the bounds of an [Assembler].
type Settings struct {
	// Settle is how long after its arrival a call is handed over: by then the
	// spans that belong to it should be in. SDKs send in batches, every 5 s.
	Settle time.Duration
	// MaxWait is how long a trace in which no call has arrived is kept after its
	// last arrival, for a server span arrives only when its request has ended.
	MaxWait time.Duration
	// MaxTraces and MaxBytes bound what is kept of all traces; beyond either, the
	// trace with the oldest last arrival is evicted. Both are shared out evenly
	// over up to 16 shards, so that the last few per cent may remain unused.
	// One trace may take a quarter of its shard's bytes.
	MaxTraces int
	MaxBytes  int64
	// MaxSpansPerTrace bounds one trace. In a full one, what is of the least worth to
	// the calls that are to be judged makes room for what comes.
	MaxSpansPerTrace int
	// Tombstones is how many judged calls are remembered, so that none is handed
	// over twice. They and the traces lately forgotten, half as many, take 14 bytes
	// for each tombstone, from the start and besides MaxBytes.
	Tombstones int
}

const (
	leastTime  = time.Millisecond
	mostTime   = 24 * time.Hour
	leastBytes = 64 << 10
	mostSpans  = 1 << 24
	mostGraves = 1 << 28
)

// DefaultSettings are fit for 60 000 spans a second.
func DefaultSettings() Settings {
	return Settings{
		Settle:           10 * time.Second,
		MaxWait:          time.Minute,
		MaxTraces:        100_000,
		MaxBytes:         256 << 20,
		MaxSpansPerTrace: 10_000,
		Tombstones:       1 << 18,
	}
}

// Validate says which value is out of its range, and what the range is.
func (s Settings) Validate() error {
	switch {
	case s.Settle < leastTime || s.Settle > mostTime:
		return fmt.Errorf("settle is %v: use a value from %v to %v", s.Settle, leastTime, mostTime)
	case s.MaxWait < s.Settle || s.MaxWait > mostTime:
		return fmt.Errorf("max_wait is %v: use a value from settle, which is %v, to %v", s.MaxWait, s.Settle, mostTime)
	case s.MaxTraces < 1:
		return fmt.Errorf("max_traces is %d: use a value of at least 1", s.MaxTraces)
	case s.MaxBytes < leastBytes:
		return fmt.Errorf("max_bytes is %d: use a value of at least %d", s.MaxBytes, leastBytes)
	case s.MaxSpansPerTrace < 1 || s.MaxSpansPerTrace > mostSpans:
		return fmt.Errorf("max_spans_per_trace is %d: use a value from 1 to %d", s.MaxSpansPerTrace, mostSpans)
	case s.Tombstones < 1 || s.Tombstones > mostGraves:
		return fmt.Errorf("tombstones is %d: use a value from 1 to %d", s.Tombstones, mostGraves)
	}
	return nil
}
