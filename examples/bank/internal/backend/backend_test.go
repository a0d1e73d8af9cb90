package backend_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"

	"github.com/spanwarden/spanwarden/examples/bank/internal/backend"
	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
)

func TestRefusalsOfTheDatabaseAreExplained(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		err    error
		status int
	}{
		"value":     {&pgconn.PgError{Code: "22021"}, http.StatusUnprocessableEntity},
		"busy":      {fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: "40001"}), http.StatusServiceUnavailable},
		"check":     {&pgconn.PgError{Code: "23514"}, http.StatusInternalServerError}, // which the service has to explain
		"other":     {errors.New("x"), http.StatusInternalServerError},
		"explained": {jsonhttp.Errorf(http.StatusConflict, "x"), http.StatusConflict},
	} {
		mux := &backend.Mux{}
		mux.Public("GET /", func(http.ResponseWriter, *http.Request) error { return test.err })
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody))
		assert.Equal(t, test.status, w.Code, name)
	}
}

func TestKnownCallersAreIdentified(t *testing.T) {
	t.Parallel()
	var told []string
	mux := &backend.Mux{Identify: func(_ context.Context, userID, _ string, _ []string) { told = append(told, userID) }}
	mux.Known("GET /things/{id}", func(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
		id, err := jsonhttp.PathID(r, "id", "thing")
		if err != nil {
			return err
		}
		return jsonhttp.Write(w, http.StatusOK, []int64{id, caller.User})
	})
	for _, test := range []struct {
		header http.Header
		path   string
		status int
		answer string
	}{
		{identity.Identity{User: 7}.Header(), "/things/42", http.StatusOK, "[42,7]"},
		{identity.Identity{User: 7}.Header(), "/things/x", http.StatusNotFound, `{"error":"there is no such thing"}`},
		{http.Header{}, "/things/42", http.StatusUnauthorized, `{"error":"the request does not say who it is made for"}`},
		{http.Header{"X-User-Id": {"x"}}, "/things/42", http.StatusUnauthorized, `{"error":"the request does not say who it is made for"}`},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, test.path, http.NoBody)
		r.Header = test.header
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		assert.Equal(t, test.status, w.Code)
		assert.JSONEq(t, test.answer, w.Body.String())
	}
	assert.Equal(t, []string{"7", "7"}, told)
}
