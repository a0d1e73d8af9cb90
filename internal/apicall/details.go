package apicall

import (
	"math"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Want says which details to read.
type Want uint8

// What may be wanted.
const (
	WantUser Want = 1 << iota // user, roles, session
	WantQuery
	WantRequestHeaders
	WantResponseHeaders
	WantRequestBody
	WantResponseBody

	WantAll = WantUser | WantQuery | WantRequestHeaders | WantResponseHeaders | WantRequestBody | WantResponseBody
)

// MaxRoles is the largest number of roles read of one call.
const MaxRoles = 64

// Detailer reads the details of calls. It is safe for concurrent use; the [Details] are not.
type Detailer struct {
	bodies  []bodyName
	lengths uint64 // a bit per length of a name in bodies, modulo 64
}

// NewDetailer compiles the names. It fails on a name that is empty or there twice.
func NewDetailer(n BodyNames) (*Detailer, error) {
	if n.Request == nil {
		n.Request = []string{"http.request.body.content", "http.request.body"}
	}
	if n.Response == nil {
		n.Response = []string{"http.response.body.content", "http.response.body"}
	}
	d := &Detailer{}
	if err := d.add("request", request, n.Request); err != nil {
		return nil, err
	}
	if err := d.add("response", response, n.Response); err != nil {
		return nil, err
	}
	return d, nil
}

// Details are what a call carries besides a [Call]. What was not wanted or is absent is empty. Strings and slices are
// valid until the next read into the same Details, or until the batch that they were read from is released, whichever
// comes first: clone what is to be kept. The zero value is ready for use.
type Details struct {
	// User is user.id or enduser.id, Session session.id. Text stays as it is, of any length; a number is its digits,
	// 1000 also for 1e3; of an array the first element counts.
	User, Session string
	// Roles are user.roles or enduser.role, an array or text divided by commas; at most 64.
	Roles []string
	// Query is url.query, else what follows "?" in http.target, url.full or http.url, without fragment; of any length
	// and still encoded. A "?" at its beginning, which some instrumentations leave there, is cut.
	Query string
	// HasQuery is true also for a query that is empty, as in "/orders?".
	HasQuery bool

	RequestBody, ResponseBody Body
	// RequestHeaders and ResponseHeaders are http.request.header.* and http.response.header.*, at most [MaxHeaders]
	// of each, in the order of the attributes.
	RequestHeaders, ResponseHeaders []Header

	scratch []byte // text that is not in the batch: numbers, names in lower case; at most some 40 KiB
}

// Reset lets go of the batch that was read last. It keeps buffers, which are bounded.
func (d *Details) Reset() {
	clear(d.Roles)
	clear(d.RequestHeaders)
	clear(d.ResponseHeaders)
	*d = Details{
		Roles: d.Roles[:0], RequestHeaders: d.RequestHeaders[:0], ResponseHeaders: d.ResponseHeaders[:0],
		scratch: d.scratch[:0],
	}
}

// detailSlot is the place of one attribute with a fixed name. Names of one field follow each other, stable name first.
type detailSlot uint8

const (
	userID detailSlot = iota
	oldUserID
	sessionID
	userRoles
	oldUserRole
	urlQuery
	targetWithQuery
	fullWithQuery
	oldURLWithQuery
	detailSlots // their number
	noDetail    = detailSlots
)

// detailSlotOf returns the slot of an attribute name, or noDetail.
func detailSlotOf(name string) detailSlot {
	switch name {
	case "user.id":
		return userID
	case "enduser.id":
		return oldUserID
	case "session.id":
		return sessionID
	case "user.roles":
		return userRoles
	case "enduser.role":
		return oldUserRole
	case "url.query":
		return urlQuery
	case "http.target":
		return targetWithQuery
	case "url.full":
		return fullWithQuery
	case "http.url":
		return oldURLWithQuery
	}
	return noDetail
}

// longestDetail is the length of enduser.role: longer names have no slot.
const longestDetail = len("enduser.role")

// detailAttributes are what one pass over the attributes found.
type detailAttributes struct {
	value       [detailSlots]pcommon.Value
	body        [sides]pcommon.Value
	contentType [sides]pcommon.Value
	rank        [sides]int // of body; 0 is none
	seen        uint16     // a bit per slot
	typed       uint8      // a bit per side with a content type
	old         uint8      // a bit per side with a header of which the name was changed
}

// Read fills into with what is wanted of the attributes of a call, in one pass over them. It allocates nothing once
// the slices have grown, but for bodies recorded as bytes, maps or arrays.
func (d *Detailer) Read(m pcommon.Map, want Want, into *Details) {
	into.Reset()
	var a detailAttributes
	for k, v := range m.All() {
		if d.lengths>>(len(k)%64)&1 == 1 {
			d.offer(&a, k, v)
		}
		if len(k) <= longestDetail {
			if i := detailSlotOf(k); i != noDetail {
				a.value[i] = v
				a.seen |= 1 << i
			}
		} else if s, name, ok := headerOf(k); ok {
			a.header(s, name, v, want, into)
		}
	}
	if want&WantUser != 0 {
		a.user(into)
	}
	if want&WantQuery != 0 {
		a.query(into)
	}
	if want&WantRequestBody != 0 {
		into.RequestBody = a.bodyOf(request, into)
	}
	if want&WantResponseBody != 0 {
		into.ResponseBody = a.bodyOf(response, into)
	}
}

// user fills what is known of the caller.
func (a *detailAttributes) user(d *Details) {
	d.User = a.scalar(userID, oldUserID, d)
	d.Session = a.scalar(sessionID, sessionID, d)
	for i := userRoles; i <= oldUserRole && len(d.Roles) == 0; i++ {
		if a.seen>>i&1 == 1 {
			d.addRoles(a.value[i])
		}
	}
}

// scalar returns the first of the slots from..to that is not empty.
func (a *detailAttributes) scalar(from, to detailSlot, d *Details) string {
	for i := from; i <= to; i++ {
		if a.seen>>i&1 == 0 {
			continue
		}
		if s := d.scalar(a.value[i]); s != "" {
			return s
		}
	}
	return ""
}

// query takes the first query that is not empty, else notes that there is an empty one.
func (a *detailAttributes) query(d *Details) {
	if q := a.value[urlQuery].Str(); q != "" { // "" also for the zero value
		d.Query, d.HasQuery = strings.TrimPrefix(q, "?"), true
		if d.Query != "" {
			return
		}
	}
	for i := targetWithQuery; i <= oldURLWithQuery && d.Query == ""; i++ {
		d.takeQuery(a.value[i].Str())
	}
}

// takeQuery reads the query of a request target or URL, if it has one.
func (d *Details) takeQuery(target string) {
	target, _, _ = strings.Cut(target, "#")
	if _, q, ok := strings.Cut(target, "?"); ok {
		d.Query, d.HasQuery = q, true
	}
}

// addRoles reads an array of roles, or one text.
func (d *Details) addRoles(v pcommon.Value) {
	if v.Type() != pcommon.ValueTypeSlice {
		d.splitRoles(d.scalar(v))
		return
	}
	for _, element := range v.Slice().All() {
		if len(d.Roles) == MaxRoles {
			return
		}
		if element.Type() == pcommon.ValueTypeSlice {
			continue
		}
		if role := strings.TrimSpace(d.scalar(element)); role != "" {
			d.Roles = append(d.Roles, role)
		}
	}
}

func (d *Details) splitRoles(list string) {
	for list != "" && len(d.Roles) < MaxRoles {
		var role string
		role, list, _ = strings.Cut(list, ",")
		if role = strings.TrimSpace(role); role != "" {
			d.Roles = append(d.Roles, role)
		}
	}
}

// scalar is the text of a scalar, or of the first element of an array; "" for all else.
func (d *Details) scalar(v pcommon.Value) string {
	if v.Type() == pcommon.ValueTypeSlice {
		s := v.Slice()
		if s.Len() == 0 || s.At(0).Type() == pcommon.ValueTypeSlice {
			return ""
		}
		v = s.At(0)
	}
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return v.Str()
	case pcommon.ValueTypeInt, pcommon.ValueTypeDouble, pcommon.ValueTypeBool:
		n := len(d.scratch)
		d.scratch = appendScalar(d.scratch, v)
		return view(d.scratch[n:]) // stays valid when scratch moves, as nothing overwrites it before the next read
	}
	return ""
}

// any is the text of every value: bytes as they are, structures as JSON.
func (d *Details) any(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeBytes:
		return view(v.Bytes().AsRaw())
	case pcommon.ValueTypeMap, pcommon.ValueTypeSlice:
		return v.AsString()
	}
	return d.scalar(v)
}

// appendScalar appends the text of an int, a double or a bool. JSON has no integers: 42.0 is 42.
func appendScalar(dst []byte, v pcommon.Value) []byte {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return strconv.AppendInt(dst, v.Int(), 10)
	case pcommon.ValueTypeDouble:
		if f := v.Double(); f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return strconv.AppendInt(dst, int64(f), 10)
		}
		return strconv.AppendFloat(dst, v.Double(), 'g', -1, 64)
	case pcommon.ValueTypeBool:
		return strconv.AppendBool(dst, v.Bool())
	}
	return dst
}
