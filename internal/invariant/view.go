package invariant

import (
	"time"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spanwarden/spanwarden/internal/document"
)

// view shows a call to the interpreter. What costs something is read when it is asked for, once.
type view struct {
	call   *Call
	limits document.Limits

	asCall, asChild, asRequest, asResponse, asEnvironment, asUser, asSession, asClient object

	pathParameters                  pathParameters
	requestHeaders, responseHeaders headerMap
	shelf                           *shelf
	shared                          *bodies // from the shelf; nil: own
	own                             bodies
	query                           reading
	roleList                        ref.Val
}

func newView(limits document.Limits, s *shelf) *view {
	v := &view{limits: limits, shelf: s}
	v.asCall = object{typeCall, v}
	v.asChild = object{typeChild, v}
	v.asRequest = object{typeRequest, v}
	v.asResponse = object{typeResponse, v}
	v.asEnvironment = object{typeEnvironment, v}
	v.asUser = object{typeUser, v}
	v.asSession = object{typeSession, v}
	v.asClient = object{typeClient, v}
	v.pathParameters.view, v.pathParameters.finder = v, &v.pathParameters
	v.requestHeaders.finder = &v.requestHeaders
	v.responseHeaders.finder = &v.responseHeaders
	return v
}

// show turns to another call; nil lets go of the last one.
func (v *view) show(c *Call) {
	v.call = c
	v.roleList = nil
	v.pathParameters.forget()
	v.query.forget()
	if v.shared != nil {
		v.shared.readers--
		v.shared = nil
	} else {
		v.own.forget()
	}
	v.requestHeaders.list, v.responseHeaders.list = nil, nil
	if c != nil {
		v.shared = v.shelf.take(c)
		v.requestHeaders.list, v.requestHeaders.more = c.RequestHeaders, c.long&longRequestHeaders != 0
		v.responseHeaders.list, v.responseHeaders.more = c.ResponseHeaders, c.long&longResponseHeaders != 0
	}
}

// text is a field of text, missing if it is empty.
func text(s string) ref.Val {
	if s == "" {
		return errMissing
	}
	return types.String(s)
}

// bounded is a field of text that is unknown where it was too long to be kept.
func (v *view) bounded(s string, which long) ref.Val {
	if v.call.long&which != 0 {
		return errUnknown
	}
	return text(s)
}

func (v *view) status() ref.Val {
	if v.call.Status == 0 {
		return errMissing
	}
	return types.Int(v.call.Status)
}

func (v *view) duration() ref.Val {
	return types.Duration{Duration: time.Duration(v.call.End - v.call.Start)}
}

func (v *view) start() ref.Val {
	if v.call.Start == 0 {
		return errMissing
	}
	return types.Timestamp{Time: time.Unix(0, v.call.Start).UTC()}
}

func (v *view) roles() ref.Val {
	switch {
	case v.call.long&longRoles != 0:
		return errUnknown
	case len(v.call.Roles) == 0:
		return errMissing
	}
	if v.roleList == nil {
		v.roleList = types.NewStringList(types.DefaultTypeAdapter, v.call.Roles)
	}
	return v.roleList
}

func (v *view) requestBody() ref.Val  { return v.body(requestReading, &v.call.RequestBody) }
func (v *view) responseBody() ref.Val { return v.body(responseReading, &v.call.ResponseBody) }

func (v *view) body(which int, body *Body) ref.Val {
	root, err := v.read(which, body)
	if err != nil {
		return err
	}
	r := v.reading(which)
	if r.value == nil {
		r.value = valueOf(root)
	}
	return r.value
}

// read returns the root of a body, or why there is none.
func (v *view) read(which int, body *Body) (document.Node, *types.Err) {
	switch body.State {
	case NoBody:
		return document.Node{}, errMissing
	case LongBody:
		return document.Node{}, errUnknown
	}
	r := v.reading(which)
	if r.done && r.text != body.Text {
		r.forget()
	}
	if !r.done {
		r.done, r.text = true, body.Text
		if r.read(body, v.limits) != nil {
			r.err = errUnknown
		}
	}
	return r.document.Root(), r.err
}

func (v *view) reading(which int) *reading {
	if v.shared != nil {
		return &v.shared.readings[which]
	}
	return &v.own.readings[which]
}

// read takes a body of no known type for JSON: that is what APIs speak.
func (r *reading) read(body *Body, limits document.Limits) error {
	if body.Type == "application/x-www-form-urlencoded" {
		return r.document.Form(body.Text, limits)
	}
	return r.document.JSON(body.Text, limits)
}

// queryParameters are a map also where the call has no query: a parameter that is not there is missing either way.
func (v *view) queryParameters() ref.Val {
	r := &v.query
	if !r.done {
		r.done, r.value = true, errUnknown
		if r.document.Form(v.call.Query, v.limits) == nil {
			r.value = valueOf(r.document.Root())
		}
	}
	return r.value
}
