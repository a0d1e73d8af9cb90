package replay

import (
	"github.com/spanwarden/spanwarden/internal/apicall"
)

// Settings are how spans are read and how much of them is kept.
type Settings struct {
	Calls  apicall.Settings
	Bodies apicall.BodyNames
	// MaxBodyBytes is the longest body that is read; the fields of a longer one are unknown.
	MaxBodyBytes int
	// MaxBytes bounds what is kept of all spans. What is beyond makes the oldest traces go.
	MaxBytes int64
	// MaxSpansPerTrace bounds one trace, at most 2²⁴; a trace has no more than a small share of MaxBytes either.
	MaxSpansPerTrace int
}

// DefaultSettings leave room for some ten million spans.
func DefaultSettings() Settings {
	return Settings{MaxBodyBytes: 64 << 10, MaxBytes: 8 << 30, MaxSpansPerTrace: 1_000_000}
}

// Bounds of the cache of statements: what recordings repeat is parsed once.
const (
	cachedStatements     = 200_000
	cachedStatementBytes = 256 << 20
)

// Counts tell what was read. All but Nameless and Statements are complete after [Replay.Traces].
type Counts struct {
	// Calls and Traces are those that were assembled, also where no rule is about them; each counts once.
	Calls, Traces int
	// Statements are those that were read, 0 if no rule looks at them.
	Statements int
	// Nameless are spans without a trace id or a span id, which belong nowhere.
	Nameless int
	// Evicted are calls that there was no room for, Refused the spans that their traces had no room for.
	Evicted, Refused int64
}
