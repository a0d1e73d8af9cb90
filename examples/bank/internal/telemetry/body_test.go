package telemetry

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestBodies has bodies of several types and lengths.
func TestBodies(t *testing.T) {
	long := `{"items":[` + strings.Repeat(`"0123456789",`, 1000) + `""],"token":"secret"}`
	for _, test := range []struct {
		name        string
		header      http.Header
		sent        string
		want        any // nil: not recorded
		contentType string
	}{
		{name: "JSON with a charset", contentType: "application/json; charset=utf-8", sent: `{"a":1}`, want: `{"a":1}`},
		{name: "a problem", contentType: "application/problem+json", sent: `{"a":1}`, want: `{"a":1}`},
		{name: "text", contentType: "text/csv", sent: "a,b", want: "a,b"},
		{name: "untyped text", sent: "hello", want: "hello"},
		{name: "untyped binary", sent: "\x00\x01\x02", want: nil},
		{name: "binary", contentType: "application/octet-stream", sent: "abc", want: nil},
		{name: "no type at all", contentType: ";;", sent: "abc", want: nil},
		{name: "zipped", contentType: "text/plain", header: http.Header{"Content-Encoding": {"gzip"}}, sent: "abc", want: nil},
		{name: "empty", contentType: "text/plain", sent: "", want: nil},
		{name: "long", contentType: "application/json", sent: long, want: long[:maxBody]},
		{name: "not UTF-8", contentType: "text/plain", sent: "a\xffb", want: "a\uFFFDb"},
		{
			name: "cut in the middle of a letter", contentType: "text/plain",
			sent: strings.Repeat("€", 2000), want: strings.Repeat("€", maxBody/3) + "\uFFFD",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			var heard []byte
			service := b.service("account", Options{OptIns: Bodies | Sizes})
			server := serve(t, service.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var err error
				heard, err = io.ReadAll(r.Body)
				assert.NoError(t, err)
				if test.contentType != "" {
					w.Header().Set("Content-Type", test.contentType)
				}
				maps.Copy(w.Header(), test.header)
				for part := range slices.Chunk(heard, 1000) {
					_, err := w.Write(part)
					assert.NoError(t, err)
					w.(http.Flusher).Flush()
				}
			})))
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL, strings.NewReader(test.sent))
			require.NoError(t, err)
			if test.contentType != "" {
				request.Header.Set("Content-Type", test.contentType)
			}
			maps.Copy(request.Header, test.header)
			client := server.Client()
			client.Transport.(*http.Transport).DisableCompression = true // it would unzip
			response, err := client.Do(request)
			require.NoError(t, err)
			defer response.Body.Close()
			answer, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			server.Close()

			assert.Equal(t, test.sent, string(heard), "the handler gets all")
			assert.Equal(t, test.sent, string(answer), "and so does the caller")
			got := b.spans().only(t, "POST").attributes()
			assert.Equal(t, test.want, got["http.request.body.content"])
			assert.Equal(t, test.want, got["http.response.body.content"])
			if test.sent != "" {
				assert.Equal(t, int64(len(test.sent)), got["http.request.body.size"])
				assert.Equal(t, int64(len(test.sent)), got["http.response.body.size"])
			}
		})
	}
}

func TestPanicKeepsWhatIsKnown(t *testing.T) {
	b := newBench(t)
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	})
	server := serve(t, b.service("account", Options{OptIns: All}).Handler(http.HandlerFunc(mux.ServeHTTP)))
	response, err := http.Post(server.URL, "application/json", strings.NewReader(`{"a":1}`))
	if err == nil {
		response.Body.Close()
	}
	require.Error(t, err)
	http.DefaultClient.CloseIdleConnections()
	server.Close()
	arrived := b.spans()
	require.Len(t, arrived, 1)
	assert.Equal(t, `{"a":1}`, arrived[0].attributes()["http.request.body.content"])
	assert.Equal(t, "/", arrived[0].attributes()["http.route"])
}

// TestWhatCallersSendDoesNotLoseSpans sends texts that a request to the receiver must not hold.
func TestWhatCallersSendDoesNotLoseSpans(t *testing.T) {
	b := newBench(t)
	server := serve(t, b.service("account", Options{OptIns: All}).Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		SetIdentity(r.Context(), Identity{UserID: "\xff", Roles: []string{"a", "\xff"}})
	})))
	address, err := url.Parse(server.URL)
	require.NoError(t, err)
	address.Path, address.RawQuery = "/\xff", "q=\xfe"
	request := (&http.Request{
		Method: http.MethodPost, URL: address, Body: io.NopCloser(strings.NewReader("\xff")),
		Header: http.Header{"User-Agent": {"\xff"}, "X-Forwarded-For": {"\xff"}, "Content-Type": {"text/plain"}, "Idempotency-Key": {"\xffk"}},
	}).WithContext(t.Context())
	assert.Equal(t, http.StatusOK, send(t, server.Client(), request))
	server.Close()
	got := b.spans().only(t, "POST").attributes()
	for key, want := range map[string]any{
		"url.path": "/\uFFFD", "url.query": "q=\uFFFD", "user_agent.original": "\uFFFD", "client.address": "\uFFFD", "user.id": "\uFFFD",
		"user.roles": []any{"a", "\uFFFD"}, "http.request.header.idempotency-key": []any{"\uFFFDk"}, "http.request.body.content": "\uFFFD",
	} {
		assert.Equal(t, want, got[key], key)
	}
}

func TestWithoutABody(t *testing.T) {
	b := newBench(t)
	server := serve(t, b.service("account", Options{OptIns: All}).Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, http.NoBody, r.Body, "its identity means something to net/http")
		assert.NoError(t, json.NewEncoder(w).Encode(map[string]int{"code": 1}))
		assert.NoError(t, http.NewResponseController(w).Flush())
	})))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	send(t, server.Client(), request)
	server.Close()
	assert.JSONEq(t, `{"code":"***"}`, b.spans().only(t, "GET").attributes()["http.response.body.content"].(string))
}
