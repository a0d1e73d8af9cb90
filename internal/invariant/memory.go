package invariant

import (
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"

	"github.com/spanwarden/spanwarden/internal/reference"
)

// memory is what a judge knows of earlier calls: the rows of a store as of the start of the call.
type memory struct {
	judge       *Judge
	transaction *reference.Transaction // nil: nothing is known
	call        *Call
	references  *references // of the rule at hand

	places  places
	handles []handle // of questions that wait for their keys, by their places

	texts   texts
	parts   []reference.Value
	callers callers
}

// places are where a store has what the references of a book are about.
type places struct {
	store       *reference.Store
	references  *references
	collections []storedCollection
}

type storedCollection struct {
	collection reference.Collection
	fields     []storedField // by the places of columns
}

type storedField struct {
	field reference.Field
	kept  bool // there was room for it
}

// in finds the places in a store.
func (p *places) in(store *reference.Store, r *references) []storedCollection {
	if p.store == store && p.references == r {
		return p.collections
	}
	p.store, p.references, p.collections = store, r, make([]storedCollection, len(r.collections))
	for i, of := range r.collections {
		at := &p.collections[i]
		if of.ofCaller {
			at.collection = store.CallerCollection(of.name)
		} else {
			at.collection = store.Collection(of.name)
		}
		for j := range of.fields {
			field, kept := store.Field(at.collection, of.fields[j].name)
			at.fields = append(at.fields, storedField{field, kept})
		}
	}
	return p.collections
}

// Sessions and users are different callers, whatever they are called.
const (
	sessionPrefix = "s:"
	userPrefix    = "u:"
)

// callers are the names that the store knows the session and the user of a call by; "" where there is none.
type callers struct{ session, user string }

func (t *texts) callers(c *Call) (who callers) {
	if c.Session != "" && c.long&longSession == 0 {
		who.session = t.joined(sessionPrefix, c.Session)
	}
	if c.User != "" && c.long&longUser == 0 {
		who.user = t.joined(userPrefix, c.User)
	}
	return who
}

// caller is the session, else the user, else "". A session that is too long to be told is no user's.
func (w callers) caller(c *Call) string {
	if w.session != "" || c.long&longSession != 0 {
		return w.session
	}
	return w.user
}

// Callers are the names that a store of references knows the session and the user of the call by; "" where there is none.
func (c *Call) Callers() (session, user string) {
	if c.Session != "" && c.long&longSession == 0 {
		session = sessionPrefix + c.Session
	}
	if c.User != "" && c.long&longUser == 0 {
		user = userPrefix + c.User
	}
	return session, user
}

// Caller is the name that a store of references knows the caller by: that of the session, else that of the user, else "".
func (c *Call) Caller() string {
	session, user := c.Callers()
	if session != "" || c.long&longSession != 0 {
		return session
	}
	return user
}

// turn turns to a call; nil lets go of it.
func (m *memory) turn(c *Call, t *reference.Transaction) {
	m.call, m.transaction = c, t
	m.callers = callers{}
	if c != nil {
		m.texts.buffer = m.texts.buffer[:0] // nobody has borrowed what was asked for
		m.callers = m.texts.callers(c)
	}
}

// handle stands for a question that waits for its key.
type handle struct {
	object
	memory *memory
	asks   *question
}

var _ interpreter.Activation = (*memory)(nil)

// ResolveName is part of [interpreter.Activation]: stateful rules see questions beside the variables of all rules.
func (m *memory) ResolveName(name string) (any, bool) {
	if isQuestion(name) {
		return m.asked(name)
	}
	return m.judge.ResolveName(name)
}

// Parent is part of [interpreter.Activation].
func (*memory) Parent() interpreter.Activation { return nil }

// asked is the value of the variable of a question: the answer itself where that is about the caller.
func (m *memory) asked(name string) (any, bool) {
	at, known := m.references.names[name]
	if !known {
		return nil, false
	}
	q := &m.references.questions[at]
	if q.of.ofCaller {
		return m.ofCaller(q), true
	}
	if at >= len(m.handles) {
		m.handles = make([]handle, len(m.references.questions))
	}
	h := &m.handles[at]
	h.object, h.memory, h.asks = object{types.DynType, h}, m, q
	return h, true
}

