package groundtruth

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Call is one call of an attack.
type Call struct {
	TraceID string    `json:"trace_id"`         // 32 hexadecimal digits
	Attack  string    `json:"attack"`           // the instance, such as "theft_loud-1"
	Kind    string    `json:"kind"`             // of the attack, such as "theft_loud"
	Expect  []string  `json:"expect,omitempty"` // values of anomaly.kind that would be a right finding
	At      time.Time `json:"at"`               // when it was sent, in event time
	Client  string    `json:"client"`           // the address it came from
	Method  string    `json:"method"`
	Path    string    `json:"path"`           // with the query
	Status  int       `json:"status"`         // of the answer; 0: there was none
	Hole    string    `json:"hole,omitempty"` // what lets the attack succeed
}

const (
	traceDigits = 32
	maxExpect   = 16
	maxStatus   = 999
)

// problem says what keeps the call from being judged, nil if nothing does.
func (c *Call) problem() error {
	switch {
	case !isTraceID(c.TraceID):
		return fmt.Errorf("trace_id is %q: use %d hexadecimal digits that are not all 0", c.TraceID, traceDigits)
	case c.Attack == "":
		return errors.New("attack is missing: name the instance, such as theft_loud-1")
	case c.Kind == "":
		return errors.New("kind is missing: name the kind of attack, such as theft_loud")
	case c.At.IsZero():
		return errors.New("at is missing: say when the call was sent, as in 2026-03-14T15:09:26Z")
	case len(c.Expect) > maxExpect:
		return fmt.Errorf("expect has %d entries: use at most %d", len(c.Expect), maxExpect)
	case slices.Contains(c.Expect, ""):
		return errors.New("expect has an empty entry: use values of anomaly.kind, such as traffic")
	case c.Status < 0 || c.Status > maxStatus:
		return fmt.Errorf("status is %d: use that of the answer, or 0 if there was none", c.Status)
	}
	return nil
}

func isTraceID(s string) bool {
	var id [traceDigits / 2]byte
	if len(s) != traceDigits {
		return false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return err == nil && id != [traceDigits / 2]byte{}
}

// address brings a client's name to the text under which api_traffic knows it, if it is an address.
func address(s string) string {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap().WithZone("").String()
	}
	return s
}

// outside reports whether a client that a finding names may be anybody's: it is neither a sibling service's address nor
// a group of clients, such as (unknown).
func outside(name string) bool {
	a, err := netip.ParseAddr(name)
	if err != nil {
		return name != "" && name[0] != '('
	}
	return !a.IsPrivate() && !a.IsLoopback() && !a.IsLinkLocalUnicast() && !a.IsUnspecified()
}
