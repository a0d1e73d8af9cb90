package invariant

import (
	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

const (
	// MostShown bounds the objects that one call shows: whoever is shown more does not look at them one by one.
	MostShown = 256
	// firstRefusal is the status from which on a call shows nothing: what it asked for was not done.
	firstRefusal = 400
)

// Feeder takes down what calls show of the rows that rules read. It belongs to one goroutine.
type Feeder struct {
	references *references
	view       *view
	places     places
	texts      texts

	call        *Call
	transaction *reference.Transaction
	callers     callers
	shown       int // objects of the call so far

	parts   []reference.Value
	entries []reference.Entry
}

// NewFeeder returns a feeder for calls that were read for that book.
func NewFeeder(b *Book) *Feeder {
	return &Feeder{references: b.references, view: newView(b.options.Limits, new(shelf))}
}

// Feeder is [NewFeeder] for calls that the judge judges as well: bodies are read once. It belongs to the judge's goroutine.
func (j *Judge) Feeder(b *Book) *Feeder {
	return &Feeder{references: b.references, view: newView(b.options.Limits, j.shelf)}
}

// Feed puts the rows that a call shows into a transaction: objects in its bodies, the call itself, its statements, and for
// earlier() what rules ask of it. They are known from the end of the call on. A call shows at most 256 objects. One that
// was refused, by a status of 400 or more, shows nothing but that it was made. The transaction borrows texts of the call.
func (f *Feeder) Feed(c *Call, s *Surroundings, t *reference.Transaction) {
	if c.api == nil || len(c.api.shows) == 0 {
		return
	}
	f.call, f.transaction, f.shown = c, t, 0
	f.callers = f.texts.callers(c)
	f.view.show(c)
	for _, from := range c.api.shows {
		f.view.pathParameters.of(from.templates)
		switch {
		case from.of.ofCaller:
			f.earlier(from)
		case c.Status >= firstRefusal:
		case from.table != "" && s != nil:
			f.statements(from, s.Statements)
		case from.table != "":
		case from.objects.get == nil:
			f.row(from, thing{})
		default:
			f.objects(from)
		}
	}
	f.view.show(nil)
	f.call, f.transaction, f.callers = nil, nil, callers{}
}

// earlier replaces what is known of the caller's last call of an API.
func (f *Feeder) earlier(from *source) {
	caller := f.callers.caller(f.call)
	if caller == "" {
		return
	}
	at := f.at(from.of)
	f.entries = f.entries[:0]
	for i := range from.reads {
		f.enter(at, from.reads[i].column, f.value(&from.reads[i].spot, thing{}))
	}
	f.transaction.Put(at.collection, caller, f.call.End, f.entries, caller)
}

func (f *Feeder) at(of *collection) *storedCollection {
	return &f.places.in(f.transaction.Store(), f.references)[of.place]
}

// enter adds a field to the row.
func (f *Feeder) enter(at *storedCollection, column int, value reference.Value) {
	if field := at.fields[column]; field.kept {
		f.entries = append(f.entries, reference.Entry{Field: field.field, Value: value})
	}
}

// objects takes down the objects of a source in a body.
func (f *Feeder) objects(from *source) {
	switch body := from.objects.get(f.view).(type) {
	case *objectNode:
		f.walk(from, body.node, from.objects.steps)
	case *listNode:
		f.walk(from, body.node, from.objects.steps)
	}
}

// walk goes to where the objects are.
func (f *Feeder) walk(from *source, n document.Node, steps rulefile.Path) {
	for i, step := range steps {
		if step.Each {
			for j := 0; n.Kind() == document.List && j < n.Len() && f.shown < MostShown; j++ {
				f.walk(from, n.Item(j), steps[i+1:])
			}
			return
		}
		var found bool
		if n, found = n.Field(step.Name); !found {
			return
		}
	}
	if n.Kind() == document.Object {
		f.row(from, thing{node: n})
	}
}

// thing is what shows a row: an object in a body, a statement, or else the call itself.
type thing struct {
	node      document.Node
	statement *tableStatement
}

// row takes down one row. What the thing does not have of it stays as it is.
func (f *Feeder) row(from *source, of thing) {
	if f.shown == MostShown {
		return
	}
	f.parts = f.parts[:0]
	for i := range from.key {
		f.parts = append(f.parts, f.value(&from.key[i], of))
	}
	key := reference.Key(f.parts...)
	if key == "" {
		return
	}
	at := f.at(from.of)
	f.entries = f.entries[:0]
	for i := range from.reads {
		if value := f.value(&from.reads[i].spot, of); value.Kind != reference.Absent {
			f.enter(at, from.reads[i].column, value)
		}
	}
	f.put(at, key)
}

// value reads one value of a row or of its key.
func (f *Feeder) value(s *spot, of thing) reference.Value {
	switch {
	case s.get != nil:
		return f.ofCall(s)
	case of.statement != nil:
		return of.statement.value(s.steps[0].Name, &f.texts)
	}
	n, found := within(of.node, s.steps)
	if !found {
		return reference.Value{Kind: reference.Absent}
	}
	return f.texts.ofNode(n)
}

// ofCall reads a value of the call.
func (f *Feeder) ofCall(s *spot) reference.Value {
	got := s.get(f.view)
	if body, ok := got.(*objectNode); ok && len(s.steps) > 0 {
		n, found := within(body.node, s.steps)
		if !found {
			return reference.Value{Kind: reference.Absent}
		}
		return f.texts.ofNode(n)
	}
	value := f.texts.stored(behind(got, s.steps))
	if s.want&lent != 0 {
		value.Text = f.texts.copied(value.Text)
	}
	return value
}

// lent are the parts of a call whose texts are good until the next one is read.
const lent = apicall.WantQuery | apicall.WantRequestBody | apicall.WantResponseBody

// put writes the row, shown to the session and to the user.
func (f *Feeder) put(at *storedCollection, key string) {
	f.shown++
	first, second := f.callers.session, f.callers.user
	if first == "" {
		first, second = second, ""
	}
	f.transaction.Put(at.collection, key, f.call.End, f.entries, first)
	if second != "" {
		f.transaction.Put(at.collection, key, f.call.End, nil, second)
	}
}
