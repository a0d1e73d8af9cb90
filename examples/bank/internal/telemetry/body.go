package telemetry

import (
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/felixge/httpsnoop"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
)

// maxBody is how much of a body is recorded, in bytes.
const maxBody = 4 << 10

// The attributes of bodies, for which the conventions have no constants.
const (
	requestBodyKey  = attribute.Key("http.request.body.content")
	responseBodyKey = attribute.Key("http.response.body.content")
)

// head keeps the first bytes that are written to it. A body may still be read, to be sent on, when the handler has
// returned; hence the lock.
type head struct {
	mu   sync.Mutex
	text []byte
}

// Write takes all and keeps what there is room for.
func (h *head) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text = append(h.text, p[:min(len(p), maxBody-len(h.text))]...)
	return len(p), nil
}

func (h *head) bytes() []byte {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clip(h.text)
}

// tee returns the body as it is, with what is read of it written to a head.
func tee(body io.ReadCloser, to *head) io.ReadCloser {
	if body == nil || body == http.NoBody {
		return body
	}
	return struct {
		io.Reader
		io.Closer
	}{io.TeeReader(body, to), body}
}

// teeWriter returns a writer that is what w is, be it a Flusher or a Hijacker, and also writes the body to a head.
func teeWriter(w http.ResponseWriter, to *head) http.ResponseWriter {
	write := func(next httpsnoop.WriteFunc) httpsnoop.WriteFunc {
		return func(p []byte) (int, error) {
			n, err := next(p)
			_, _ = to.Write(p[:n])
			return n, err
		}
	}
	var tapped http.ResponseWriter
	// Copied by Write: the instrumentation does not count what goes past it through ReadFrom.
	readFrom := func(httpsnoop.ReadFromFunc) httpsnoop.ReadFromFunc {
		return func(from io.Reader) (int64, error) { return io.Copy(struct{ io.Writer }{tapped}, from) }
	}
	tapped = httpsnoop.Wrap(w, httpsnoop.Hooks{Write: write, ReadFrom: readFrom})
	return tapped
}

// captureBodies sets the bodies of a request and of its response on the span.
func captureBodies(span trace.Span, requestHeader http.Header, received *head, responseHeader http.Header, sent *head) {
	if text := received.bytes(); readable(requestHeader, text) {
		span.SetAttributes(requestBodyKey.String(redact(text)))
	}
	if text := sent.bytes(); readable(responseHeader, text) {
		span.SetAttributes(responseBodyKey.String(redact(text)))
	}
}

// readable tells whether a body is text, by the type that its header gives, or else as net/http finds out.
func readable(header http.Header, body []byte) bool {
	if len(body) == 0 || header.Get("Content-Encoding") != "" {
		return false
	}
	given := header.Get(contentType)
	if given == "" {
		given = http.DetectContentType(body)
	}
	media, _, err := mime.ParseMediaType(given)
	if err != nil {
		media = "" // not even a type: nothing is known of it
	}
	return strings.HasPrefix(media, "text/") || media == "application/json" || strings.HasSuffix(media, "+json")
}
