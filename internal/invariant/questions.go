package invariant

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"

	"github.com/spanwarden/spanwarden/internal/nearest"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// question is one thing that rules ask of the store: row("orders", k).price asks for a field, and has() of it whether it
// is there. Rules are rewritten so that the interpreter asks it with one call: of rows and of what was shown it becomes
// @ask(@3, k), of earlier calls the variable @3.
type question struct {
	kind   questionKind
	of     *collection
	column int    // of forValue and forPresence
	text   string // of what is asked for, as a rule has it: price, resp.body.total; "" of forShown
}

type questionKind uint8

const (
	forValue questionKind = iota
	forPresence
	forShown
)

// askFunction is the function that a question about a key becomes.
const askFunction = "@ask"

// isQuestion is true for the variable that a question becomes.
func isQuestion(name string) bool { return name != "" && name[0] == '@' && name != askFunction }

// question returns the variable of a question.
func (r *references) question(q question) string {
	r.ask(q.of)
	at := slices.Index(r.questions, q)
	if at < 0 {
		at = len(r.questions)
		r.questions = append(r.questions, q)
		r.names["@"+strconv.Itoa(at)] = at
	}
	return "@" + strconv.Itoa(at)
}

// asking rewrites what one expression asks of the store.
type asking struct {
	place
	key    string
	ast    *ast.AST
	bad    bool
	writes []func() // what is to be rewritten, when all was looked at
}

// ask finds what an expression asks of the store and rewrites it. It is good if nothing is wrong with that.
func (p place) ask(key string, checked *cel.Ast) (asks, good bool) {
	w := asking{place: p, key: key, ast: checked.NativeRep()}
	each(w.ast, func(n ast.NavigableExpr) {
		if n.Kind() != ast.CallKind {
			return
		}
		switch n.AsCall().FunctionName() {
		case "row":
			w.row(n)
		case "shown":
			w.shown(n)
		case "earlier":
			w.earlier(n)
		}
	})
	if w.bad {
		return false, false
	}
	for _, write := range w.writes {
		write()
	}
	return len(w.writes) > 0, true
}

func (w *asking) refuse(n ast.Expr, format string, args ...any) {
	w.bad = true
	w.tellAt(w.key, w.ast, n.ID(), format, args...)
}

// row rewrites row("orders", k).price, and has() of it.
func (w *asking) row(n ast.NavigableExpr) {
	of := w.collectionOf(n)
	if of == nil {
		return
	}
	top, field, present := fieldOn(n)
	switch {
	case top == nil:
		w.refuse(n, "a row is read by its fields, whose names stand in the rule: write row(%q, ...).%s", of.name, w.someField(of))
		return
	case !of.declared[field]:
		w.refuse(top, "%s has no field %s: %s", of.name, field, nearest.Hint(field, slices.Sorted(maps.Keys(of.declared))))
		return
	}
	w.askFor(top, of, n.AsCall().Args()[1], field, present)
}

func (w *asking) someField(of *collection) string {
	for _, field := range slices.Sorted(maps.Keys(of.declared)) {
		return field
	}
	return "field"
}

// shown rewrites shown("orders", k).
func (w *asking) shown(n ast.NavigableExpr) {
	if of := w.collectionOf(n); of != nil {
		key := n.AsCall().Args()[1]
		w.writes = append(w.writes, func() { w.replace(n, question{kind: forShown, of: of}, key) })
	}
}

// askFor rewrites a question about a field.
func (w *asking) askFor(top ast.NavigableExpr, of *collection, key ast.Expr, field string, present bool) {
	if isTakenApart(top) {
		w.refuse(top, "%s is kept as a single value: a list or what has fields of its own is none", field)
		return
	}
	column, err := of.column(field)
	if err != nil {
		w.refuse(top, "%v", err)
		return
	}
	q := question{kind: forValue, of: of, column: column, text: field}
	if present {
		q.kind = forPresence
	}
	w.writes = append(w.writes, func() { w.replace(top, q, key) })
}

// isTakenApart is true for what is asked for its elements or fields.
func isTakenApart(e ast.NavigableExpr) bool {
	parent, ok := e.Parent()
	if !ok {
		return false
	}
	switch parent.Kind() {
	case ast.SelectKind:
		return true
	case ast.ComprehensionKind:
		return parent.AsComprehension().IterRange().ID() == e.ID()
	case ast.CallKind:
		args := parent.AsCall().Args()
		switch parent.AsCall().FunctionName() {
		case operators.Index:
			return args[0].ID() == e.ID()
		case operators.In:
			return args[1].ID() == e.ID()
		}
	}
	return false
}

// replace puts a question in the place of a part of the expression. Without a key it is one about the caller.
func (w *asking) replace(part ast.Expr, q question, key ast.Expr) {
	factory, name := ast.NewExprFactory(), w.references.question(q)
	e := find(w.ast.Expr(), part.ID())
	if key == nil {
		e.SetKindCase(factory.NewIdent(e.ID(), name))
		w.ast.SetReference(e.ID(), ast.NewIdentReference(name, nil))
		return
	}
	id := ast.MaxID(w.ast) + 1
	w.ast.SetType(id, types.DynType)
	w.ast.SetReference(id, ast.NewIdentReference(name, nil))
	e.SetKindCase(factory.NewCall(e.ID(), askFunction, factory.NewIdent(id, name), find(w.ast.Expr(), key.ID())))
	w.ast.SetReference(e.ID(), ast.NewFunctionReference(overloadOf(askFunction)))
}

