package traffic

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// OverflowService is the name under which services beyond MaxServices are
	// kept together.
	OverflowService = "(other services)"

	// windowsWaiting is how many closed windows of each service may wait to be
	// judged, if they have few clients. All services close theirs at once.
	windowsWaiting = 2

	// stalled is after how long between two ticks nobody has watched.
	stalled = 15 * time.Second
)

// Tracker keeps the open windows of all services. Safe for concurrent use.
type Tracker struct {
	window, lateness int64 // ns
	silence          int   // windows without calls that are judged after one with calls
	maxServices      int
	patience         time.Duration
	limits           *limits
	closed           chan *Window

	mu       sync.RWMutex
	services map[string]*Service

	ticked  int64 // wall clock of the last tick, ns
	retired int64 // wall clock when services were last retired, ns
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
		patience:    settings.Patience,
		closed:      make(chan *Window, windowsWaiting*(settings.MaxServices+1)),
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
		name:      strings.Clone(name),
		tracker:   t,
		endpoints: newEndpointTable(t.limits.endpoints),
	}
	t.services[s.name] = s
	return s
}

// Tick closes the windows of idle services; now is the wall clock in ns. It is to
// be called about every second, by one goroutine, and returns how many windows
// had to be given up.
func (t *Tracker) Tick(now int64) (dropped int) {
	unwatched := int64(0)
	if passed := now - t.ticked; t.ticked != 0 && passed > int64(stalled) {
		unwatched = passed
	}
	t.ticked = now
	services := t.snapshot()
	for _, s := range services {
		dropped += s.advance(now, unwatched)
	}
	if now-t.retired > int64(time.Minute) {
		t.retired = now
		t.retire(services, now)
	}
	return dropped
}

// retire forgets the services that are gone.
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

// send hands a window to the judge. While as many wait as there may, it waits,
// which live traffic does not come to; after its patience it gives the window up.
func (t *Tracker) send(w *Window) bool {
	for waited := time.Duration(0); !t.offer(w); waited += time.Millisecond {
		if t.patience > 0 && waited >= t.patience {
			w.service.recycle(w.pane)
			return false
		}
		time.Sleep(time.Millisecond)
	}
	return true
}

// offer queues a window, if there is room for it and its clients.
func (t *Tracker) offer(w *Window) bool {
	if !t.limits.waiting.take(len(w.pane.entities)) {
		return false
	}
	select {
	case t.closed <- w:
		return true
	default:
		t.limits.waiting.give(len(w.pane.entities))
		return false
	}
}
