package apicall

import (
	"iter"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Limits of headers: a caller picks them where all are captured.
const (
	// MaxHeaders is the largest number of headers read of a request or a response.
	MaxHeaders = 128
	// maxHeaderName is the longest name of a header, and the longest media type; longer ones are passed by.
	maxHeaderName = 128
)

// Header is one header of a request or a response.
type Header struct {
	// Name is in lower case, with "-" for the "_" that older conventions write.
	Name string
	// Value is the first value, as it is.
	Value string
	// More is true if there are further values; see [Header.Values].
	More bool

	values pcommon.Slice // of all values, if More
	old    bool          // the name was changed
}

// Values yields every value, the first one included. Those that are no text are converted, which may allocate.
func (h Header) Values() iter.Seq[string] {
	return func(yield func(string) bool) {
		if !h.More {
			yield(h.Value)
			return
		}
		for _, v := range h.values.All() {
			if !yield(v.AsString()) {
				return
			}
		}
	}
}

// Header returns the first value of a header of the request, or else of the response. The name is in lower case, with
// "-". Only headers that were wanted are there.
func (d *Details) Header(request bool, name string) (string, bool) {
	list := d.ResponseHeaders
	if request {
		list = d.RequestHeaders
	}
	if i := indexHeader(list, name); i >= 0 {
		return list[i].Value, true
	}
	return "", false
}

func indexHeader(list []Header, name string) int {
	for i := range list {
		if list[i].Name == name {
			return i
		}
	}
	return -1
}

// headerOf returns the header that an attribute holds.
func headerOf(attribute string) (s side, name string, ok bool) {
	const (
		ofRequest  = "http.request.header."
		ofResponse = "http.response.header."
	)
	if len(attribute) <= len(ofRequest) || attribute[0] != 'h' {
		return 0, "", false
	}
	if name, ok = strings.CutPrefix(attribute, ofRequest); ok {
		return request, name, true
	}
	name, ok = strings.CutPrefix(attribute, ofResponse)
	return response, name, ok && name != ""
}

// header takes a header into the list of its side, and notes a content type.
func (a *detailAttributes) header(s side, name string, v pcommon.Value, want Want, d *Details) {
	if len(name) > maxHeaderName {
		return
	}
	list, headers, body := &d.RequestHeaders, WantRequestHeaders, WantRequestBody
	if s == response {
		list, headers, body = &d.ResponseHeaders, WantResponseHeaders, WantResponseBody
	}
	if want&body != 0 {
		a.noteType(s, name, v)
	}
	if want&headers != 0 && len(*list) < MaxHeaders {
		a.addHeader(s, list, name, v, d)
	}
}

// noteType remembers a content type; the name with "-" has precedence.
func (a *detailAttributes) noteType(s side, name string, v pcommon.Value) {
	if len(name) != len("content-type") {
		return
	}
	stable := name == "content-type"
	if stable || a.typed>>s&1 == 0 && (name == "content_type" || strings.EqualFold(name, "content-type")) {
		a.contentType[s] = v
		a.typed |= 1 << s
	}
}

// addHeader appends one header. Of two that differ only in how the name is written, the one written by the stable
// convention counts: a caller may send x_user_id beside the x-user-id that a gateway sets.
func (a *detailAttributes) addHeader(s side, list *[]Header, raw string, v pcommon.Value, d *Details) {
	h := Header{}
	if h.Value, h.More = d.firstValue(v); h.Value == "" && !h.More {
		return
	}
	if h.More {
		h.values = v.Slice()
	}
	h.Name, h.old = d.headerName(raw)
	if h.old || a.old>>s&1 == 1 {
		if i := indexHeader(*list, h.Name); i >= 0 {
			if (*list)[i].old && !h.old {
				(*list)[i] = h
			}
			return
		}
	}
	if h.old {
		a.old |= 1 << s
	}
	*list = append(*list, h)
}

// firstValue returns the first value of a header, and whether there are more.
func (d *Details) firstValue(v pcommon.Value) (string, bool) {
	return d.scalar(v), v.Type() == pcommon.ValueTypeSlice && v.Slice().Len() > 1
}

// headerName brings a name to lower case and "-"; changed is false if it was so already.
func (d *Details) headerName(raw string) (name string, changed bool) {
	for i := 0; i < len(raw); i++ {
		if c := raw[i]; c == '_' || classes[c]&upper != 0 {
			n := len(d.scratch)
			d.scratch = appendLower(d.scratch, raw)
			for j := n; j < len(d.scratch); j++ {
				if d.scratch[j] == '_' {
					d.scratch[j] = '-'
				}
			}
			return view(d.scratch[n:]), true
		}
	}
	return raw, false
}

// mediaType returns the media type out of a content type (RFC 9110, section 8.3.1).
func (d *Details) mediaType(v pcommon.Value) string {
	text, _, _ := strings.Cut(d.scalar(v), ";")
	text = strings.TrimSpace(text)
	if len(text) > maxHeaderName {
		return ""
	}
	for i := 0; i < len(text); i++ {
		if classes[text[i]]&upper != 0 {
			n := len(d.scratch)
			d.scratch = appendLower(d.scratch, text)
			return view(d.scratch[n:])
		}
	}
	return text
}

// appendLower appends s with ASCII capitals as small letters.
func appendLower(dst []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if classes[c]&upper != 0 {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}
