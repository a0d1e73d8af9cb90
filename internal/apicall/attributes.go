package apicall

import (
	"math"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// slot is the place of one attribute of an HTTP call. Names of one field follow each other, stable name first.
type slot uint8

const (
	requestMethod slot = iota
	oldMethod
	statusCode
	oldStatusCode
	urlPath
	oldTarget
	oldURL
	urlFull
	route
	clientAddress
	oldClientIP
	forwardedFor
	oldForwardedFor
	peerAddress
	oldSockPeer
	oldPeerIP
	bodySize
	oldContentLength
	contentLengthHeader
	oldContentLengthHeader
	userAgent
	oldUserAgent
	slots  // their number
	noSlot = slots
)

// slotOf returns the slot of an attribute name, or noSlot. The compiler rejects by length first, without a look at the
// name; that measured as fast as a mask of lengths in front, and faster than a perfect hash.
func slotOf(name string) slot {
	switch name {
	case "http.request.method":
		return requestMethod
	case "http.method":
		return oldMethod
	case "http.response.status_code":
		return statusCode
	case "http.status_code":
		return oldStatusCode
	case "url.path":
		return urlPath
	case "http.target":
		return oldTarget
	case "http.url":
		return oldURL
	case "url.full":
		return urlFull
	case "http.route":
		return route
	case "client.address":
		return clientAddress
	case "http.client_ip":
		return oldClientIP
	case "http.request.header.x-forwarded-for":
		return forwardedFor
	case "http.request.header.x_forwarded_for":
		return oldForwardedFor
	case "network.peer.address":
		return peerAddress
	case "net.sock.peer.addr":
		return oldSockPeer
	case "net.peer.ip":
		return oldPeerIP
	case "http.response.body.size":
		return bodySize
	case "http.response_content_length":
		return oldContentLength
	case "http.response.header.content-length":
		return contentLengthHeader
	case "http.response.header.content_length":
		return oldContentLengthHeader
	case "user_agent.original":
		return userAgent
	case "http.user_agent":
		return oldUserAgent
	}
	return noSlot
}

// attributes are those of an HTTP call, each in its slot.
type attributes struct {
	value [slots]pcommon.Value
	seen  uint32 // a bit per slot
}

const (
	bitsMethodStatus = 1<<requestMethod | 1<<oldMethod | 1<<statusCode | 1<<oldStatusCode
	bitsPathRoute    = 1<<urlPath | 1<<oldTarget | 1<<oldURL | 1<<urlFull | 1<<route
)

func (a *attributes) read(m pcommon.Map) {
	for k, v := range m.All() {
		if i := slotOf(k); i != noSlot {
			a.value[i] = v
			a.seen |= 1 << i
		}
	}
}

// text returns the first of the slots from..to that holds text.
func (a *attributes) text(from, to slot) string {
	for i := from; i <= to; i++ {
		if s := a.value[i].Str(); s != "" { // "" also for the zero value
			return s
		}
	}
	return ""
}

// integer returns the first of the slots from..to that holds a number which is not negative.
func (a *attributes) integer(from, to slot) (int64, bool) {
	for i := from; i <= to; i++ {
		if a.seen>>i&1 == 0 {
			continue
		}
		if n, ok := integer(a.value[i]); ok {
			return n, true
		}
	}
	return 0, false
}

// integer reads a whole number which is not negative: an int, text that holds one (older SDKs, log parsers), a double
// (numbers out of JSON), or the first element of an array (a header).
func integer(v pcommon.Value) (int64, bool) {
	switch v.Type() {
	case pcommon.ValueTypeInt:
		return v.Int(), v.Int() >= 0
	case pcommon.ValueTypeStr:
		return parseInt(v.Str())
	case pcommon.ValueTypeDouble:
		f := v.Double()
		if f >= 0 && f < math.MaxInt64 && f == math.Trunc(f) {
			return int64(f), true
		}
	case pcommon.ValueTypeSlice:
		if s := v.Slice(); s.Len() > 0 && s.At(0).Type() != pcommon.ValueTypeSlice {
			return integer(s.At(0))
		}
	}
	return 0, false
}

// header returns the values of a header: an array of them, or one as text.
func header(v pcommon.Value, i int) (string, bool) {
	if v.Type() == pcommon.ValueTypeSlice {
		if s := v.Slice(); i < s.Len() {
			return s.At(i).Str(), true
		}
		return "", false
	}
	return v.Str(), i == 0 && v.Str() != ""
}
