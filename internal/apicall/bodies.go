package apicall

import (
	"errors"
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// BodyNames are the attributes that hold bodies, the one that is preferred first. Nil means the defaults, an empty list
// none. No released convention has them yet.
type BodyNames struct {
	Request  []string // default: http.request.body.content, http.request.body
	Response []string // default: http.response.body.content, http.response.body
}

// Body is the body of a request or a response.
type Body struct {
	// Text is the body, of any length; its bytes need not be UTF-8. A body that was recorded as a structure is JSON.
	Text string
	// Present is true if there is a body and it is not empty.
	Present bool
	// Type is the media type of the content-type header, in lower case and without parameters; "" when unknown.
	Type string
}

// bodyName is one entry of BodyNames.
type bodyName struct {
	name string
	side side
	rank int // 1 is preferred
}

// side is the request or the response of a call.
type side uint8

const (
	request side = iota
	response
	sides // their number
)

// add takes the names of one side.
func (d *Detailer) add(what string, s side, names []string) error {
	for i, name := range names {
		if name == "" {
			return errors.New(what + " body: an attribute name is empty: remove it, or name the attribute that holds the body")
		}
		if slices.ContainsFunc(d.bodies, func(b bodyName) bool { return b.name == name }) {
			return fmt.Errorf("%s body: %q is named twice: remove one of the two", what, name)
		}
		d.bodies = append(d.bodies, bodyName{name: name, side: s, rank: i + 1})
		d.lengths |= 1 << (len(name) % 64)
	}
	return nil
}

// offer takes the attribute if it holds a body and none that is preferred to it was there before.
func (d *Detailer) offer(a *detailAttributes, name string, v pcommon.Value) {
	for i := range d.bodies {
		b := &d.bodies[i]
		if b.name != name {
			continue
		}
		if (a.rank[b.side] == 0 || b.rank < a.rank[b.side]) && !isEmpty(v) {
			a.rank[b.side], a.body[b.side] = b.rank, v
		}
		return
	}
}

// isEmpty is true for a value that counts as absent.
func isEmpty(v pcommon.Value) bool {
	switch v.Type() {
	case pcommon.ValueTypeEmpty:
		return true
	case pcommon.ValueTypeStr:
		return v.Str() == ""
	case pcommon.ValueTypeBytes:
		return v.Bytes().Len() == 0
	}
	return false
}

func (a *detailAttributes) bodyOf(s side, d *Details) Body {
	if a.rank[s] == 0 {
		return Body{}
	}
	b := Body{Text: d.any(a.body[s])}
	b.Present = b.Text != ""
	if b.Present && a.typed>>s&1 == 1 {
		b.Type = d.mediaType(a.contentType[s])
	}
	return b
}
