// Package alarm gives findings a life: an alarm begins once, is ongoing while
// its finding is reported, ends when it no longer is, and does not begin again
// during a cool-down.
package alarm

import (
	"errors"
	"fmt"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

// Settings of a Book.
type Settings struct {
	OngoingEvery int // windows between reports of an alarm that goes on, ≥ 1
	EndAfter     int // windows without the finding after which it has ended, ≥ 1
	CoolDown     int // windows after the end in which the same alarm does not begin again, ≥ 0
	MaxAlarms    int // alarms open or cooling down at once; more are counted only
	MaxPerWindow int // alarms that may begin in one window of a service; more are counted only
}

// DefaultSettings report an alarm every ten minutes of one-minute windows.
func DefaultSettings() Settings {
	return Settings{OngoingEvery: 10, EndAfter: 2, CoolDown: 10, MaxAlarms: 10_000, MaxPerWindow: 50}
}

// Validate refuses settings that cannot work, naming the key and the mend.
func (s Settings) Validate() error {
	var errs []error
	for _, limit := range []struct {
		key        string
		value, min int
	}{
		{"ongoing_every", s.OngoingEvery, 1},
		{"end_after", s.EndAfter, 1},
		{"cool_down", s.CoolDown, 0},
		{"max_alarms", s.MaxAlarms, 1},
		{"max_per_window", s.MaxPerWindow, 1},
	} {
		if limit.value < limit.min {
			errs = append(errs, fmt.Errorf("%s is %d: use a value of at least %d", limit.key, limit.value, limit.min))
		}
	}
	return errors.Join(errs...)
}

// Book follows the alarms of all services. Not for concurrent use.
type Book struct {
	settings Settings
	alarms   map[string]map[subject]*entry // by service
	turned   map[string]time.Time          // wall clock of the latest window of the services that have alarms
	count    int
}

// subject is what an alarm is about, within a service.
type subject struct {
	kind                    anomaly.Kind
	detector, client, group string
}

type entry struct {
	event    anomaly.Event // the latest finding
	first    string        // message of the first one
	windows  int           // since it began
	missing  int           // windows without the finding
	cooling  int           // windows left of the cool-down; the alarm has ended
	reported bool          // seen in this window
}

// New returns an empty book; the settings must be valid.
func New(settings Settings) *Book {
	return &Book{settings: settings, alarms: make(map[string]map[subject]*entry), turned: make(map[string]time.Time)}
}

// Turn takes the findings of one window of a service and appends to dst the
// events to emit. suppressed is how many alarms were not reported because there
// were too many in the window or in the book.
func (b *Book) Turn(dst []anomaly.Event, service string, start, end time.Time, findings []anomaly.Event) (events []anomaly.Event, suppressed int) {
	began := 0
	for i := range findings {
		f := findings[i]
		f.WindowStart, f.WindowEnd = start, end
		s := subject{f.Kind, f.Detector, f.Client, f.Group}
		if e, known := b.alarms[service][s]; known {
			e.reported = true
			if e.cooling == 0 {
				f.Begun = e.event.Begun
				e.event = f
				continue
			}
			if e.cooling > 1 {
				continue // counts on; the finding is no news yet
			}
			b.drop(service, s)
		}
		f.Begun, f.State = start, anomaly.Begun
		if began == b.settings.MaxPerWindow || !b.open(service, s, f) {
			suppressed++
			continue
		}
		began++
		dst = append(dst, f)
	}
	if _, some := b.alarms[service]; some {
		b.turned[service] = time.Now()
	}
	return b.age(dst, service, start, end), suppressed
}

// Lapse ends the alarms of services that have had no window since that time, by
// the wall clock: nobody looks at them any more.
func (b *Book) Lapse(dst []anomaly.Event, since time.Time) []anomaly.Event {
	for service, turned := range b.turned {
		if turned.After(since) {
			continue
		}
		for s, e := range b.alarms[service] {
			if e.cooling == 0 {
				event := e.in(anomaly.Ended)
				event.Message = fmt.Sprintf("no longer watched, %s has been silent since: %s", service, e.first)
				dst = append(dst, event)
			}
			b.drop(service, s)
		}
	}
	return dst
}

// age moves the alarms of the service on by one window.
func (b *Book) age(dst []anomaly.Event, service string, start, end time.Time) []anomaly.Event {
	for s, e := range b.alarms[service] {
		switch {
		case e.cooling > 0:
			if e.cooling--; e.cooling == 0 {
				b.drop(service, s)
			}
		case e.reported:
			e.missing = 0
			if e.windows++; e.windows > 1 && (e.windows-1)%b.settings.OngoingEvery == 0 {
				dst = append(dst, e.in(anomaly.Ongoing))
			}
		default:
			e.windows++
			if e.missing++; e.missing >= max(b.settings.EndAfter, e.event.Hold) {
				dst = append(dst, b.end(service, s, e, start, end))
			}
		}
		e.reported = false
	}
	return dst
}

func (e *entry) in(state anomaly.State) anomaly.Event {
	event := e.event
	event.State = state
	return event
}

// end closes an alarm and starts its cool-down.
func (b *Book) end(service string, s subject, e *entry, start, end time.Time) anomaly.Event {
	event := e.in(anomaly.Ended)
	event.Message = fmt.Sprintf("over after %s: %s", event.WindowEnd.Sub(event.Begun), e.first)
	event.WindowStart, event.WindowEnd = start, end
	e.cooling = b.settings.CoolDown
	if e.cooling == 0 {
		b.drop(service, s)
	}
	return event
}

// open starts to follow an alarm, if there are not too many.
func (b *Book) open(service string, s subject, event anomaly.Event) bool {
	if b.count >= b.settings.MaxAlarms {
		return false
	}
	if b.alarms[service] == nil {
		b.alarms[service] = make(map[subject]*entry)
		b.turned[service] = time.Now()
	}
	b.alarms[service][s] = &entry{event: event, first: event.Message, reported: true}
	b.count++
	return true
}

func (b *Book) drop(service string, s subject) {
	delete(b.alarms[service], s)
	if len(b.alarms[service]) == 0 {
		delete(b.alarms, service)
		delete(b.turned, service)
	}
	b.count--
}

// Open is how many alarms have begun and not ended.
func (b *Book) Open() int {
	open := 0
	for _, alarms := range b.alarms {
		for _, e := range alarms {
			if e.cooling == 0 {
				open++
			}
		}
	}
	return open
}
