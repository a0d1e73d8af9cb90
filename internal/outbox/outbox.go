// Package outbox lets anomalies leave on a goroutine of their own: whoever finds
// one never waits for whoever receives it.
package outbox

import (
	"context"
	"sync"
	"time"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

const (
	// patience is for how long a batch is offered again; receivers are in this
	// process, so a refusal is a full queue or a memory limiter, which pass.
	patience = 30 * time.Second
	// pause before the second try; it doubles up to maxPause.
	pause    = 100 * time.Millisecond
	maxPause = 3 * time.Second
	// most events in a batch.
	batch = 100
)

// MaxSize is the largest queue.
const MaxSize = 1 << 20

// Send delivers events to the next consumer of the pipeline.
type Send func(ctx context.Context, events []anomaly.Event) error

// Lost is told how many events were lost, and why.
type Lost func(count int, reason string, err error)

// The reasons for a loss.
const (
	QueueFull = "queue_full" // found faster than received
	Rejected  = "rejected"   // the next consumer refused them
)

// Outbox is a bounded queue of events and the goroutine that empties it.
type Outbox struct {
	queue chan anomaly.Event
	send  Send
	lost  Lost

	patience time.Duration
	ctx      context.Context // ends when draining must stop
	cancel   context.CancelFunc
	done     sync.WaitGroup
}

// New returns an outbox for up to size waiting events and starts it.
func New(size int, send Send, lost Lost) *Outbox {
	ctx, cancel := context.WithCancel(context.Background())
	o := &Outbox{queue: make(chan anomaly.Event, size), send: send, lost: lost, patience: patience, ctx: ctx, cancel: cancel}
	o.done.Go(o.run)
	return o
}

// Put queues an event, or counts it as lost, and tells which. It never waits.
func (o *Outbox) Put(event anomaly.Event) bool {
	select {
	case o.queue <- event:
		return true
	default:
		o.Lose(1)
		return false
	}
}

// PutWait is Put for somebody who may wait for room until the context ends.
func (o *Outbox) PutWait(ctx context.Context, event anomaly.Event) bool {
	select {
	case o.queue <- event:
		return true
	case <-ctx.Done():
		return o.Put(event)
	}
}

// HasRoom tells whether there is room, which others may take before it is used.
func (o *Outbox) HasRoom() bool { return len(o.queue) < cap(o.queue) }

// Lose counts events as lost for want of room.
func (o *Outbox) Lose(count int) { o.lost(count, QueueFull, nil) }

// Close delivers what is queued, as far as the context's time allows. Nothing
// may be put afterwards.
func (o *Outbox) Close(ctx context.Context) {
	close(o.queue)
	stop := context.AfterFunc(ctx, o.cancel)
	defer stop()
	o.done.Wait()
	o.cancel()
}

func (o *Outbox) run() {
	events := make([]anomaly.Event, 0, batch)
	for event := range o.queue {
		events = append(events[:0], event)
		events = o.more(events)
		if err := o.deliver(events); err != nil {
			o.lost(len(events), Rejected, err)
		}
		clear(events)
	}
}

// more takes what is queued already, up to a batch.
func (o *Outbox) more(events []anomaly.Event) []anomaly.Event {
	for len(events) < batch {
		select {
		case event, ok := <-o.queue:
			if !ok {
				return events
			}
			events = append(events, event)
		default:
			return events
		}
	}
	return events
}

func (o *Outbox) deliver(events []anomaly.Event) error {
	give := time.Now().Add(o.patience)
	for wait := pause; ; wait = min(2*wait, maxPause) {
		err := o.send(o.ctx, events)
		if err == nil || time.Now().After(give) {
			return err
		}
		select {
		case <-time.After(wait):
		case <-o.ctx.Done():
			return err
		}
	}
}
