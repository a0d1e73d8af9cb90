package baseline

import (
	"slices"
	"strconv"
	"strings"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/replay"
)

// Bounds of what is kept of entities.
const (
	mostCollections = 400
	mostSources     = 40 // of a collection
	mostKeys        = 3  // of one kind of object
	mostFields      = 40 // of a collection
	alike           = 0.6
)

// Collection is entities of one kind, which answers, calls or statements show.
type Collection struct {
	Name    string
	Key     string   // name of the field that identifies
	Names   []string // fields in the order of their numbers in the store
	Written []string // names of the fields in rules and in the store
	Sources []Source
	Values  []Values  // of the fields
	Rows    Support   // that were shown
	Again   []Support // how often a row that was known had the field, by field
	Changed []Support // and with another value
	Calls   bool      // they are the calls of one API, as its arguments identify them
	Merges  int       // how often another one was made a part of it
	Into    int       // collection + 1 that has its rows now
	Met     int       // rows that were looked for in other collections
	With    []int     // how many of them each had

	id     reference.Collection
	fields map[string]int
}

// Source is where entities are shown: an object in an answer, a call as a whole, or a table.
type Source struct {
	API    int32
	Place  int32  // of the object; -1: the call
	Key    int32  // place of the key, where the call is the entity
	Table  string // of statements; "": none
	Column string // that identifies
}

// entity is what an object place is known to show.
type entity struct {
	collections []*Collection
	keys        []string
}

// shown is a row that a call showed; it is put into the store when the call has been learned.
type shown struct {
	collection *Collection
	table      bool // by a statement, whose parameters are texts
	key        scalar
	fields     []shownField
}

type shownField struct {
	name  string
	value scalar
}

// keyRank says how well a name says that it identifies: 0 is best, -1 not at all.
func keyRank(name string) int {
	lower := strings.ToLower(name)
	switch lower {
	case "id", "uuid":
		return 0
	case "key", "code", "number", "reference", "ref", "sku", "slug", "isbn", "email", "username", "index":
		return 2
	case "name":
		return 3
	}
	switch {
	case strings.HasSuffix(name, "Id") || strings.HasSuffix(lower, "_id") || strings.HasSuffix(name, "ID") || strings.HasSuffix(lower, "uuid"):
		return 1
	case strings.HasSuffix(name, "Code") || strings.HasSuffix(name, "Number") || strings.HasSuffix(name, "Name") ||
		strings.HasSuffix(lower, "_name") || strings.HasSuffix(lower, "_code") || strings.HasSuffix(lower, "_number"):
		return 3
	}
	return -1
}

// keysOf are the members that may identify an object, the best first.
func keysOf(fields []shownField) []string {
	var keys []string
	for i := range fields {
		if keyRank(fields[i].name) >= 0 && fields[i].value.comparable() {
			keys = append(keys, fields[i].name)
		}
	}
	slices.SortStableFunc(keys, func(a, b string) int { return keyRank(a) - keyRank(b) })
	if len(keys) > 0 && keyRank(keys[0]) == 0 { // what has an id is known by it
		keys = keys[:1]
	}
	return keys[:min(len(keys), mostKeys)]
}

// scene is where the learner keeps entities.
type scene struct {
	Collections []*Collection

	store *reference.Store
	lasts *reference.Store // of the callers' last calls
}

// find returns the collection of objects that are identified by a field and have such others, nil if there is no room.
func (s *scene) find(name, key string, fields []string) *Collection {
	for _, c := range s.Collections {
		if strings.EqualFold(c.Key, key) && likeness(c.Names, fields) >= alike {
			return s.last(c)
		}
	}
	return s.add(name, key)
}

func (s *scene) add(name, key string) *Collection {
	if len(s.Collections) == mostCollections {
		return nil
	}
	c := &Collection{Name: s.unique(collectionName(name, key)), Key: strings.Clone(key), fields: make(map[string]int)}
	c.id = s.store.Collection(c.Name)
	s.Collections = append(s.Collections, c)
	return c
}

// named returns the collection with that very name.
func (s *scene) named(name, key string) *Collection {
	full := collectionName(name, key)
	for _, c := range s.Collections {
		if c.Name == full {
			return c
		}
	}
	return s.add(name, key)
}

