package invariant

import (
	"strings"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// Limits of what is kept of one call, besides its bodies, in bytes. What is longer is unknown.
const (
	maxPath       = 8 << 10
	maxText       = 1 << 10 // of user, role, session and user agent
	maxHeaderText = 4 << 10 // of one header

	parameterBytes = 64 // of the record of a bound parameter
)

// Reader reads what rules look at. It is safe for concurrent use; the [Scratch] is not.
type Reader struct {
	detailer   *apicall.Detailer
	statements *sqltext.Cache
	maxBody    int
}

// Scratch is the buffers of one goroutine. The zero value is ready for use.
type Scratch struct {
	details apicall.Details
	call    Call
}

// Reset lets go of the call that was read last.
func (s *Scratch) Reset() {
	s.details.Reset()
	s.call = Call{Roles: s.call.Roles[:0], RequestHeaders: s.call.RequestHeaders[:0], ResponseHeaders: s.call.ResponseHeaders[:0]}
}

// NewReader returns a reader that looks for bodies under those names. A body of more than maxBody bytes is not read:
// its fields are unknown. Parsed statements are taken from the cache.
func NewReader(names apicall.BodyNames, maxBody int, statements *sqltext.Cache) (*Reader, error) {
	d, err := apicall.NewDetailer(names)
	if err != nil {
		return nil, err
	}
	return &Reader{detailer: d, statements: statements, maxBody: maxBody}, nil
}

// Span reads the call of a server span as far as its rules want. The call is valid until the scratch is used again or
// the batch is released: see [Call.Keep]. It is nil for a call that no rule is about and that nobody's rule looks at.
func (r *Reader) Span(b *Book, service string, c *apicall.Call, m pcommon.Map, s *Scratch) *Call {
	api := b.API(service, c)
	if api == nil && !b.readsCalls {
		return nil
	}
	want := b.childWant
	if api != nil {
		want |= api.want | apicall.WantUser // whoever is told of a violation asks whose it is
	}
	s.details.Reset()
	if want != 0 {
		r.detailer.Read(m, want, &s.details)
	}
	out := r.call(service, c, api, s)
	out.later = b.childWant
	if api != nil {
		out.later |= api.late | apicall.WantUser
	}
	return out
}

// Whole is [Reader.Span] without any rules: it reads everything that there is of a call, and nothing of it is left out
// later.
func (r *Reader) Whole(service string, c *apicall.Call, m pcommon.Map, s *Scratch) *Call {
	s.details.Reset()
	r.detailer.Read(m, apicall.WantAll, &s.details)
	out := r.call(service, c, nil, s)
	out.later = apicall.WantAll
	return out
}

// LogRecord is [Reader.Span] for a record of an access log; there are no child calls in logs.
func (r *Reader) LogRecord(b *Book, service string, c *apicall.Call, rec plog.LogRecord, s *Scratch) *Call {
	api := b.API(service, c)
	if api == nil {
		return nil
	}
	s.details.Reset()
	r.detailer.LogRecord(rec, api.want|apicall.WantUser, &s.details)
	return r.call(service, c, api, s)
}

// WholeLogRecord is [Reader.Whole] for a record of an access log.
func (r *Reader) WholeLogRecord(service string, c *apicall.Call, rec plog.LogRecord, s *Scratch) *Call {
	s.details.Reset()
	r.detailer.LogRecord(rec, apicall.WantAll, &s.details)
	out := r.call(service, c, nil, s)
	out.later = apicall.WantAll
	return out
}

func (r *Reader) call(service string, c *apicall.Call, api *API, s *Scratch) *Call {
	d := &s.details
	roles, requestHeaders, responseHeaders := s.call.Roles[:0], s.call.RequestHeaders[:0], s.call.ResponseHeaders[:0]
	s.call = Call{
		TraceID: c.TraceID, SpanID: c.SpanID, Start: c.Start, End: c.End,
		Service: service, Method: c.Method, Route: c.Route, Status: c.Status, Client: c.Client, Peer: c.Peer,
		Query: d.Query, RequestBody: r.body(&d.RequestBody), ResponseBody: r.body(&d.ResponseBody),
		routeGiven: c.RouteGiven, api: api,
	}
	out := &s.call
	out.Path = out.fit(c.Path, maxPath, longPath)
	out.UserAgent = out.fit(c.UserAgent, maxText, longUserAgent)
	out.User = out.fit(d.User, maxText, longUser)
	out.Session = out.fit(d.Session, maxText, longSession)
	for _, role := range d.Roles {
		roles = append(roles, out.fit(role, maxText, longRoles))
	}
	if len(roles) >= apicall.MaxRoles { // there may have been more
		out.long |= longRoles
	}
	out.Roles = roles
	out.RequestHeaders = out.headers(requestHeaders, d.RequestHeaders, longRequestHeaders)
	out.ResponseHeaders = out.headers(responseHeaders, d.ResponseHeaders, longResponseHeaders)
	return out
}

// fit keeps a text of at most so many bytes. A longer one is cut, and what it was is unknown.
func (c *Call) fit(s string, limit int, which long) string {
	if len(s) > limit {
		c.long |= which
		return s[:limit]
	}
	return s
}

func (c *Call) headers(into []Header, all []apicall.Header, which long) []Header {
	for i := range all {
		h := Header{Name: all[i].Name, Value: all[i].Value}
		if h.Long = len(h.Value) > maxHeaderText; h.Long {
			h.Value = ""
		}
		into = append(into, h)
	}
	if len(all) >= apicall.MaxHeaders { // there may have been more
		c.long |= which
	}
	return into
}

func cut(s string) string { return s[:min(len(s), maxText)] }

func (r *Reader) body(b *apicall.Body) Body {
	switch {
	case !b.Present:
		return Body{}
	case len(b.Text) > r.maxBody:
		return Body{State: LongBody}
	}
	return Body{Text: b.Text, Type: b.Type, State: WholeBody}
}

// notStatements are operations that touch no rows: they begin and end what does, or ask how the connection is.
var notStatements = map[string]bool{
	"BEGIN": true, "START": true, "COMMIT": true, "ROLLBACK": true, "SAVEPOINT": true, "RELEASE": true, "END": true, "ABORT": true,
	"SET": true, "RESET": true, "SHOW": true, "PRAGMA": true, "PING": true, "USE": true, "DISCARD": true, "DEALLOCATE": true,
}

// Statement reads a database statement; nil for one that says nothing about rows, such as a commit. It does not point
// into the span.
func (r *Reader) Statement(st *apicall.Statement, m pcommon.Map) *Statement {
	out := &Statement{System: strings.Clone(cut(st.System)), Rows: st.Rows}
	if st.Text != "" && !otherLanguages[st.System] {
		out.SQL = r.statements.Get(st.Text, sqltext.DialectOf(st.System))
	}
	if out.SQL == nil || out.SQL.Operation == "" {
		if described := described(st); described != nil {
			out.SQL = described
		}
	}
	if out.SQL == nil {
		return nil
	}
	if notStatements[out.SQL.Operation] && len(out.SQL.Tables) == 0 {
		return nil
	}
	exact := apicall.Parameters(m, func(key, value string) {
		if len(value) > sqltext.MaxLiteral {
			value = value[:sqltext.MaxLiteral+1] // too long to be kept, which a part of it tells as well
		}
		key, value = internKey(key), strings.Clone(value)
		out.bytes += len(key) + len(value) + parameterBytes
		out.Parameters.Add(key, value)
	})
	if !exact {
		out.Parameters.Reset() // nobody knows where one of them ends
	}
	return out
}

// otherLanguages are systems whose statements are no SQL.
var otherLanguages = map[string]bool{
	"redis": true, "memcached": true, "mongodb": true, "couchbase": true, "couchdb": true, "dynamodb": true, "aws.dynamodb": true,
	"elasticsearch": true, "opensearch": true, "neo4j": true, "hbase": true, "geode": true, "influxdb": true, "azure.cosmosdb": true, "cosmosdb": true,
}

// described is a statement of which only operation and table are known, as the span or the first word of a text has
// them; nil if there is neither.
func described(st *apicall.Statement) *sqltext.Statement {
	operation := st.Operation
	if operation == "" && otherLanguages[st.System] {
		operation, _, _ = strings.Cut(strings.TrimSpace(cut(st.Text)), " ")
	}
	if operation == "" && st.Collection == "" {
		return nil
	}
	s := &sqltext.Statement{Operation: strings.Clone(strings.ToUpper(cut(operation))), Truncated: true}
	if st.Collection != "" {
		s.Tables = []string{strings.Clone(strings.ToLower(cut(st.Collection)))}
	}
	return s
}

// keys of parameters by position, which need no copy.
var keys = [...]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}

func internKey(key string) string {
	if len(key) == 1 && key[0]-'0' <= 9 {
		return keys[key[0]-'0']
	}
	return strings.Clone(key)
}

// Bytes is about how much memory the statement takes. Its text counts as if nobody shared it: whoever floods us with
// statements makes each a new one.
func (s *Statement) Bytes() int {
	return int(unsafe.Sizeof(*s)) + s.bytes + s.SQL.Bytes()
}
