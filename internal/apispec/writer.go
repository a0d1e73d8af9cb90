package apispec

import (
	"maps"
	"math"
	"net/http"
	"slices"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Bounds of what is written of one part of a call, such as a body.
const (
	maxSchemas = 5000
	maxMembers = 12 // members inside each other

	maxSchemasInAll = 500_000
	maxDrafts       = 10 * MaxRules
)

// writer writes rules and columns of a description.
type writer struct {
	options  Options
	document *openapi3.T

	apis    []rulefile.API
	columns []Column
	notes   notes
	ids     ids

	op      *operation      // at hand
	rules   []rulefile.Rule // of it
	drafted int             // rules of others
	left    int             // schemas of the part at hand that may still be read
	inAll   int             // those that were read of all parts
}

// write writes requests, statuses and responses. Of a large description, responses lose most.
func (w *writer) write() []rulefile.Rule {
	operations := w.operations()
	for _, op := range operations {
		w.apis = append(w.apis, op.apis...)
	}
	requests, statuses, responses := w.each(operations, w.request), w.each(operations, w.statuses), w.each(operations, w.responses)
	cut := func(i int) { w.notes.add(veryLarge, operations[i].text()) }
	all := requests.shared(max(MaxRules*6/10, MaxRules-statuses.count()-responses.count()), cut)
	all = append(all, statuses.shared(min(MaxRules/10, MaxRules-len(all)), cut)...)
	return append(all, responses.shared(MaxRules-len(all), cut)...)
}

// each writes something of all operations.
func (w *writer) each(operations []*operation, write func()) drafts {
	var all drafts
	for _, op := range operations {
		w.op, w.rules = op, nil
		write()
		all = append(all, w.rules)
		w.drafted += len(w.rules)
	}
	return all
}

// spec is what was written.
func (w *writer) spec() *Spec {
	rules := compiling(w.write(), func(rule *rulefile.Rule, err error) { w.notes.add(why(err), rule.ID) })
	return &Spec{rules: rules, skipped: w.notes.sentences(), apis: w.apis, columns: w.columns}
}

const veryLarge = "what is very large is checked in part"

// tell notes what is left out of the operation at hand.
func (w *writer) tell(why string, v *value) {
	w.notes.add(why, v.name()+" of "+w.op.text())
}

// rule adds a rule about the operation at hand.
func (w *writer) rule(p *part, path, what, kind, check, says string) {
	if len(w.rules) == MaxRules || w.drafted+len(w.rules) >= maxDrafts || len(check) > rulefile.MaxExpressionBytes {
		w.notes.add(veryLarge, w.op.text())
		return
	}
	w.rules = append(w.rules, rulefile.Rule{
		ID: w.id(w.op.id, p.id, path, what), Kind: kind, Services: w.options.Services, APIs: w.op.apis,
		When: rulefile.Expression{Text: p.when}, Check: rulefile.Expression{Text: check},
		Message: message(says), Support: map[string]any{"source": source},
	})
}

const source = "openapi"

// id has the name of the service, if there is one.
func (w *writer) id(parts ...string) string {
	head := []string{source}
	if len(w.options.Services) == 1 {
		head = append(head, w.options.Services[0])
	}
	return w.ids.of(append(head, parts...)...)
}

const asDescribed = ", as the API's description has it"

// whole writes what a schema says of a part of a call.
func (w *writer) whole(v value, schema *openapi3.SchemaRef) {
	most := min(maxSchemas, maxSchemasInAll-w.inAll)
	w.left = most
	w.value(v, 0, schema)
	w.inAll += most - max(w.left, 0)
}

// value writes what the schemas say of a value and of all within it.
func (w *writer) value(v value, depth int, schemas ...*openapi3.SchemaRef) {
	m := merger{left: &w.left, above: v.above, tell: func(why string) { w.tell(why, &v) }}
	for _, schema := range schemas {
		m.add(schema, 0)
	}
	s := &m.shape
	v.above = append(slices.Clip(v.above), m.parts...)
	w.column(&v, s)
	if v.part.mode == typed || !isCompound(s) {
		for _, c := range w.conditionsOf(&v, s) {
			w.rule(v.part, v.path, c.what, c.kind, v.each(c.check), v.name()+" "+c.says+asDescribed)
		}
	}
	inside := v.orNull(s.null)
	switch {
	case depth == maxMembers:
		w.tell(veryLarge, &v)
	case len(s.items) > 0:
		w.elements(&inside, s, depth)
	default:
		w.members(&inside, s, depth)
	}
}

// conditionsOf are those of a value.
func (w *writer) conditionsOf(v *value, s *shape) []condition {
	all := conditions(s, v.part.mode, func(why string) { w.tell(why, v) })
	if v.part.mode == texts && len(v.loops) == 0 && s.one() != "" && !isCompound(s) {
		all = append(all, once)
	}
	return all
}

// isCompound is true for an object or a list, which a text cannot be.
func isCompound(s *shape) bool {
	return s.one() == openapi3.TypeArray || s.one() == openapi3.TypeObject
}

func (w *writer) elements(v *value, s *shape, depth int) {
	if v.part.mode != typed && s.isSized() {
		w.tell("the number of elements of a list in texts is not checked", v)
	}
	element, ok := v.element()
	switch {
	case !ok:
		w.tell("lists more than two deep inside each other are not checked", v)
	case v.part.mode != typed && len(v.loops) > 0, v.part.mode == text:
		w.tell("lists in texts are not checked", v)
	default:
		w.value(element, depth+1, s.items...)
	}
}

// members writes which members an object must and may have, and what they are.
func (w *writer) members(v *value, s *shape, depth int) {
	if len(s.members) == 0 && len(s.required) == 0 && !s.closed {
		return
	}
	if v.part.mode != typed && len(v.loops) > 0 {
		w.tell("objects in lists of texts are not checked", v)
		return
	}
	if s.closed {
		w.closed(v, s)
	}
	names := slices.Sorted(maps.Keys(s.members))
	for _, name := range s.required {
		if _, known := s.members[name]; !known {
			w.mustHave(v, name)
		}
	}
	for _, name := range names {
		w.member(v, name, slices.Contains(s.required, name), depth, s.members[name])
	}
}

func (w *writer) member(v *value, name string, required bool, depth int, schemas []*openapi3.SchemaRef) {
	readOnly, writeOnly := direction(schemas)
	isRequest := v.part.statuses == nil
	switch {
	case isRequest && readOnly:
		required = false
		w.mustNotSend(v, name)
	case !isRequest && writeOnly:
		w.mustNotShow(v, name)
		return
	case required:
		w.mustHave(v, name)
	}
	w.value(v.member(name, required), depth+1, schemas...)
}

func direction(schemas []*openapi3.SchemaRef) (readOnly, writeOnly bool) {
	for _, s := range schemas {
		if s != nil && s.Value != nil {
			readOnly, writeOnly = readOnly || s.Value.ReadOnly, writeOnly || s.Value.WriteOnly
		}
	}
	return readOnly, writeOnly
}

func (w *writer) mustHave(v *value, name string) {
	w.rule(v.part, joined(v.path, name), "required", commonSense, v.has(name), v.name()+" has no "+shown(name)+", which the API's description requires")
}

// mustNotSend is about members that the service sets. Those who put back what they got send them too.
func (w *writer) mustNotSend(v *value, name string) {
	if w.op.method == http.MethodPut {
		return
	}
	w.rule(v.part, joined(v.path, name), "read-only", novelty, v.hasNot(name), v.name()+" has "+shown(name)+", which the API's description leaves to the service")
}

// mustNotShow is about members that only requests have.
func (w *writer) mustNotShow(v *value, name string) {
	w.rule(v.part, joined(v.path, name), "write-only", novelty, v.hasNot(name), v.name()+" has "+shown(name)+", which the API's description keeps to requests")
}

// closed asks that there are no members but those that are described.
func (w *writer) closed(v *value, s *shape) {
	names := slices.Sorted(maps.Keys(s.members))
	check := v.each(func(e string) string { return e + ".all(f, f in " + texted(names) + ")" })
	w.rule(v.part, v.path, "known-members", novelty, check, v.name()+" has a member that the API's description does not have")
}

// column keeps what is known of a value.
func (w *writer) column(v *value, s *shape) {
	if len(w.columns)+len(w.op.apis) > MaxColumns {
		w.tell("of very many columns some are left out", v)
		return
	}
	path := v.part.name
	if v.path != "" {
		path += "." + v.path
	}
	c := Column{
		Path: path, Statuses: v.part.statuses, Type: s.one(), Format: s.format, Required: v.required, Nullable: s.null, MaxLength: -1,
		ReadOnly: s.readOnly, WriteOnly: s.writeOnly,
	}
	for _, l := range s.enum {
		c.Enum = append(c.Enum, l.text)
	}
	if s.isNumber() {
		c.Low, c.High = s.low.bound(), s.high.bound()
	}
	if s.maxLength != nil && *s.maxLength <= math.MaxInt32 {
		c.MaxLength = int(*s.maxLength)
	}
	for _, api := range w.op.apis {
		c.API = api
		w.columns = append(w.columns, c)
	}
}

func (l *limit) bound() *float64 {
	if l == nil {
		return nil
	}
	value := l.value
	return &value
}