func (s *scene) unique(name string) string {
	for i := 1; ; i++ {
		candidate := name
		if i > 1 {
			candidate += "-" + string(rune('0'+i%10))
			if i > 9 {
				candidate = name + "-" + strings.Repeat("x", i/10) + string(rune('0'+i%10))
			}
		}
		if !slices.ContainsFunc(s.Collections, func(c *Collection) bool { return c.Name == candidate }) {
			return candidate
		}
	}
}

// collectionName is one that a rule file takes.
func collectionName(name, key string) string {
	base := strings.ToLower(idOf(name))
	if keyRank(key) != 0 {
		base += "-by-" + strings.ToLower(idOf(key))
	}
	base = strings.TrimLeft(base, "0123456789._-")
	if base == "" {
		base = "things"
	}
	return strings.TrimRight(base[:min(len(base), 56)], "-.")
}

// likeness is the share of names that both have, of all that either has.
func likeness(a, b []string) float64 {
	a = slices.DeleteFunc(slices.Clone(a), isCaller)
	both := 0
	for _, name := range b {
		if slices.Contains(a, name) {
			both++
		}
	}
	return float64(both) / float64(max(1, len(a)+len(b)-both))
}

// written is the name of a field in rules.
func (c *Collection) written(name string) string {
	if i, ok := c.fields[name]; ok {
		return c.Written[i]
	}
	return fieldName(name)
}

// field returns the number of a field, -1 if there is no room for it.
func (c *Collection) field(name string) int {
	if i, ok := c.fields[name]; ok {
		return i
	}
	if len(c.Names) == mostFields || isCaller(name) && (keyRank(c.Key) > 1 || c.callers() == mostCallerFields) {
		return -1
	}
	name = strings.Clone(name)
	written := fieldName(name)
	for i := 2; slices.Contains(c.Written, written); i++ {
		written = fieldName(name) + "_" + strconv.Itoa(i)
	}
	c.Written = append(c.Written, written)
	c.fields[name] = len(c.Names)
	c.Names = append(c.Names, name)
	c.Values = append(c.Values, Values{})
	c.Again, c.Changed = append(c.Again, Support{}), append(c.Changed, Support{})
	return len(c.Names) - 1
}

// generic are names of members that say nothing of what is in them.
var generic = map[string]bool{
	"data": true, "result": true, "results": true, "items": true, "content": true, "payload": true, "response": true, "list": true,
	"rows": true, "records": true, "body": true, "value": true, "values": true, "elements": true,
}

// nounOf is a name for what is at a place of an API's answers.
func nounOf(a *API, p *Place) string {
	for q := p; q != nil && q.Parent >= 0; q = q.parent {
		if !q.Item && !generic[strings.ToLower(q.Name)] {
			return q.Name
		}
	}
	noun := a.Service
	for segment := range strings.SplitSeq(a.Route, "/") {
		if segment != "" && !strings.ContainsAny(segment, "{*:<") {
			noun = segment
		}
	}
	return noun
}

// entityAt returns what an object place shows; the fields are those of the first object that was seen there.
func (s *scene) entityAt(a *API, p *Place, fields []shownField) *entity {
	if p.entity == nil {
		p.entity = &entity{}
	}
	if p.Shown || len(fields) < 2 {
		return p.entity
	}
	p.Shown = true
	if strings.Contains(a.Route, "*") || strings.Contains(p.longPath(), `["`) { // a rule file has no words for that
		return p.entity
	}
	names := make([]string, len(fields))
	for i := range fields {
		names[i] = fields[i].name
	}
	for _, key := range keysOf(fields) {
		c := s.find(nounOf(a, p), key, names)
		if c == nil || len(c.Sources) == mostSources {
			continue
		}
		c.Sources = append(c.Sources, Source{API: a.ID, Place: p.ID, Column: strings.Clone(key)})
		p.entity.collections = append(p.entity.collections, c)
		p.entity.keys = append(p.entity.keys, strings.Clone(key))
	}
	return p.entity
}

