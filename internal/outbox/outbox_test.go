package outbox

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/internal/anomaly"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// receiver collects what is sent and counts what is lost.
type receiver struct {
	mu     sync.Mutex
	got    []anomaly.Event
	lost   map[string]int
	refuse int           // so many times
	hold   chan struct{} // if set, sending waits for it
}

func (r *receiver) send(ctx context.Context, events []anomaly.Event) error {
	if r.hold != nil {
		select {
		case <-r.hold:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse > 0 {
		r.refuse--
		return errors.New("full")
	}
	r.got = append(r.got, events...)
	return nil
}

func (r *receiver) count(n int, reason string, _ error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost == nil {
		r.lost = make(map[string]int)
	}
	r.lost[reason] += n
}

func TestCloseDeliversWhatIsQueued(t *testing.T) {
	r := &receiver{}
	o := New(500, r.send, r.count)
	for i := range 300 {
		o.Put(anomaly.Event{Score: float64(i)})
	}
	o.Close(context.Background())
	assert.Len(t, r.got, 300)
	for i, e := range r.got {
		assert.InDelta(t, i, e.Score, 0, "order")
	}
	assert.Empty(t, r.lost)
}

func TestARefusalIsTriedAgain(t *testing.T) {
	r := &receiver{refuse: 4}
	o := New(1, r.send, r.count)
	o.Put(anomaly.Event{})
	o.Close(context.Background())
	assert.Len(t, r.got, 1)
	assert.Empty(t, r.lost)
}

func TestWhatIsRefusedForGoodIsCounted(t *testing.T) {
	r := &receiver{refuse: 1000}
	o := New(1, r.send, r.count)
	o.patience = 300 * time.Millisecond
	o.Put(anomaly.Event{})
	o.Close(context.Background())
	assert.Equal(t, map[string]int{Rejected: 1}, r.lost)
}

func TestAFullQueueNeverWaits(t *testing.T) {
	r := &receiver{hold: make(chan struct{})}
	o := New(2, r.send, r.count)
	for range 10 {
		o.Put(anomaly.Event{})
	}
	close(r.hold)
	o.Close(context.Background())
	assert.Positive(t, r.lost[QueueFull])
	assert.Equal(t, 10, len(r.got)+r.lost[QueueFull])
}

func TestWhoMayWaitGetsRoom(t *testing.T) {
	r := &receiver{}
	o := New(1, r.send, r.count)
	for range 10 {
		assert.True(t, o.PutWait(t.Context(), anomaly.Event{}))
	}
	o.Close(context.Background())
	assert.Len(t, r.got, 10)
}

func TestNobodyWaitsForEver(t *testing.T) {
	r := &receiver{hold: make(chan struct{})}
	o := New(1, r.send, r.count)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	for o.PutWait(ctx, anomaly.Event{}) {
	}
	assert.False(t, o.HasRoom())
	assert.Equal(t, map[string]int{QueueFull: 1}, r.lost)
	close(r.hold)
	o.Close(context.Background())
}

func TestCloseKeepsToTheContextsTime(t *testing.T) {
	r := &receiver{hold: make(chan struct{})}
	o := New(2, r.send, r.count)
	o.Put(anomaly.Event{})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	o.Close(ctx)
	assert.Less(t, time.Since(start), 5*time.Second)
	assert.Equal(t, map[string]int{Rejected: 1}, r.lost)
}
