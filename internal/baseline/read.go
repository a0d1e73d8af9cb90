package baseline

import (
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/replay"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// reading takes a call apart into the values at its places.
type reading struct {
	*API
	m         *moment
	documents *document.Document
	limits    document.Limits
	scene     *scene // nil: nothing is kept of entities
	rows      []shown
	fields    []scalar // of the row at hand
	scratch   []shownField

	session, user string // as the store knows them
	caller        string // env.user.id
	refused       bool   // the call is no example of what to ask for
}

// call takes in all of an observation.
func (r *reading) observe(o *replay.Observation) {
	r.environment(o.Call)
	r.status(o.Call, nil)
	if !r.refused {
		r.request(o.Call, nil)
		r.response(o.Call, nil)
	}
	for _, child := range o.Around.Calls {
		g := r.child(child)
		if g == nil {
			continue
		}
		r.count(g)
		if !r.refused {
			r.request(child, g)
			r.status(child, g)
			r.response(child, g)
		}
	}
	r.statements(o.Around.Statements)
}

// count takes in that the call has one more of a group.
func (r *reading) count(g *Group) {
	g.Seen.add(r.m)
	if g.mark != r.call {
		g.mark, g.now = r.call, 0
	}
	g.now++
}

func (r *reading) child(c *invariant.Call) *Group {
	name := textScalar(c.Method + " " + c.Route)
	r.Children.observe(&name, r.m)
	return r.group(Group{Service: c.Service, Method: c.Method, Route: c.Route})
}

func (r *reading) request(c *invariant.Call, g *Group) {
	if place := r.root(pathPart, g); place != nil {
		apicall.RouteParameters(c.Route, c.Path, func(name, value string) { r.named(place, name, value) })
	}
	if place := r.root(queryPart, g); place != nil && g == nil && c.Query != "" && r.documents.Form(c.Query, r.limits) == nil {
		r.walk(place, r.documents.Root())
	}
	r.body(&c.RequestBody, requestPart, g)
	if g == nil {
		r.headers(c.RequestHeaders, requestHeaderPart)
	}
}

// faulty are the statuses that tell that the caller has made a mistake. What does not exist may be asked for all the same.
var faulty = map[int]bool{400: true, 401: true, 403: true, 405: true, 406: true, 409: true, 411: true, 413: true, 414: true, 415: true, 422: true, 429: true}

func (r *reading) status(c *invariant.Call, g *Group) {
	if place := r.root(statusPart, g); place != nil && c.Status != 0 && c.Status < 500 {
		r.value(place, integerScalar(int64(c.Status)))
	}
}

func (r *reading) response(c *invariant.Call, g *Group) {
	if c.Status < 400 {
		r.body(&c.ResponseBody, responsePart, g)
	}
	if g == nil {
		r.headers(c.ResponseHeaders, responseHeaderPart)
	}
}

// named is a value that has a name, out of a map that is always there.
func (r *reading) named(of *Place, name, value string) {
	if place := r.member(of, name, r.m); place != nil {
		r.value(place, textScalar(value))
	}
}

func (r *reading) headers(list []invariant.Header, p part) {
	place := r.root(p, nil)
	if place == nil || len(list) == 0 {
		return
	}
	place.Objects.add(r.m)
	r.objects++
	place.serial = r.objects
	for i := range list {
		h := &list[i]
		if h.Long {
			continue
		}
		if child := r.member(place, h.Name, r.m); child != nil {
			child.object = place.serial
			r.value(child, textScalar(h.Value))
		}
	}
	r.members(place)
}

func (r *reading) body(b *invariant.Body, p part, g *Group) {
	if b.State != invariant.WholeBody {
		return
	}
	place := r.root(p, g)
	if place == nil {
		return
	}
	var err error
	if b.Type == "application/x-www-form-urlencoded" {
		err = r.documents.Form(b.Text, r.limits)
	} else {
		err = r.documents.JSON(b.Text, r.limits)
	}
	if err == nil {
		r.walk(place, r.documents.Root())
	}
}

// walk takes in a value and all that is in it.
func (r *reading) walk(place *Place, n document.Node) {
	switch n.Kind() {
	case document.Object:
		r.object(place, n)
	case document.List:
		place.Lists.add(r.m)
		r.present(place)
		element := r.element(place)
		for i := 0; element != nil && i < n.Len(); i++ {
			r.walk(element, n.Item(i))
		}
	default:
		if s, ok := scalarOf(n); ok {
			r.value(place, s)
		}
	}
}

func (r *reading) object(place *Place, n document.Node) {
	place.Objects.add(r.m)
	place.first(r.m)
	r.present(place)
	r.objects++
	place.serial = r.objects
	serial := r.objects
	for i := range n.Len() {
		if child := r.member(place, n.Name(i), r.m); child != nil {
			child.object = serial
			if item := n.Item(i); item.Kind() < document.List {
				child.scalarAt = serial
			}
			r.walk(child, n.Item(i))
		}
	}
	place.serial = serial
	r.members(place)
	r.show(place, serial)
}

// members takes in which of its known members the last object at a place has.
func (r *reading) members(of *Place) {
	for _, id := range of.children {
		child := r.Places[id]
		child.Present.observe(r.m, child.object == of.serial, "")
	}
}

// present notes that there is something at a place.
func (r *reading) present(p *Place) {
	if p.mark != r.call {
		p.mark, p.cells = r.call, p.cells[:0]
		r.used = append(r.used, p)
	}
}

// value takes in a value at a place.
func (r *reading) value(p *Place, s scalar) {
	r.present(p)
	if s.kind == text || s.kind.number() {
		s.text = strings.Clone(s.text) // documents are read anew before values are compared
	}
	p.last = s
	if len(p.cells) < mostElements {
		p.cells = append(p.cells, s)
	} else {
		p.Cut = true
	}
	p.Nulls = p.Nulls || s.kind == null
	p.Empty = p.Empty || s.kind == text && s.text == ""
	if p.Group < 0 {
		p.Column.observe(&s, r.m)
	}
}

func (r *reading) environment(c *invariant.Call) {
	if c.Session != "" { // where nobody records who calls, that says nothing
		r.HasUser.observe(r.m, c.User != "", "")
	}
	if place := r.root(userPart, nil); place != nil && c.User != "" {
		r.value(place, textScalar(c.User))
	}
	if place := r.root(sessionPart, nil); place != nil && c.Session != "" {
		r.value(place, textScalar(c.Session))
	}
	if place := r.root(addressPart, nil); place != nil && c.Client != "" {
		r.value(place, textScalar(c.Client))
	}
	if place := r.root(agentPart, nil); place != nil && c.UserAgent != "" {
		r.value(place, textScalar(c.UserAgent))
	}
	if len(c.Roles) == 0 {
		return
	}
	r.HasRoles.add(r.m)
	if len(r.Roled) < youth {
		r.Roled = append(r.Roled, r.m.ref)
	}
	for _, role := range c.Roles {
		known := slices.ContainsFunc(r.Roles, func(x Role) bool { return x.Name == role })
		if !known && len(r.Roles) < mostValues && len(role) <= longestValue {
			x := Role{Name: strings.Clone(role), Hash: xxhash.Sum64String(role)}
			x.Claim.before(r.HasRoles.Calls-1, r.Roled)
			r.Roles = append(r.Roles, x)
		}
	}
	for i := range r.Roles {
		role := &r.Roles[i]
		role.Claim.observe(r.m, slices.Contains(c.Roles, role.Name), strings.Join(c.Roles, ", "))
	}
}

func (r *reading) statements(list []*invariant.Statement) {
	for _, st := range list {
		sql := st.SQL
		if len(sql.Tables) > 0 && sql.Operation != "" { // which rules know of a statement that is cut as well
			name := textScalar(sql.Operation + " " + sql.Tables[0])
			r.Operations.observe(&name, r.m)
		}
		if sql.Truncated || sql.Limited || len(sql.Tables) == 0 || sql.Operation == "" {
			r.Unread++
			continue
		}
		skeleton := textScalar(sql.Skeleton)
		r.Skeletons.observe(&skeleton, r.m)
		for _, table := range sql.Tables {
			s := textScalar(table)
			r.Tables.observe(&s, r.m)
		}
		g := r.group(Group{Statements: true, Operation: sql.Operation, Table: sql.Tables[0]})
		if g == nil {
			continue
		}
		r.count(g)
		r.columns(st, g, wherePart, sqltext.InWhere)
		r.columns(st, g, setPart, sqltext.InSet)
		if place := r.root(rowsPart, g); place != nil && st.Rows >= 0 {
			s := integerScalar(st.Rows)
			place.Column.observe(&s, r.m)
		}
	}
}

// columns takes in what a statement pins or writes. A column that only some statements of a group have is hidden in the
// others: nothing can be said of it.
func (r *reading) columns(st *invariant.Statement, g *Group, p part, in sqltext.Section) {
	root := r.root(p, g)
	if root == nil {
		return
	}
	root.Objects.add(r.m)
	r.objects++
	root.serial = r.objects
	for _, name := range st.SQL.Columns(in) {
		child := r.member(root, name, r.m)
		if child == nil {
			continue
		}
		child.object = root.serial
		if v, presence := st.SQL.Column(in, name, &st.Parameters); presence == sqltext.Known {
			if s, ok := scalarOfSQL(&v); ok {
				r.value(child, s)
			}
		}
	}
	for _, id := range root.children {
		child := r.Places[id]
		there := child.object == root.serial
		child.Present.observe(r.m, there, "")
		if !there {
			r.present(child)
			child.cells = append(child.cells, scalar{kind: gone})
		}
	}
}

// sections are the parts of a statement.
var sections = map[part]sqltext.Section{wherePart: sqltext.InWhere, setPart: sqltext.InSet}

const known = sqltext.Known

// scalarOfSQL reads what a column is bound to; false for a list.
func scalarOfSQL(v *sqltext.Value) (scalar, bool) {
	switch v.Kind {
	case sqltext.Null:
		return newScalar(null, ""), true
	case sqltext.Bool:
		return newScalar(boolean, v.Text), true
	case sqltext.Int:
		return newScalar(integer, v.Text), true
	case sqltext.Float:
		return newScalar(decimal, v.Text), true
	case sqltext.Text:
		return textScalar(v.Text), true
	}
	return scalar{}, false
}
