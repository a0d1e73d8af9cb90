package session

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/traffic"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

const timeout = 30 * time.Minute

// newBook has sessions that end after 30 minutes, of 100 clients.
func newBook() *Book { return New(timeout, time.Minute, 100) }

func at(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }

// vector is a client's calls, to one endpoint, over half a minute.
func vector(client string, calls int64) traffic.Vector {
	return traffic.Vector{Service: "shop", Client: client, TotalCalls: calls, DistinctEndpoints: 1, Endpoints: 1, SessionLength: 30}
}

// minute adds a window of the shop.
func minute(b *Book, i int, clients ...traffic.Vector) []Session {
	return addAt(b, "shop", at(i), clients...)
}

// addAt adds a window of any service and time; the first calls are 10 s into it.
func addAt(b *Book, service string, start time.Time, clients ...traffic.Vector) []Session {
	return b.Add(service, start, dated(start, clients), nil)
}

// dated puts the clients' calls into the window that starts then.
func dated(start time.Time, clients []traffic.Vector) []traffic.Vector {
	for i := range clients {
		clients[i].Start, clients[i].FirstCall = start, start.Add(10*time.Second)
	}
	return clients
}

func calls(sessions []Session) (n []int64) {
	for i := range sessions {
		n = append(n, sessions[i].Calls)
	}
	return n
}

func TestASessionGoesOnWithoutALongPause(t *testing.T) {
	b := newBook()
	for i, minutes := range []int{0, 1, 29, 59} { // the last pause is 29:30
		got := minute(b, minutes, vector("a", 2))[0]
		assert.Equal(t, Session{
			First: at(0).Add(10 * time.Second), Last: at(minutes).Add(40 * time.Second),
			Calls: int64(2 * (i + 1)), DistinctEndpoints: 1,
		}, got)
		assert.Equal(t, time.Duration(minutes)*time.Minute+30*time.Second, got.Length())
	}
	assert.EqualValues(t, 2, minute(b, 90, vector("a", 2))[0].Calls, "after 30:30")
}

// TestAPauseAsLongAsTheTimeOutEndsNoSession: one that is a nanosecond longer does.
func TestAPauseAsLongAsTheTimeOutEndsNoSession(t *testing.T) {
	for more, want := range map[time.Duration]int64{0: 2, 1: 1} {
		b := newBook()
		v := vector("a", 1)
		v.SessionLength, v.FirstCall = 0, noon
		b.Add("shop", noon, []traffic.Vector{v}, nil)
		v.FirstCall = noon.Add(timeout + more)
		assert.Equal(t, want, b.Add("shop", noon.Add(timeout), []traffic.Vector{v}, nil)[0].Calls, more)
	}
}

func TestEndpointsOfASession(t *testing.T) {
	with := func(distinct int64, sketch traffic.Sketch) traffic.Vector {
		v := vector("a", 40)
		v.DistinctEndpoints, v.Endpoints = distinct, sketch
		return v
	}
	each := func(calls int64, sketch traffic.Sketch) traffic.Vector { // to an endpoint of its own
		return traffic.Vector{TotalCalls: calls, DistinctEndpoints: calls, Endpoints: sketch}
	}
	for name, c := range map[string]struct {
		windows []traffic.Vector
		want    int64
	}{
		"one window is exact":                  {[]traffic.Vector{with(30, 0b1011)}, 30},
		"the same again":                       {[]traffic.Vector{with(3, 0b1011), with(3, 0b1011)}, 3},
		"others are added":                     {[]traffic.Vector{with(2, 0b11), with(2, 0b1100)}, 4},
		"to what the first window had exactly": {[]traffic.Vector{with(30, 0b11), with(2, 0b1100)}, 32},
		"never less than in any one window":    {[]traffic.Vector{with(1, 0b1), with(9, 0b11)}, 9},
		"a count that was cut off":             {[]traffic.Vector{{TotalCalls: 40, DistinctEndpoints: 3, Endpoints: 0xff, Truncated: true}}, 9},
		"two calls":                            {[]traffic.Vector{each(1, 0b1), each(1, 0b10)}, 2},
		"one of eight again":                   {[]traffic.Vector{with(8, 0xff), with(1, 0b1)}, 8},
		"no more than calls in two windows":    {[]traffic.Vector{each(6, 0x3f), each(2, 0xc0)}, 8},
		"no more than calls":                   {[]traffic.Vector{{TotalCalls: 1, DistinctEndpoints: 7}}, 1},
		"at least one":                         {[]traffic.Vector{{TotalCalls: 1}}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBook()
			var got Session
			for i, v := range c.windows {
				v.Client = "a"
				got = minute(b, i, v)[0]
			}
			assert.Equal(t, c.want, got.DistinctEndpoints)
		})
	}
}

