package traffic

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

const (
	// OverflowService is the name under which services beyond MaxServices are
	// kept together.
	OverflowService = "(other services)"

	// windowsWaiting is how many closed windows may wait to be judged.
	windowsWaiting = 8

	// patience is how long adding waits for a place among them. In live traffic
	// a window closes once a minute and nobody waits; a replay waits for the
	// judge.
	patience = 2 * time.Second
)

// Tracker keeps the open windows of all services. Safe for concurrent use.
type Tracker struct {
	window, lateness int64 // ns
	silence          int   // windows without calls that are judged after one with calls
	maxServices      int
	limits           *limits
	closed           chan *Window

	mu       sync.RWMutex
	services map[string]*Service
}

// New returns a tracker; the settings must be valid. lookBack is how many
// windows a detector looks back: a service that falls silent gets that many
// windows without calls.
func New(settings Settings, lookBack int) *Tracker {
	return &Tracker{
		window:      int64(settings.Window),
		lateness:    int64(settings.Lateness),
		silence:     lookBack,
		maxServices: settings.MaxServices,
		limits:      newLimits(settings),
		closed:      make(chan *Window, windowsWaiting),
		services:    make(map[string]*Service),
	}
}

// Closed delivers each closed window, a service's windows in order. The
// receiver calls Window.Release when done.
func (t *Tracker) Closed() <-chan *Window { return t.closed }

// Service returns the windows of a service, those of OverflowService if there
// are too many. The name may be borrowed.
func (t *Tracker) Service(name string) *Service {
	t.mu.RLock()
	s, ok := t.services[name]
	t.mu.RUnlock()
	if ok {
		return s
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	name = bounded(name)
	if s, ok = t.services[name]; ok {
		return s
	}
	if len(t.services) >= t.maxServices {
		name = OverflowService
		if s, ok = t.services[name]; ok {
			return s
		}
	}
	s = &Service{
		name:      string([]byte(name)),
		tracker:   t,
		endpoints: newEndpointTable(t.limits.endpoints),
	}
	t.services[s.name] = s
	return s
}

// Tick closes the windows of idle services; now is the wall clock in ns. It
// returns how many windows had to be given up.
func (t *Tracker) Tick(now int64) (dropped int) {
	services := t.snapshot()
	for _, s := range services {
		dropped += s.advance(now)
	}
	if len(services) >= t.maxServices {
		t.retire(services, now)
	}
	return dropped
}

// retire makes room for new services by forgetting those that are gone.
func (t *Tracker) retire(services []*Service, now int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, s := range services {
		if s.retire(now) {
			delete(t.services, s.name)
		}
	}
}

// Flush closes every window that has calls, marked as partial, and then the
// channel of closed windows. Nothing may be added afterwards.
func (t *Tracker) Flush() (dropped int) {
	for _, s := range t.snapshot() {
		dropped += s.flush()
	}
	close(t.closed)
	return dropped
}

// Clients is how many clients have windows of their own now.
func (t *Tracker) Clients() int64 { return t.limits.clients.used.Load() }

// Services is how many services have windows of their own now.
func (t *Tracker) Services() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return len(t.services)
}

func (t *Tracker) snapshot() []*Service {
	t.mu.RLock()
	defer t.mu.RUnlock()
	services := make([]*Service, 0, len(t.services))
	for _, s := range t.services {
		services = append(services, s)
	}
	slices.SortFunc(services, func(a, b *Service) int { return cmp.Compare(a.name, b.name) })
	return services
}

// send hands a window to the judge, or gives it up.
func (t *Tracker) send(w *Window) bool {
	select {
	case t.closed <- w:
		return true
	default:
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case t.closed <- w:
		return true
	case <-timer.C:
		w.Release()
		return false
	}
}
