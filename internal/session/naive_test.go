package session

import (
	"math"
	"math/bits"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

// call is one of a client's calls.
type call struct {
	at       time.Time
	endpoint int // 0 to 39, each with a bit of its own in sketches
}

// lastSession is the last of the sessions that the calls fall into, by the book.
func lastSession(calls []call) (s Session, endpoints, inFirstWindow int) {
	from := 0
	for i := 1; i < len(calls); i++ {
		if calls[i].at.Sub(calls[i-1].at) > timeout {
			from = i
		}
	}
	calls = calls[from:]
	all, first := uint64(0), uint64(0)
	for _, c := range calls {
		all |= 1 << c.endpoint
		if c.at.Truncate(time.Minute).Equal(calls[0].at.Truncate(time.Minute)) {
			first |= 1 << c.endpoint
		}
	}
	s = Session{First: calls[0].at, Last: calls[len(calls)-1].at, Calls: int64(len(calls))}
	return s, bits.OnesCount64(all), bits.OnesCount64(first)
}

// inWindow is the vector of those calls that are in the window that starts then.
func inWindow(client string, calls []call, start time.Time) (traffic.Vector, int) {
	v := traffic.Vector{Client: client, Start: start}
	n := 0
	for _, c := range calls {
		if !c.at.Truncate(time.Minute).Equal(start) {
			break
		}
		if n == 0 {
			v.FirstCall = c.at
		}
		v.SessionLength = c.at.Sub(v.FirstCall).Seconds()
		v.Endpoints |= 1 << c.endpoint
		n++
	}
	v.TotalCalls, v.DistinctEndpoints = int64(n), int64(bits.OnesCount64(uint64(v.Endpoints)))
	return v, n
}

func anyCalls(t *rapid.T) []call {
	pause := rapid.OneOf(
		rapid.Int64Range(0, int64(2*time.Minute)),
		rapid.Int64Range(int64(timeout)-int64(time.Minute), int64(timeout)+int64(time.Minute)),
		rapid.SampledFrom([]int64{0, int64(timeout), int64(timeout) + 1, int64(5 * time.Hour)}),
	)
	now := noon.Add(time.Duration(pause.Draw(t, "begin")))
	calls := make([]call, rapid.IntRange(1, 60).Draw(t, "calls"))
	for i := range calls {
		calls[i] = call{now, rapid.IntRange(0, 39).Draw(t, "endpoint")}
		now = now.Add(time.Duration(pause.Draw(t, "pause")))
	}
	return calls
}

// TestSessionsAreThoseOfTheRawCalls: cut into windows and put together again,
// sessions are those that the calls' times say, to the nanosecond; and endpoints
// are as many as there are, but for what a sketch without collisions overrates.
func TestSessionsAreThoseOfTheRawCalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := newBook()
		names := []string{"a", "b", "c"}
		left, seen := make([][]call, len(names)), make([][]call, len(names))
		for i := range names {
			left[i] = anyCalls(t)
		}
		for {
			start := time.Time{}
			for _, calls := range left {
				if len(calls) > 0 && (start.IsZero() || calls[0].at.Before(start)) {
					start = calls[0].at.Truncate(time.Minute)
				}
			}
			if start.IsZero() {
				return
			}
			var vectors []traffic.Vector
			for i, name := range names {
				v, n := inWindow(name, left[i], start)
				seen[i], left[i] = append(seen[i], left[i][:n]...), left[i][n:]
				vectors = append(vectors, v)
			}
			for i, got := range b.Add("shop", start, vectors, nil) {
				if vectors[i].TotalCalls == 0 {
					require.Equal(t, Session{}, got)
					continue
				}
				want, endpoints, inFirst := lastSession(seen[i])
				rated := math.Round(-64 * math.Log(1-float64(endpoints)/64))
				low, high := int64(endpoints), min(int64(max(endpoints, int(rated))), want.Calls)
				if endpoints == inFirst {
					high = low
				}
				require.GreaterOrEqual(t, got.DistinctEndpoints, low)
				require.LessOrEqual(t, got.DistinctEndpoints, high)
				got.DistinctEndpoints = 0
				require.Equal(t, want, got)
			}
			require.LessOrEqual(t, b.Clients(), len(names))
		}
	})
}

// TestAnyWindowsLeaveTheBookInOrder: whatever the times of the windows, the book
// follows no more clients than it may, counts them rightly, and gives sessions
// that are no shorter than their window.
func TestAnyWindowsLeaveTheBookInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := New(timeout, time.Minute, 5)
		b.sessions.Now = func() time.Time { return noon }
		minutes := rapid.OneOf(rapid.IntRange(0, 5), rapid.IntRange(-100, 100), rapid.SampledFrom([]int{-5000, 5000, 5001}))
		for range rapid.IntRange(1, 40).Draw(t, "windows") {
			var vectors []traffic.Vector
			clients := rapid.SliceOfDistinct(rapid.StringMatching("[a-h]"), rapid.ID)
			for _, name := range clients.Draw(t, "clients") {
				vectors = append(vectors, vector(name, rapid.Int64Range(1, 300).Draw(t, "calls")))
			}
			service, start := rapid.SampledFrom([]string{"shop", "bank"}).Draw(t, "service"), at(minutes.Draw(t, "minute"))
			for i, s := range addAt(b, service, start, vectors...) {
				require.GreaterOrEqual(t, s.Calls, vectors[i].TotalCalls)
				require.False(t, s.First.After(vectors[i].FirstCall))
				require.GreaterOrEqual(t, s.Length(), 30*time.Second)
			}
			followed := 0
			for _, s := range b.sessions.Services() {
				followed += len(s.Clients)
			}
			require.Equal(t, followed, b.Clients())
			require.LessOrEqual(t, followed, 5)
		}
	})
}
