package telemetry

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/baggage"
)

// echo is a service that reads its body and answers with another.
func echo() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sessions/{id}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		SetIdentity(r.Context(), Identity{UserID: "17", SessionID: "s-1", Roles: []string{"customer", "clerk"}})
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		fmt.Fprint(w, `{"id":"`+r.PathValue("id")+`","token":"abc"}`)
	})
	return mux
}

func login(t *testing.T, at string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at+"/sessions/4?city=Ulm&x=%20y",
		strings.NewReader(`{"username":"user0017","password":"correct-horse"}`))
	require.NoError(t, err)
	for name, value := range map[string]string{
		"Content-Type": "application/json", "User-Agent": "App/2.1", "X-Forwarded-For": "198.51.100.7, 10.0.0.1",
		"X-On-Behalf-Of": "9", "Idempotency-Key": "k-1", "X-Request-Id": "r-1", "Authorization": "Bearer secret",
	} {
		request.Header.Set(name, value)
	}
	return request
}

// byInstrumentation are the attributes of the server span of login that otelhttp sets, and cannot be told not to.
func byInstrumentation() map[string]any {
	return map[string]any{
		"http.request.method": "POST", "http.route": "/sessions/{id}", "http.response.status_code": int64(201),
		"client.address": "198.51.100.7", "network.peer.address": "127.0.0.1", "user_agent.original": "App/2.1",
		"url.path": "/sessions/4", "url.scheme": "http", "server.address": "127.0.0.1", "network.protocol.version": "1.1",
	}
}

func TestServerSpan(t *testing.T) {
	byOptIn := map[OptIns]map[string]any{
		User: {"user.id": "17", "user.roles": []any{"customer", "clerk"}, "session.id": "s-1"},
		Bodies: {
			"http.request.body.content":  `{"username":"user0017","password":"***"}`,
			"http.response.body.content": `{"id":"4","token":"***"}`,
		},
		Sizes: {"http.request.body.size": int64(50), "http.response.body.size": int64(24)},
		Query: {"url.query": "city=Ulm&x=%20y"},
		Headers: {
			"http.request.header.content-type": []any{"application/json"}, "http.request.header.x-on-behalf-of": []any{"9"},
			"http.request.header.idempotency-key": []any{"k-1"}, "http.request.header.x-request-id": []any{"r-1"},
			"http.response.header.content-type": []any{"application/json"},
		},
		Parameters: {}, Rows: {}, Text: {},
	}
	sets := []OptIns{All, None, User | Headers}
	for i := range words() {
		sets = append(sets, 1<<i)
	}
	for _, set := range sets {
		t.Run(set.String(), func(t *testing.T) {
			b := newBench(t)
			server := serve(t, b.service("account", Options{OptIns: set}).Handler(echo()))
			assert.Equal(t, http.StatusCreated, send(t, server.Client(), login(t, server.URL)))
			server.Close()

			span := b.spans().only(t, "POST /sessions/{id}")
			want := byInstrumentation()
			for group, attributes := range byOptIn {
				if set.Has(group) {
					maps.Copy(want, attributes)
				}
			}
			got := span.attributes()
			for _, key := range []string{"network.peer.port", "server.port"} {
				assert.NotZero(t, got[key], key)
				delete(got, key)
			}
			assert.Equal(t, want, got)
			assert.Equal(t, "Server", span.Kind().String())
			assert.Zero(t, span.DroppedAttributesCount())
			assert.Equal(t, "account", span.resource["service.name"])
			assert.Equal(t, "bank", span.resource["service.namespace"])
			assert.Equal(t, version, span.resource["service.version"])
			assert.Len(t, span.resource["service.instance.id"], 36)
			assert.Equal(t, "opentelemetry", span.resource["telemetry.sdk.name"])
		})
	}
}

func TestClientAddressIsThePeerWithoutAnotherOne(t *testing.T) {
	b := newBench(t)
	server := serve(t, b.service("account", Options{}).Handler(echo()))
	request := login(t, server.URL)
	request.Header.Del("X-Forwarded-For")
	send(t, server.Client(), request)
	server.Close()
	assert.Equal(t, "127.0.0.1", b.spans().only(t, "POST /sessions/{id}").attributes()["client.address"])
}

// TestOneTraceThroughSeveralServices also has them live in one process.
func TestOneTraceThroughSeveralServices(t *testing.T) {
	b := newBench(t)
	gateway := b.service("gateway", Options{OptIns: All, TrustRequestID: true})
	account := b.service("account", Options{OptIns: All})
	carried := make(chan string, 1)
	inner := http.NewServeMux()
	inner.HandleFunc("GET /accounts", func(w http.ResponseWriter, r *http.Request) {
		carried <- baggage.FromContext(r.Context()).Member("tenant").Value()
		fmt.Fprint(w, "[]")
	})
	accounts := serve(t, account.Handler(inner))
	outer := http.NewServeMux()
	outer.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		request, err := http.NewRequestWithContext(r.Context(), http.MethodGet, accounts.URL+"/accounts", http.NoBody)
		if !assert.NoError(t, err) {
			return
		}
		response, err := gateway.Transport().RoundTrip(request)
		if !assert.NoError(t, err) {
			return
		}
		defer response.Body.Close()
		_, err = io.Copy(w, response.Body)
		assert.NoError(t, err)
	})
	server := serve(t, gateway.Handler(outer))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	request.Header.Set("X-Request-Id", "0af7651916cd43dd8448eb211c80319c")
	request.Header.Set("baggage", "tenant=north")
	send(t, server.Client(), request)
	server.Close()
	accounts.Close()

	arrived := b.spans()
	first, call, second := arrived.only(t, "GET /"), arrived.only(t, "HTTP GET"), arrived.only(t, "GET /accounts")
	for _, span := range arrived {
		assert.Equal(t, "0af7651916cd43dd8448eb211c80319c", span.TraceID().String())
	}
	assert.True(t, first.ParentSpanID().IsEmpty())
	assert.Equal(t, first.SpanID(), call.ParentSpanID())
	assert.Equal(t, call.SpanID(), second.ParentSpanID())
	assert.Equal(t, "Client", call.Kind().String())
	assert.Equal(t, "gateway", call.resource["service.name"])
	assert.Equal(t, "account", second.resource["service.name"])
	assert.NotEqual(t, first.resource["service.instance.id"], second.resource["service.instance.id"])
	assert.Equal(t, "north", <-carried)
	assert.Equal(t, int64(2), first.attributes()["http.response.body.size"], "of a body that was copied to the answer")
	assert.Equal(t, "[]", first.attributes()["http.response.body.content"])
}

func TestIdentityFromDeepInside(t *testing.T) {
	b := newBench(t)
	service := b.service("account", Options{OptIns: User})
	server := serve(t, service.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		ctx, inner := service.provider.Tracer("test").Start(r.Context(), "inner")
		SetIdentity(ctx, Identity{UserID: "3"})
		SetIdentity(ctx, Identity{SessionID: "s"})
		inner.End()
	})))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	require.NoError(t, err)
	send(t, server.Client(), request)
	server.Close()
	arrived := b.spans()
	got := arrived.only(t, "GET").attributes()
	assert.Equal(t, "3", got["user.id"])
	assert.Equal(t, "s", got["session.id"])
	assert.NotContains(t, got, "user.roles")
	assert.Empty(t, arrived.only(t, "inner").attributes())
	SetIdentity(t.Context(), Identity{UserID: "nobody asked"})
}
