package gateway

import (
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/google/uuid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
)

// forward passes a request on under another path and answers with the service's answer. The header is all that the
// service gets to see of the caller's, besides the body.
func forward(w http.ResponseWriter, r *http.Request, service *jsonhttp.Client, header http.Header, path string) error {
	var body []byte
	if r.Method != http.MethodGet && r.ContentLength != 0 {
		var err error
		if body, err = jsonhttp.Body(r); err != nil {
			return err
		}
	}
	response, err := service.Send(r.Context(), r.Method, path, header, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); kind != "" {
		w.Header().Set("Content-Type", kind)
	}
	w.WriteHeader(response.StatusCode)
	// Through Write alone: what is copied by ReadFrom is not in the size that otelhttp tells.
	if _, err := io.Copy(struct{ io.Writer }{w}, response.Body); err != nil {
		panic(http.ErrAbortHandler) // the caller must not take half an answer for a whole one
	}
	return nil
}

// withKey returns the headers of a request that makes something, once for each idempotency key.
func withKey(r *http.Request, caller identity.Identity) http.Header {
	header := caller.Header()
	if key := r.Header.Get("Idempotency-Key"); key != "" {
		header.Set("Idempotency-Key", key)
	}
	return header
}

// withQuery returns a path with those parameters of the request's query that it has.
func withQuery(path string, r *http.Request, names ...string) string {
	query := make(url.Values)
	for _, name := range names {
		if value := r.FormValue(name); value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// forwardOf passes a request on to the path of what a UUID in its own path names, such as "/payments/%s".
func (g *gateway) forwardOf(w http.ResponseWriter, r *http.Request, header http.Header, name, what, format string) error {
	id, err := uuid.Parse(r.PathValue(name))
	if err != nil {
		return jsonhttp.NoSuch(what)
	}
	return forward(w, r, g.transaction, header, fmt.Sprintf(format, id))
}
