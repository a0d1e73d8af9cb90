package apitrafficprocessor

import (
	"encoding/json"
	"net/netip"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/detect"
	"github.com/spanwarden/spanwarden/internal/traffic"
)

const (
	// entryShare of a service's calls without a parent make it one that clients
	// call, and not only its siblings.
	entryShare = 0.05
	// entryCalls is how many such calls that takes.
	entryCalls = 20
)

// judged decides which clients are judged one by one. In a traced system most
// server spans come from sibling services, so a service's clients count only if
// it is learned to receive calls that nobody traced before. That is never
// decided call by call: the caller supplies traceparent.
type judged struct {
	internal []netip.Prefix
	fixed    map[string]struct{} // entry_services
	learned  map[string]*callers
	limit    int // services learned of
}

// callers is what has been learned of a service, halved now and then so that the
// present counts.
type callers struct {
	Calls  float64 `json:"calls"`
	Direct float64 `json:"direct"` // without a parent
	Entry  bool    `json:"entry"`  // once learned, for good
	Last   int64   `json:"last"`   // start of the latest window, Unix seconds
}

func (j *judged) setEntries(services []string) {
	j.learned = make(map[string]*callers)
	if len(services) == 0 {
		return
	}
	j.fixed = make(map[string]struct{})
	for _, s := range services {
		j.fixed[s] = struct{}{}
	}
}

// learn takes in a window and says whether the service's clients are judged.
func (j *judged) learn(total *traffic.Vector) bool {
	if j.fixed != nil {
		_, ok := j.fixed[total.Service]
		return ok
	}
	c := j.learned[total.Service]
	if c == nil {
		if len(j.learned) >= j.limit {
			delete(j.learned, detect.Oldest(j.learned, func(c *callers) int64 { return c.Last }))
		}
		c = new(callers)
		j.learned[total.Service] = c
	}
	c.Last = max(c.Last, total.Start.Unix())
	if c.Entry {
		return true
	}
	const memory = 10_000 // calls
	if c.Calls > memory {
		c.Calls, c.Direct = c.Calls/2, c.Direct/2
	}
	c.Calls += float64(total.TotalCalls)
	c.Direct += float64(total.Direct)
	c.Entry = c.Direct >= entryCalls && c.Direct >= entryShare*c.Calls
	return c.Entry
}

// client says whether a client of an entry service is judged. It is taken for a
// sibling if all its calls have a parent and its address is private. Who can
// forge the forwarded address can pass for one, but can as well be a new client
// with each call: trusted_proxies mends both. A service that is named in
// entry_services has no siblings.
func (j *judged) client(v *traffic.Vector) bool {
	if v.Role == traffic.Overflow {
		return true
	}
	if v.Client == "" || apicall.Within(j.internal, v.Client) {
		return false
	}
	if v.Direct > 0 || j.fixed != nil {
		return true
	}
	a, err := netip.ParseAddr(v.Client)
	if err != nil {
		return true
	}
	a = a.Unmap()
	return !a.IsPrivate() && !a.IsLoopback() && !a.IsLinkLocalUnicast()
}

// Name is the key of what has been learned.
func (j *judged) Name() string { return "callers" }

// Save encodes what has been learned.
func (j *judged) Save() ([]byte, error) { return json.Marshal(j.learned) }

// Restore takes up what was learned before.
func (j *judged) Restore(state []byte) error {
	learned := make(map[string]*callers)
	if err := json.Unmarshal(state, &learned); err != nil {
		return err
	}
	for service, c := range learned {
		if c != nil && len(j.learned) < j.limit {
			j.learned[service] = c
		}
	}
	return nil
}