// collectionOf returns the collection that the first argument names, if the key can be one of its.
func (w *asking) collectionOf(n ast.NavigableExpr) *collection {
	function, args := n.AsCall().FunctionName(), n.AsCall().Args()
	name, ok := textOf(args[0])
	if !ok {
		w.refuse(args[0], "%s() takes the name of a reference as a text that stands in the rule, such as %s(\"orders\", req.path.id)", function, function)
		return nil
	}
	of := w.byName[name]
	switch {
	case of != nil && len(of.sources) == 0: // what is wrong with it has been told
		w.bad = true
		return nil
	case of != nil:
	case len(w.byName) == 0:
		w.refuse(args[0], "there is no reference %s: write under references where its rows are to be seen", name)
		return nil
	default:
		w.refuse(args[0], "there is no reference %s: %s", name, nearest.Hint(name, slices.Sorted(maps.Keys(w.byName))))
		return nil
	}
	parts := 1
	switch key := args[1]; {
	case key.Kind() == ast.ListKind:
		parts = key.AsList().Size()
	case w.ast.GetType(key.ID()).Kind() == types.DynKind: // a list, as far as is known here
		parts = of.parts
	}
	if parts != of.parts {
		w.refuse(args[1], "the key of %s is %s", of.name, partsOf(of))
		return nil
	}
	return of
}

// partsOf tells how a key of the collection is written.
func partsOf(of *collection) string {
	if of.parts == 1 {
		return "one value: leave out the list"
	}
	names := []string{"a", "b", "c"}[:of.parts]
	return fmt.Sprintf("%d values: write them as a list, [%s]", of.parts, strings.Join(names, ", "))
}

// fieldOn returns the part of the expression that takes a field from another part, by a name that stands there; present
// is true where it asks whether the field is there. It is nil where nothing of the kind is.
func fieldOn(n ast.NavigableExpr) (top ast.NavigableExpr, field string, present bool) {
	parent, ok := n.Parent()
	if !ok {
		return nil, "", false
	}
	switch parent.Kind() {
	case ast.SelectKind:
		s := parent.AsSelect()
		return parent, s.FieldName(), s.IsTestOnly()
	case ast.CallKind:
		args := parent.AsCall().Args()
		switch parent.AsCall().FunctionName() {
		case operators.Index:
			if name, is := textOf(args[1]); is && args[0].ID() == n.ID() {
				return parent, name, false
			}
		case operators.In:
			if name, is := textOf(args[0]); is && args[1].ID() == n.ID() {
				return parent, name, true
			}
		}
	}
	return nil, "", false
}

// textOf is the text of a literal.
func textOf(e ast.Expr) (string, bool) {
	if e.Kind() != ast.LiteralKind {
		return "", false
	}
	text, ok := e.AsLiteral().(types.String)
	return string(text), ok
}

// earlier rewrites earlier("GET /orders/{id}").resp.body.total, and has() of it.
func (w *asking) earlier(n ast.NavigableExpr) {
	of, err := w.callsOf(n.AsCall().Args())
	if err != nil {
		w.refuse(n.AsCall().Args()[0], "%v", err)
		return
	}
	top, path, present := fieldsOn(n)
	if len(path) == 0 {
		w.refuse(n, "an earlier call is read by its fields, whose names stand in the rule: write %s.resp.body.id", of.written())
		return
	}
	at, err := resolve(path)
	if err == nil {
		err = of.sources[0].parameter(path)
	}
	if err != nil {
		w.refuse(top, "%v", err)
		return
	}
	of.sources[0].fields[path.String()] = at
	w.askFor(top, of, nil, path.String(), present)
}

// callsOf is the collection of the last call of an API by each caller.
func (w *asking) callsOf(args []ast.Expr) (*collection, error) {
	text, ok := textOf(args[0])
	if !ok {
		return nil, errors.New("earlier() takes an API as a text that stands in the rule, such as earlier(\"GET /orders/{id}\")")
	}
	api, err := rulefile.ParseAPI(text)
	if err != nil {
		return nil, fmt.Errorf("the API %w", err)
	}
	if api.AnyRoute() {
		return nil, errors.New("earlier() is about one API: write its method and its route, such as earlier(\"GET /orders/{id}\")")
	}
	name, services := EarlierCalls(api.Text, ""), []string(nil)
	if len(args) == 2 {
		service, ok := textOf(args[1])
		if !ok || service == "" {
			return nil, fmt.Errorf("earlier() takes the name of a service as a text that stands in the rule, such as earlier(%q, \"orders\")", text)
		}
		name, services = EarlierCalls(api.Text, service), []string{service}
	}
	of := w.ofCallers[name]
	if of == nil {
		of = &collection{name: name, ofCaller: true}
		of.sources = []*source{{
			of: of, services: services, apis: []rulefile.API{api}, templates: templatesOf([]rulefile.API{api}), fields: make(map[string]spot),
		}}
		w.ofCallers[name] = of
	}
	return of, nil
}

// fieldsOn follows the names that are taken from a part of the expression one after the other.
func fieldsOn(n ast.NavigableExpr) (top ast.NavigableExpr, path rulefile.Path, present bool) {
	for !present {
		next, name, asks := fieldOn(n)
		if next == nil {
			break
		}
		n, present = next, asks
		path = append(path, rulefile.Step{Name: name})
	}
	return n, path, present
}

// earlierPrefix begins the names of collections of earlier().
const earlierPrefix = "earlier "

// EarlierCalls is the name that a store of references has for the callers' last calls of an API such as "GET /orders/{id}" of
// a service; "" is any.
func EarlierCalls(api, service string) string {
	if service == "" {
		return earlierPrefix + api
	}
	return earlierPrefix + api + " of " + service
}

// written is an earlier call as rules write it.
func (of *collection) written() string {
	api, service, scoped := strings.Cut(strings.TrimPrefix(of.name, earlierPrefix), " of ")
	if scoped {
		return fmt.Sprintf("earlier(%q, %q)", api, service)
	}
	return fmt.Sprintf("earlier(%q)", api)
}
