package player

import (
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// book writes down what a server was asked, and answers logins with a token.
type book struct {
	mu       sync.Mutex
	requests []*http.Request
	bodies   []string
	slow     time.Duration // logins
}

func (b *book) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests, b.bodies = append(b.requests, r), append(b.bodies, string(body))
	if r.URL.Path == "/login" {
		time.Sleep(b.slow)
		if strings.Contains(string(body), "wrong") {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		payload := base64.RawURLEncoding.EncodeToString([]byte(`{"sub":7,"role":"customer"}`))
		fmt.Fprintf(w, `{"token":"%s.signature"}`, payload)
	}
}

// play plays calls, one line unless they say otherwise, a thousand times as fast as they are written down.
func play(ctx context.Context, t *testing.T, b *book, calls ...plan.Call) (Summary, []Result, error) {
	t.Helper()
	server := httptest.NewServer(b)
	defer server.Close()
	lines := 0
	for _, call := range calls {
		lines = max(lines, call.Line+1)
	}
	clock := banktime.New(time.Now().Add(time.Minute), 1000)
	var (
		mu      sync.Mutex
		results []Result
	)
	summary, err := Play(ctx, &plan.Plan{Calls: calls, Lines: lines}, Options{
		URL: server.URL, Clock: clock, Begin: clock.Now(),
		Done: func(r Result) {
			mu.Lock()
			defer mu.Unlock()
			results = append(results, r)
		},
	})
	return summary, results, err
}

func TestACallIsMadeAsPlanned(t *testing.T) {
	var b book
	summary, results, err := play(t.Context(), t, &b, plan.Call{
		At: 5 * time.Second, TraceID: strings.Repeat("ab", 16), Client: "203.0.113.9", UserAgent: "app/1", Method: "PATCH",
		Path: "/profile?x=%27", Body: `{"email":"a@b"}`, Header: map[string]string{"Idempotency-Key": "k"},
	})
	require.NoError(t, err)
	assert.Equal(t, Summary{Made: 1, Statuses: map[int]int{200: 1}}, summary)
	require.Len(t, results, 1)
	assert.Equal(t, 200, results[0].Status)
	require.Len(t, b.requests, 1)
	r := b.requests[0]
	assert.Equal(t, "PATCH /profile?x=%27", r.Method+" "+r.RequestURI)
	assert.JSONEq(t, `{"email":"a@b"}`, b.bodies[0])
	for name, want := range map[string]string{
		"X-Forwarded-For": "203.0.113.9", "User-Agent": "app/1", "X-Request-Id": strings.Repeat("ab", 16),
		"Idempotency-Key": "k", "Content-Type": "application/json", "Authorization": "",
	} {
		assert.Equal(t, want, r.Header.Get(name), name)
	}
}

// The calls of a line keep their order, also when they are all due; no call is made before its time.
func TestCallsKeepTheirOrderAndTheirTime(t *testing.T) {
	var b book
	var calls []plan.Call
	for i := range 200 {
		calls = append(calls, plan.Call{At: time.Duration(i/4) * time.Second, Line: i % 3, Method: "GET", Path: fmt.Sprintf("/%d/%d", i%3, i)})
	}
	began := time.Now()
	summary, results, err := play(t.Context(), t, &b, calls...)
	require.NoError(t, err)
	assert.Equal(t, 200, summary.Made)
	assert.GreaterOrEqual(t, time.Since(began), 49*time.Millisecond, "49 seconds, a thousand times as fast")
	last := map[int]int{}
	for _, r := range results {
		line := calls[r.Index].Line
		assert.GreaterOrEqual(t, r.Index, last[line])
		last[line] = r.Index
	}
}

func TestASessionUsesTheTokenOfItsOwnLogin(t *testing.T) {
	var b book
	summary, _, err := play(t.Context(), t, &b,
		plan.Call{Login: "s1", Method: "POST", Path: "/login", Body: `{"password":"right"}`},
		plan.Call{Login: "s1", Method: "GET", Path: "/own"},
		plan.Call{Login: "s1", Method: "GET", Path: "/forged", Forge: "clerk"},
		plan.Call{Method: "GET", Path: "/public"},
	)
	require.NoError(t, err)
	assert.Equal(t, 4, summary.Made)
	own := strings.TrimPrefix(b.requests[1].Header.Get("Authorization"), "Bearer ")
	forged := strings.TrimPrefix(b.requests[2].Header.Get("Authorization"), "Bearer ")
	payload, signature, _ := strings.Cut(forged, ".")
	claims, err := base64.RawURLEncoding.DecodeString(payload)
	require.NoError(t, err)
	assert.JSONEq(t, `{"sub":7,"role":"clerk"}`, string(claims))
	assert.Equal(t, "signature", signature)
	assert.NotEqual(t, own, forged)
	assert.Empty(t, b.requests[3].Header.Get("Authorization"))
}

// Somebody who cannot log in does not go on; who mistypes once and then logs in does.
func TestASessionWithoutLoginIsGivenUp(t *testing.T) {
	var b book
	summary, _, err := play(t.Context(), t, &b,
		plan.Call{Login: "s1", Method: "POST", Path: "/login", Body: `{"password":"wrong"}`},
		plan.Call{Login: "s1", Method: "GET", Path: "/own"},
		plan.Call{Login: "s2", Line: 1, Method: "POST", Path: "/login", Body: `{"password":"wrong"}`},
		plan.Call{Login: "s2", Line: 1, Method: "POST", Path: "/login", Body: `{"password":"right"}`},
		plan.Call{Login: "s2", Line: 1, Method: "GET", Path: "/own"},
	)
	require.NoError(t, err)
	assert.Equal(t, 4, summary.Made)
	assert.Equal(t, 1, summary.GivenUp)
	assert.Equal(t, map[int]int{401: 2, 200: 2}, summary.Statuses)
}

// Several lines that share a login wait for its token, and do not call where there will be none.
func TestLinesShareALogin(t *testing.T) {
	b := book{slow: 20 * time.Millisecond}
	var calls []plan.Call
	for _, login := range []string{"right", "wrong"} {
		calls = append(calls, plan.Call{Login: login, Line: len(calls), Method: "POST", Path: "/login", Body: `{"password":"` + login + `"}`})
		for range 3 {
			calls = append(calls, plan.Call{Login: login, Line: len(calls), Method: "GET", Path: "/" + login})
		}
	}
	summary, _, err := play(t.Context(), t, &b, calls...)
	require.NoError(t, err)
	assert.Equal(t, Summary{Made: 5, GivenUp: 3, Statuses: map[int]int{200: 4, 401: 1}}, summary)
}

func TestPlayEndsWithItsContext(t *testing.T) {
	var b book
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	summary, _, err := play(ctx, t, &b, plan.Call{Method: "GET", Path: "/now"}, plan.Call{At: 10 * time.Hour, Method: "GET", Path: "/later"})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, 1, summary.Made)
	assert.Equal(t, 1, summary.GivenUp)
}

// A bank that is not there is told, call by call.
func TestACallWithoutAnswer(t *testing.T) {
	clock := banktime.Real()
	var got Result
	summary, err := Play(t.Context(), &plan.Plan{Calls: []plan.Call{{Method: "GET", Path: "/"}}, Lines: 1},
		Options{URL: "http://127.0.0.1:1", Clock: clock, Begin: clock.Now(), Done: func(r Result) { got = r }})
	require.NoError(t, err)
	assert.Equal(t, map[int]int{0: 1}, summary.Statuses)
	require.Error(t, got.Problem)
}