// show notes the rows that an object shows.
func (r *reading) show(p *Place, serial uint64) {
	if r.scene == nil || p.Group >= 0 || p.Part != responsePart && p.Part != requestPart {
		return
	}
	r.scratch = r.scratch[:0]
	for _, id := range p.order {
		child := r.Places[id]
		if child.object != serial || child.scalarAt != serial || child.Secret {
			continue
		}
		r.scratch = append(r.scratch, shownField{child.Name, child.last})
	}
	if p.Part == requestPart {
		return
	}
	if len(r.rows) >= invariant.MostShown { // rules do not look on
		return
	}
	e := r.scene.entityAt(r.API, p, r.scratch)
	if r.caller != "" {
		r.scratch = append(r.scratch, shownField{r.callerField(), textScalar(r.caller)})
	}
	for i, c := range e.collections {
		row := shown{collection: c}
		for j := range r.scratch {
			f := &r.scratch[j]
			if f.name == e.keys[i] {
				row.key = f.value
			}
		}
		if row.key.comparable() {
			row.fields = slices.Clone(r.scratch)
			r.rows = append(r.rows, row)
		}
	}
}

// showCall notes the call itself as an entity, identified by what its path or request says.
func (r *reading) showCall(o *replay.Observation) {
	for _, link := range r.own {
		p := r.Places[link.place]
		if p.mark != r.call || len(p.cells) != 1 || !p.cells[0].comparable() {
			continue
		}
		row := shown{collection: link.collection, key: p.cells[0]}
		row.fields = append(row.fields, shownField{"call.start", integerScalar(o.Call.Start)})
		r.rows = append(r.rows, row)
	}
}

// put writes what was shown into the store.
func (s *scene) put(t *reference.Transaction, rows []shown, at int64, session, user string, m *moment) {
	for i := range rows {
		row := &rows[i]
		c := s.meet(row.collection, t, &row.key, at)
		c.Rows.add(m)
		key := reference.Key(valueOf(&row.key))
		if id := c.field(c.Key); id >= 0 && !slices.ContainsFunc(row.fields, func(f shownField) bool { return f.name == c.Key }) {
			row.fields = append(row.fields, shownField{c.Key, row.key})
		}
		entries := make([]reference.Entry, 0, len(row.fields))
		before, known := t.Peek(c.id, key, at)
		for j := range row.fields {
			f := &row.fields[j]
			n := c.field(f.name)
			if n < 0 || row.table && f.value.kind == text && c.numeric(n) && f.name != c.Key {
				continue
			}
			id, ok := s.store.Field(c.id, c.Written[n])
			if !ok {
				continue
			}
			if f.value.kind != null && f.value.kind != gone {
				c.Values[n].observe(&f.value, m)
			}
			if known && f.value.kind != gone {
				c.again(n, before, id, &f.value, m)
			}
			entries = append(entries, reference.Entry{Field: id, Value: valueOf(&f.value)})
		}
		t.Put(c.id, key, at, entries, session)
		if user != "" {
			t.Put(c.id, key, at, nil, user)
		}
	}
}

// again takes in whether a field of a known row has changed.
func (c *Collection) again(n int, before reference.Row, id reference.Field, now *scalar, m *moment) {
	if was, ok := before.Get(id); ok {
		c.Again[n].add(m)
		if was.Text != now.text { // of whatever type: a parameter of a statement is a text
			c.Changed[n].add(m)
		}
	}
}

// steady is true for a field that tells what a thing is: it seldom changes. One that is another value each time, as the
// last price of several, is no field of the thing.
func (c *Collection) steady(n int) bool {
	if isCaller(c.Names[n]) {
		return c.ownersOnly(n)
	}
	return c.Changed[n].Calls*steadyShare <= c.Again[n].Calls
}

const steadyShare = 10

// numeric is true for a field that answers have shown as a number: rules compare it as one.
func (c *Collection) numeric(n int) bool {
	return slices.ContainsFunc(c.Values[n].List, func(v Value) bool { return v.Kind.number() })
}

// valueOf is a scalar as the store has it.
func valueOf(s *scalar) reference.Value {
	switch {
	case s.kind == gone:
		return reference.Value{Kind: reference.Unclear}
	case s.huge:
		return reference.Value{Kind: reference.Int, Text: s.text}
	}
	return reference.Value{Kind: [...]reference.Kind{reference.Null, reference.Bool, reference.Int, reference.Float, reference.Text}[s.kind], Text: s.text}
}
