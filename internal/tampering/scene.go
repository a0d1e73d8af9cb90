package tampering

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// scene is a trace that can be read and changed field by field.
type scene struct {
	calls      []*call      // by start, then span id
	statements []*statement // that have parameters or literals
	front      *call        // nil if the trace has none
}

// call is one API call of a scene.
type call struct {
	span       ptrace.Span
	service    string
	api        string // "POST /orders/{id}"
	route      string
	user       string
	start      int64
	parent     *call       // nearest server span above
	client     ptrace.Span // the span right above, if it is a client's
	hasClient  bool
	path       []string // segments
	parameters []parameter
	query      []parameter
	asked      bool   // there was a query
	request    *value // body, nil if there is none that is JSON
	response   *value
	changed    bool
}

// parameter is one of a path or a query.
type parameter struct {
	name  string
	value *value // a text
	at    int    // segment of the path
}

// statement is a database statement of a scene.
type statement struct {
	span       ptrace.Span
	parent     *call
	text       string
	parameters []parameter
}

// Attributes of bodies, statements and the caller, in the order of precedence.
var (
	requestBodies  = []string{"http.request.body.content", "http.request.body"}
	responseBodies = []string{"http.response.body.content", "http.response.body"}
	queryTexts     = []string{"db.query.text", "db.statement"}
	users          = []string{"user.id", "enduser.id"}
	addresses      = []string{"url.path", "http.target", "url.full", "http.url"}
)

const (
	parameterPrefix = "db.query.parameter."
	statusCode      = "http.response.status_code"
)

// newScene reads a trace. What it changes later is the trace itself.
func newScene(t *Trace) *scene {
	sc := new(scene)
	r, _ := apicall.NewReader(apicall.Settings{}) // the zero settings are good
	var (
		scratch apicall.Scratch
		read    apicall.Call
		st      apicall.Statement
	)
	at := make(map[pcommon.SpanID]*call)
	spans := make(map[pcommon.SpanID]ptrace.Span)
	for span, resource := range t.all() {
		spans[span.SpanID()] = span
		switch r.Span(span, &scratch, &read, &st) {
		case apicall.APICall:
			c := newCall(span, &read)
			c.service = apicall.ServiceName(resource)
			at[span.SpanID()] = c
			sc.calls = append(sc.calls, c)
		case apicall.DBStatement:
			sc.statements = append(sc.statements, newStatement(span))
		default:
		}
	}
	slices.SortFunc(sc.calls, func(a, b *call) int {
		return cmp.Or(cmp.Compare(a.start, b.start), strings.Compare(a.api, b.api), strings.Compare(a.span.SpanID().String(), b.span.SpanID().String()))
	})
	for _, c := range sc.calls {
		sc.place(c, at, spans)
	}
	for _, st := range sc.statements {
		st.parent, _, _ = above(st.span, at, spans)
	}
	return sc
}

// place finds what is above a call. The front door is a call with no server span above it and nothing missing above it.
func (sc *scene) place(c *call, at map[pcommon.SpanID]*call, spans map[pcommon.SpanID]ptrace.Span) {
	var whole bool
	var first ptrace.Span
	c.parent, first, whole = above(c.span, at, spans)
	if whole && !c.span.ParentSpanID().IsEmpty() && first.Kind() == ptrace.SpanKindClient {
		c.client, c.hasClient = first, true
	}
	if c.parent == nil && (c.span.ParentSpanID().IsEmpty() || whole) && sc.front == nil {
		sc.front = c
	}
}

// above returns the nearest call above a span, the span right above it, and whether none is missing up to there.
func above(span ptrace.Span, at map[pcommon.SpanID]*call, spans map[pcommon.SpanID]ptrace.Span) (c *call, first ptrace.Span, whole bool) {
	first = span
	for depth := range 100 {
		id := span.ParentSpanID()
		if id.IsEmpty() {
			return nil, first, true
		}
		next, known := spans[id]
		if !known {
			return nil, first, false
		}
		span = next
		if depth == 0 {
			first = span
		}
		if c := at[id]; c != nil {
			return c, first, true
		}
	}
	return nil, first, false
}

func newCall(span ptrace.Span, read *apicall.Call) *call {
	c := &call{
		span: span, route: strings.Clone(read.Route), start: read.Start,
		api:  strings.TrimSpace(read.Method + " " + read.Route),
		user: attribute(span.Attributes(), users),
	}
	c.path = strings.Split(read.Path, "/")
	c.readPath(read.Path)
	c.readQuery()
	c.request = parse(attribute(span.Attributes(), requestBodies))
	c.response = parse(attribute(span.Attributes(), responseBodies))
	return c
}

// readPath finds the parameters that take whole segments: those of the route's end stand at the path's end.
func (c *call) readPath(path string) {
	route := strings.Split(c.route, "/")
	apicall.RouteParameters(c.route, path, func(name, value string) {
		plain := strings.TrimRight(name, "0123456789")
		for i := 1; i <= min(len(route), len(c.path)); i++ {
			template, at := route[len(route)-i], len(c.path)-i
			decoded, err := url.PathUnescape(c.path[at])
			if err == nil && decoded == value && strings.ContainsAny(template, "{:<*") && strings.Contains(template, plain) {
				c.parameters = append(c.parameters, parameter{strings.Clone(name), textValue(strings.Clone(value)), at})
				return
			}
		}
	})
}

func (c *call) readQuery() {
	query := attribute(c.span.Attributes(), []string{"url.query"})
	if query == "" {
		for _, name := range addresses[1:] {
			if _, after, ok := strings.Cut(attribute(c.span.Attributes(), []string{name}), "?"); ok {
				query, _, _ = strings.Cut(after, "#")
				break
			}
		}
	}
	query = strings.TrimPrefix(query, "?")
	if query == "" {
		return
	}
	c.asked = true
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			continue
		}
		if value, err = url.QueryUnescape(value); err == nil {
			c.query = append(c.query, parameter{name: name, value: textValue(value)})
		}
	}
}

func newStatement(span ptrace.Span) *statement {
	st := &statement{span: span, text: attribute(span.Attributes(), queryTexts)}
	for name, v := range span.Attributes().All() {
		if key, ok := strings.CutPrefix(name, parameterPrefix); ok {
			st.parameters = append(st.parameters, parameter{name: key, value: textValue(v.AsString())})
		}
	}
	return st
}

// place is a name for a parameter of all such statements.
func (st *statement) place(parameter string) string {
	return "db " + st.text[:min(len(st.text), 200)] + " " + parameter
}

func attribute(m pcommon.Map, names []string) string {
	for _, name := range names {
		if v, ok := m.Get(name); ok {
			return v.AsString()
		}
	}
	return ""
}

// fields are all values of the request: of the path, the query and the body.
func (c *call) fields() (all []leaf) {
	for i := range c.parameters {
		all = append(all, leaf{path: "req.path." + c.parameters[i].name, value: c.parameters[i].value})
	}
	for i := range c.query {
		all = append(all, leaf{path: "req.query." + c.query[i].name, value: c.query[i].value})
	}
	if c.request != nil {
		c.request.walk("req.body", nil, 0, 0, func(l leaf) { all = append(all, l) })
	}
	return all
}

// answer are all values of the response.
func (c *call) answer() (all []leaf) {
	if c.response != nil {
		c.response.walk("resp.body", nil, 0, 0, func(l leaf) { all = append(all, l) })
	}
	return all
}

// under is true for a call that was made, maybe through others, while the other one was answered.
func (c *call) under(other *call) bool {
	for range 100 {
		if c = c.parent; c == nil {
			return false
		}
		if c == other {
			return true
		}
	}
	return false
}
