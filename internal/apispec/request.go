package apispec

import (
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
)

// request writes what the operation at hand takes.
func (w *writer) request() {
	for _, p := range w.op.parameters() {
		w.parameter(p)
	}
	if body := w.op.spec.RequestBody; body != nil && body.Value != nil {
		w.requestBody(body.Value)
	}
}

// Parts of a request.
var (
	inPath   = part{name: "req.path", id: "req.path", words: "in the path", mode: text}
	inQuery  = part{name: "req.query", id: "req.query", words: "in the query", mode: texts}
	inHeader = part{name: "req.header", id: "req.header", words: "among the request's headers", mode: text}
)

// parameter writes what is known of one parameter.
func (w *writer) parameter(p *openapi3.Parameter) {
	in, name := partOf(p), p.Name
	where := shown(p.Name) + " of " + w.op.text()
	switch {
	case in == nil:
		w.notes.add("a parameter in a cookie is not checked", where)
		return
	case in.name == inHeader.name:
		if name = strings.ToLower(name); name == "accept" || name == "content-type" || name == "authorization" {
			return // the specification has these ignored
		}
	case in.name == inPath.name && !strings.Contains(w.op.template, "{"+name+"}"):
		w.notes.add("a parameter that the path does not have is not checked", where)
		return
	}
	whole := value{part: in, expr: in.name}
	v := whole.member(name, p.Required || in.name == inPath.name)
	if in.name == inQuery.name && p.Required {
		w.mustHaveQuery(name)
	}
	switch {
	case p.Schema == nil:
		w.notes.add("a parameter that is not described by a schema is not checked", where)
	case isEncoded(p):
		w.notes.add("a list or an object that a parameter has in one text is not checked", where)
	default:
		w.whole(v, p.Schema)
	}
}

// partOf is where a parameter is; nil for a cookie.
func partOf(p *openapi3.Parameter) *part {
	switch p.In {
	case openapi3.ParameterInPath:
		return &inPath
	case openapi3.ParameterInQuery:
		return &inQuery
	case openapi3.ParameterInHeader:
		return &inHeader
	}
	return nil
}

// isEncoded is true for a parameter that has several values in one text, or its members as parameters of other names.
func isEncoded(p *openapi3.Parameter) bool {
	if p.Schema.Value == nil {
		return false
	}
	types := p.Schema.Value.Type
	if types.Includes(openapi3.TypeObject) || len(p.Schema.Value.Properties) > 0 {
		return true
	}
	isList := types.Includes(openapi3.TypeArray) || p.Schema.Value.Items != nil
	exploded := p.In == openapi3.ParameterInQuery && (p.Style == "" || p.Style == openapi3.SerializationForm) && (p.Explode == nil || *p.Explode)
	return isList && !exploded
}

// mustHaveQuery asks for a parameter where there is a query at all: not all telemetry has queries.
func (w *writer) mustHaveQuery(name string) {
	in := inQuery
	in.when = "size(req.query) > 0"
	check := presence(in.name, name)
	w.rule(&in, name, "required", commonSense, check, "the query has no "+shown(name)+", which the API's description requires")
}

// requestBody writes what is known of the body.
func (w *writer) requestBody(body *openapi3.RequestBody) {
	in := &part{name: "req.body", id: "req.body", words: "in the request's body"}
	schema, mode, why := readable(body.Content)
	if why != "" {
		w.notes.add(why, "the request's body of "+w.op.text())
	}
	if schema == nil {
		return
	}
	in.mode = mode
	w.whole(value{part: in, expr: in.name, required: body.Required}, schema)
}

// readable is the schema of the media types that rules can read, JSON and forms; nil if there is none, with why.
func readable(content openapi3.Content) (schema *openapi3.SchemaRef, m mode, why string) {
	var json, form *openapi3.SchemaRef
	for _, name := range slices.Sorted(maps.Keys(content)) {
		media := content[name]
		if media == nil || media.Schema == nil {
			continue
		}
		switch kind := mediaType(name); {
		case kind == "application/x-www-form-urlencoded":
			form = media.Schema
		case isJSON(kind) && json == nil, kind == "*/*" && json == nil && isStructured(media.Schema):
			json = media.Schema
		case isJSON(kind) && json.Value != media.Schema.Value:
			return nil, typed, "a body with several forms in JSON is not checked"
		}
	}
	switch {
	case json == nil && form == nil:
		if len(content) > 0 {
			why = "a body that is neither JSON nor a form is not checked"
		}
		return nil, typed, why
	case form == nil:
		return json, typed, ""
	case json == nil:
		return form, texts, ""
	case json.Value == form.Value:
		return json, either, ""
	}
	return nil, typed, "a body that may be JSON or a form with other members is not checked"
}

func mediaType(name string) string {
	name, _, _ = strings.Cut(name, ";")
	return strings.ToLower(strings.TrimSpace(name))
}

func isJSON(mediaType string) bool {
	return mediaType == "application/json" || mediaType == "text/json" || strings.HasSuffix(mediaType, "+json") || mediaType == "application/*"
}

// isStructured is true for an object or a list: any other text that is JSON by chance is none of these.
func isStructured(ref *openapi3.SchemaRef) bool {
	if ref.Value == nil {
		return false
	}
	v := ref.Value
	return v.Type.Is(openapi3.TypeObject) || v.Type.Is(openapi3.TypeArray) || len(v.Properties) > 0 || v.Items != nil
}
