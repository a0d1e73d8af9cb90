package invariant

import (
	"strings"
	"unsafe"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// Call is what rules can see of one API call. As [Reader.Span] fills it, its texts point into the span that it was read
// from; [Call.Keep] returns one that stands on its own.
type Call struct {
	TraceID pcommon.TraceID
	SpanID  pcommon.SpanID
	// Start and End are in ns since the epoch, Start <= End.
	Start, End int64

	Service, Method, Route, Path    string
	Client, Peer, UserAgent         string
	User, Session                   string // "" when absent
	Roles                           []string
	Status                          int // 0 when unknown
	Query                           string
	RequestBody, ResponseBody       Body
	RequestHeaders, ResponseHeaders []Header

	routeGiven bool // and no guess

	long  long
	later apicall.Want // what is still looked at when the call has settled
	bytes int          // of a kept call
	api   *API         // whose rules are judged; nil: none
}

// Body is a body as it was recorded.
type Body struct {
	Text  string
	Type  string // media type, lower-case, "" when unknown
	State BodyState
}

// BodyState is how much of a body there is.
type BodyState uint8

const (
	// NoBody was recorded: its fields are missing.
	NoBody BodyState = iota
	// WholeBody is there to be read.
	WholeBody
	// LongBody was recorded, but is longer than the limit: its fields are unknown.
	LongBody
)

// Header is a header with its first value; the name is lower-case.
type Header struct {
	Name, Value string
	Long        bool // the value was too long to be kept: it is unknown
}

// long are the parts of a call that were too long to be kept: what is known of them is not the whole.
type long uint8

const (
	longPath long = 1 << iota
	longUserAgent
	longUser
	longSession
	longRoles
	longRequestHeaders
	longResponseHeaders
)

// Statement is what rules can see of one database statement.
type Statement struct {
	SQL        *sqltext.Statement
	Parameters sqltext.Parameters
	System     string // db.system.name
	Rows       int64  // -1 when unknown

	bytes int // of the parameters
}

// API returns the rules that are judged on the call, nil if there are none.
func (c *Call) API() *API { return c.api }

// Adopt gives a call that was read whole, as [Reader.Whole] does, to the rules of a book. Nobody else may use the call at
// that time.
func (b *Book) Adopt(c *Call) {
	c.api = b.API(c.Service, &apicall.Call{Method: c.Method, Route: c.Route, RouteGiven: c.routeGiven, Path: c.Path})
}

// Endpoint returns method and route, such as "GET /orders/{id}".
func (c *Call) Endpoint() string {
	if c.Method == "" || c.Route == "" {
		return c.Method + c.Route
	}
	return c.Method + " " + c.Route
}

// Keep returns a call with texts of its own, all of them in one allocation.
func (c *Call) Keep() *Call { return c.kept() }

// KeepDeferred is Keep for a call whose [API].Immediate rules have been judged: it has what is still to be looked at, by
// its own rules that are deferred and by rules about the call that made it.
func (c *Call) KeepDeferred() *Call {
	rest := *c
	rest.leaveOut()
	return rest.kept()
}

func (c *Call) kept() *Call {
	kept := *c
	var k keeper
	kept.texts(k.measure)
	for i := range kept.Roles {
		k.measure(&kept.Roles[i])
	}
	for _, list := range [...][]Header{kept.RequestHeaders, kept.ResponseHeaders} {
		for i := range list {
			k.measure(&list[i].Name)
			k.measure(&list[i].Value)
		}
	}
	k.buffer.Grow(k.size)
	kept.texts(k.keep)
	kept.Roles = append([]string(nil), kept.Roles...)
	for i := range kept.Roles {
		k.keep(&kept.Roles[i])
	}
	kept.RequestHeaders = k.headers(kept.RequestHeaders)
	kept.ResponseHeaders = k.headers(kept.ResponseHeaders)
	kept.bytes = k.size + int(unsafe.Sizeof(*c)) + len(kept.Roles)*16 + (len(kept.RequestHeaders)+len(kept.ResponseHeaders))*40
	return &kept
}

// leaveOut lets go of what is not looked at any more. What is left out is missing: nobody asks for it.
func (c *Call) leaveOut() {
	if c.later&apicall.WantUser == 0 {
		c.User, c.Session, c.Roles = "", "", nil
	}
	if c.later&apicall.WantQuery == 0 {
		c.Query = ""
	}
	if c.later&apicall.WantRequestHeaders == 0 {
		c.RequestHeaders = nil
	}
	if c.later&apicall.WantResponseHeaders == 0 {
		c.ResponseHeaders = nil
	}
	if c.later&apicall.WantRequestBody == 0 {
		c.RequestBody = Body{}
	}
	if c.later&apicall.WantResponseBody == 0 {
		c.ResponseBody = Body{}
	}
}

// Bytes is about how much memory a kept call takes.
func (c *Call) Bytes() int { return c.bytes }

// texts calls each for every text of the call but those in lists.
func (c *Call) texts(each func(*string)) {
	for _, text := range [...]*string{
		&c.Service, &c.Method, &c.Route, &c.Path, &c.Client, &c.Peer, &c.UserAgent, &c.User, &c.Session,
		&c.Query, &c.RequestBody.Text, &c.RequestBody.Type, &c.ResponseBody.Text, &c.ResponseBody.Type,
	} {
		each(text)
	}
}

// keeper copies texts into one buffer that has room for all of them.
type keeper struct {
	size   int
	buffer strings.Builder
}

func (k *keeper) measure(text *string) { k.size += len(*text) }

func (k *keeper) keep(text *string) {
	from := k.buffer.Len()
	k.buffer.WriteString(*text)
	*text = k.buffer.String()[from:]
}

func (k *keeper) headers(list []Header) []Header {
	if len(list) == 0 {
		return nil
	}
	kept := append([]Header(nil), list...)
	for i := range kept {
		k.keep(&kept[i].Name)
		k.keep(&kept[i].Value)
	}
	return kept
}
