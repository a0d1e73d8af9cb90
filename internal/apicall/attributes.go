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

// slotOf returns the slot of an attribute name, or noSlot. The length rejects most names without a look at their bytes.
// Names of more than 16 bytes are compared in two parts: the compiler turns each into loads, but the whole into a call.
// Measured over a span that saves a tenth; a mask of lengths in front saves nothing, a perfect hash is slower.
func slotOf(name string) slot {
	const part = 16
	switch len(name) {
	case 18:
		if name[part:] == "dr" && name[:part] == "net.sock.peer.ad" {
			return oldSockPeer
		}
	case 19:
		if name[part:] == "hod" && name[:part] == "http.request.met" {
			return requestMethod
		}
		if name[part:] == "nal" && name[:part] == "user_agent.origi" {
			return userAgent
		}
	case 20:
		if name[part:] == "ress" && name[:part] == "network.peer.add" {
			return peerAddress
		}
	case 23:
		if name[part:] == "dy.size" && name[:part] == "http.response.bo" {
			return bodySize
		}
	case 25:
		if name[part:] == "atus_code" && name[:part] == "http.response.st" {
			return statusCode
		}
	case 28:
		if name[part:] == "ntent_length" && name[:part] == "http.response_co" {
			return oldContentLength
		}
	case 35:
		return headerSlot(name)
	default:
		return shortSlot(name)
	}
	return noSlot
}

func shortSlot(name string) slot {
	switch name {
	case "http.method":
		return oldMethod
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
	case "net.peer.ip":
		return oldPeerIP
	case "http.user_agent":
		return oldUserAgent
	}
	return noSlot
}

func headerSlot(name string) slot {
	switch name {
	case "http.request.header.x-forwarded-for":
		return forwardedFor
	case "http.request.header.x_forwarded_for":
		return oldForwardedFor
	case "http.response.header.content-length":
		return contentLengthHeader
	case "http.response.header.content_length":
		return oldContentLengthHeader
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
