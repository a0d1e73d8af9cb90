package anomaly

import "strings"

const (
	// ScopePrefix begins the name of every instrumentation scope that Spanwarden emits under.
	ScopePrefix = "github.com/spanwarden/spanwarden/"

	processorScopePrefix = ScopePrefix + "processor/"
)

// Ours reports whether telemetry under this instrumentation scope was made by a Spanwarden component. Every component
// ignores such telemetry, so that our output fed back to us yields nothing.
func Ours(scopeName string) bool { return strings.HasPrefix(scopeName, ScopePrefix) }

// FromProcessor reports whether this instrumentation scope is that of a Spanwarden processor, in other words whether
// what it holds are anomalies. It is all the connector looks at, and it leaves the connector's own output alone.
func FromProcessor(scopeName string) bool { return strings.HasPrefix(scopeName, processorScopePrefix) }