// TestEachVectorGetsItsSessionInOrder: also those that nobody in particular is
// behind.
func TestEachVectorGetsItsSessionInOrder(t *testing.T) {
	b := newBook()
	overflow := vector("(the others)", 7)
	overflow.Role = traffic.Overflow
	vectors := []traffic.Vector{vector("a", 1), vector("", 20), vector("idle", 0), overflow, vector("b", 2)}
	assert.Equal(t, []int64{1, 0, 0, 0, 2}, calls(minute(b, 0, vectors...)))
	got := b.Add("shop", at(1), vectors, []Session{{Calls: -1}})
	assert.Equal(t, []int64{-1, 2, 0, 0, 0, 4}, calls(got), "appended")
	assert.Equal(t, Session{}, got[2])
	assert.Equal(t, 2, b.Clients())
	assert.Zero(t, b.Refused())
}

func TestServicesHaveSessionsOfTheirOwn(t *testing.T) {
	b := newBook()
	addAt(b, "shop", noon, vector("a", 1))
	assert.EqualValues(t, 2, addAt(b, "bank", noon, vector("a", 2))[0].Calls)
	assert.EqualValues(t, 2, addAt(b, "shop", at(1), vector("a", 1))[0].Calls)
	assert.Equal(t, 2, b.Clients())
}

func TestFiguresThatCannotBe(t *testing.T) {
	b := newBook()
	for _, length := range []float64{math.NaN(), math.Inf(-1), -5, 0} {
		v := vector("a", math.MaxInt64)
		v.SessionLength = length
		s := minute(b, 0, v)[0]
		assert.Equal(t, time.Duration(0), s.Length(), length)
		assert.EqualValues(t, math.MaxInt64, s.Calls, "no overflow")
	}
	v := vector("b", 1)
	v.SessionLength = math.Inf(1)
	s := minute(b, 0, v)[0]
	assert.Equal(t, traffic.MaxWindow, s.Length(), "no window is longer")
	v = vector("c", 1)
	v.Start = noon
	s = b.Add("shop", noon, []traffic.Vector{v}, nil)[0]
	assert.Equal(t, noon, s.First, "a vector that does not tell its first call")
}

func TestATimeOutIsAtLeastAWindow(t *testing.T) {
	b := New(time.Second, time.Minute, 100)
	minute(b, 0, vector("a", 1))
	assert.EqualValues(t, 2, minute(b, 1, vector("a", 1))[0].Calls)
	assert.EqualValues(t, 1, minute(b, 3, vector("a", 1))[0].Calls)
}

func TestClientsAreForgottenAndBounded(t *testing.T) {
	b := newBook()
	for i := range 150 {
		minute(b, 0, vector(fmt.Sprint(i), 1))
		require.LessOrEqual(t, b.Clients(), 100)
	}
	assert.Equal(t, 100, b.Clients())
	minute(b, 30, vector("new", 1))
	assert.Equal(t, 91, b.Clients(), "sessions with calls until 12:00:40 may go on, but a tenth gave way")
	minute(b, 31, vector("new", 1))
	assert.Equal(t, 1, b.Clients())
}