// answered is the function @ask: the answer to a question about a key.
func answered(asks, key ref.Val) ref.Val {
	h, ok := asks.(*handle)
	if !ok {
		return errMismatch
	}
	return h.memory.ofKey(h.asks, key)
}

// ofKey answers a question about a key.
func (m *memory) ofKey(q *question, value ref.Val) ref.Val {
	if m.transaction == nil {
		return errUnobserved
	}
	mark := len(m.texts.buffer)
	answer := m.ofRow(q, value)
	if mark <= len(m.texts.buffer) { // else there was no room, and it begins anew
		m.texts.buffer = m.texts.buffer[:mark]
	}
	return answer
}

func (m *memory) ofRow(q *question, value ref.Val) ref.Val {
	key, err := m.key(q.of, value)
	switch {
	case err != nil:
		return err
	case q.kind == forShown:
		return m.shown(q.of, key)
	}
	return m.field(q, key)
}

// key is that of a value of a rule, or of a list of them.
func (m *memory) key(of *collection, v ref.Val) (string, ref.Val) {
	m.parts = m.parts[:0]
	if list, ok := v.(traits.Lister); ok {
		n, known := list.Size().(types.Int)
		if !known || int(n) != of.parts {
			return "", errMismatch
		}
		for i := range n {
			if err := m.part(list.Get(i)); err != nil {
				return "", err
			}
		}
	} else if err := m.part(v); err != nil {
		return "", err
	}
	if len(m.parts) != of.parts {
		return "", errMismatch
	}
	key := reference.Key(m.parts...)
	if key == "" { // nothing is called so
		return "", errMissing
	}
	return key, nil
}

// part adds a part of the key.
func (m *memory) part(v ref.Val) ref.Val {
	if isError(v) {
		return v
	}
	part := m.texts.stored(v)
	if part.Kind == reference.Unclear { // an object, or a list
		return errMismatch
	}
	m.parts = append(m.parts, part)
	return nil
}

// ofCaller answers a question about the last call of an API by the caller.
func (m *memory) ofCaller(q *question) ref.Val {
	if m.transaction == nil {
		return errUnobserved
	}
	caller := m.callers.caller(m.call)
	if caller == "" {
		return m.nobody()
	}
	return m.field(q, caller)
}

// nobody is why there is no caller.
func (m *memory) nobody() ref.Val {
	if m.call.long&(longSession|longUser) != 0 {
		return errUnknown
	}
	return errMissing
}

// field answers a question about a field of a row.
func (m *memory) field(q *question, key string) ref.Val {
	at := m.places.in(m.transaction.Store(), m.references)[q.of.place]
	field := at.fields[q.column]
	row, answer := m.transaction.Row(at.collection, key, m.call.Start)
	if answer == reference.Known && field.kept {
		return q.answer(row, field.field)
	}
	switch {
	case answer == reference.Missing && q.kind == forPresence:
		return types.False
	case answer == reference.Missing:
		return absent
	case q.kind == forPresence:
		return errUnobserved
	}
	return errMissing
}

// answer answers a question about a field of a row that is known.
func (q *question) answer(row reference.Row, field reference.Field) ref.Val {
	value, answer := row.Look(field)
	switch {
	case answer == reference.Unknown:
		return errUnknown
	case q.kind == forPresence:
		return types.Bool(answer == reference.Known)
	case answer == reference.Known:
		return q.of.fields[q.column].form.value(value)
	}
	return errMissing
}

// shown is whether the row was shown to the session or to the user. It was not if it was surely shown to neither.
func (m *memory) shown(of *collection, key string) ref.Val {
	collection := m.places.in(m.transaction.Store(), m.references)[of.place].collection
	var answer ref.Val
	for _, caller := range [...]string{m.callers.session, m.callers.user} {
		if caller == "" {
			continue
		}
		switch m.transaction.Shown(collection, key, caller, m.call.Start) {
		case reference.Known:
			return types.True
		case reference.Missing:
			if answer == nil {
				answer = types.False
			}
		default:
			answer = errUnobserved
		}
	}
	if answer == nil || m.call.long&(longSession|longUser) != 0 {
		return m.nobody()
	}
	return answer
}
