package jsonhttp_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newMux() *jsonhttp.Mux {
	mux := &jsonhttp.Mux{}
	mux.Handle("GET /ok", func(w http.ResponseWriter, _ *http.Request) error {
		return jsonhttp.Write(w, http.StatusAccepted, map[string]int{"answer": 42})
	})
	mux.Handle("POST /echo/{name}", func(w http.ResponseWriter, r *http.Request) error {
		var body struct {
			Count int64  `json:"count"`
			Name  string `json:"name"`
		}
		if err := jsonhttp.Read(r, &body); err != nil {
			return err
		}
		return jsonhttp.Write(w, http.StatusOK, body)
	})
	mux.Handle("GET /error", func(http.ResponseWriter, *http.Request) error {
		return errors.New("the password of the database is 1234")
	})
	mux.Handle("GET /wrapped", func(http.ResponseWriter, *http.Request) error {
		return errors.Join(errors.New("inner"), jsonhttp.Errorf(http.StatusTeapot, "no %s here", "coffee"))
	})
	mux.Handle("GET /late", func(http.ResponseWriter, *http.Request) error { return context.DeadlineExceeded })
	mux.Handle("GET /panic", func(http.ResponseWriter, *http.Request) error { panic("the password is 1234") })
	mux.Handle("GET /unwritable", func(w http.ResponseWriter, _ *http.Request) error {
		return jsonhttp.Write(w, http.StatusOK, make(chan int))
	})
	return mux
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"GET", "/ok", "", 202, `{"answer":42}`},
		{"HEAD", "/ok", "", 202, `{"answer":42}`}, // the server leaves it out
		{"POST", "/ok", "", 405, `{"error":"POST is not allowed here"}`},
		{"GET", "/elsewhere", "", 404, `{"error":"there is nothing here"}`},
		{"GET", "/error", "", 500, `{"error":"internal error"}`},
		{"GET", "/panic", "", 500, `{"error":"internal error"}`},
		{"GET", "/unwritable", "", 500, `{"error":"internal error"}`},
		{"GET", "/wrapped", "", 418, `{"error":"no coffee here"}`},
		{"GET", "/late", "", 503, `{"error":"this took too long, please try again later"}`},
		{"POST", "/echo/x", `{"count":1,"name":"é","more":[]}`, 200, `{"count":1,"name":"é"}`},
		{"POST", "/echo/x", `{"count":"1"}`, 400, `{"error":"count must be an integer"}`},
		{"POST", "/echo/x", `{"name":1}`, 400, `{"error":"name must be a string"}`},
		{"POST", "/echo/x", `7`, 400, `{"error":"the body must be an object"}`},
		{"POST", "/echo/x", `{"count":1`, 400, `{"error":"the body is not valid JSON"}`},
		{"POST", "/echo/x", ``, 400, `{"error":"the body is not valid JSON"}`},
		{"POST", "/echo/x", strings.Repeat(" ", jsonhttp.MaxBody-2) + "{}", 200, `{"count":0,"name":""}`},
		{"POST", "/echo/x", strings.Repeat(" ", jsonhttp.MaxBody-1) + "{}", 413, `{"error":"the body is longer than 65536 bytes"}`},
	} {
		w := httptest.NewRecorder()
		newMux().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), test.method, test.path, strings.NewReader(test.body)))
		assert.Equal(t, test.status, w.Code, "%s %s", test.method, test.path)
		assert.Equal(t, test.answer+"\n", w.Body.String(), "%s %s", test.method, test.path)
		assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	}
}

// What wraps a Mux, such as the instrumentation, reads the route from the request that it handed on.
func TestThePatternIsInTheRequestThatWasHandedOn(t *testing.T) {
	t.Parallel()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/echo/x", strings.NewReader("{}"))
	newMux().ServeHTTP(httptest.NewRecorder(), r)
	assert.Equal(t, "POST /echo/{name}", r.Pattern)
}

func TestAnAbortedAnswerIsAborted(t *testing.T) {
	t.Parallel()
	mux := &jsonhttp.Mux{}
	mux.Handle("GET /", func(http.ResponseWriter, *http.Request) error { panic(http.ErrAbortHandler) })
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		mux.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
	})
}

type transport func(r *http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, body string) transport {
	return func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body))}, nil
	}
}

func TestCall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		transport transport
		problem   string
	}{
		"success":        {answer(201, `{"n":7}`), ""},
		"refusal":        {answer(422, `{"error":"no money"}`), "no money (status 422)"},
		"strange error":  {answer(500, `<html>`), "the vault service answers with status 500 (status 502)"},
		"strange answer": {answer(200, `<html>`), "the answer of the vault service: invalid character '<' looking for beginning of value"},
		"no answer": {
			func(*http.Request) (*http.Response, error) { return nil, errors.New("refused") }, "the vault service cannot be reached (status 502)",
		},
		"late": {
			func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded }, "the vault service takes too long (status 504)",
		},
		"redirection": {answer(303, `{"n":7}`), ""}, // which is not followed
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := jsonhttp.NewClient("vault", "http://vault", test.transport)
			var out struct{ N int }
			_, err := client.Call(t.Context(), http.MethodPost, "/open", nil, map[string]int{"n": 6}, &out)
			if test.problem != "" {
				assert.EqualError(t, err, test.problem)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, 7, out.N)
		})
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	t.Cleanup(server.Close)
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	client := jsonhttp.NewClient("vault", server.URL, transport)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := client.Call(ctx, http.MethodGet, "/", nil, nil, nil)
	assert.EqualError(t, err, "the vault service takes too long (status 504)")
	gone, leave := context.WithCancel(t.Context())
	leave()
	_, err = client.Call(gone, http.MethodGet, "/", nil, nil, nil)
	assert.ErrorIs(t, err, context.Canceled)
}
