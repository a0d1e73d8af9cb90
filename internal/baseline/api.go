package baseline

import (
	"strings"

	"github.com/spanwarden/spanwarden/internal/invariant"
)

// Bounds of what is kept of one API.
const (
	mostPlaces   = 512
	mostGroups   = 64
	mostPairs    = 2048
	mostInAll    = 100_000 // places of all APIs
	mostElements = 64      // of a list of one call
	deepest      = 8       // places within each other
	longestName  = 128
)

// API is what is known of the calls of one API of a service.
type API struct {
	Service, Method, Route string

	Seen        Support
	Firsts      []Ref // calls that were not refused
	Places      []*Place
	Groups      []*Group
	Pairs       []*Pair
	Differences []*Difference
	Links       []*Link // what its arguments identify
	Before      []*Predecessor
	Ordered     []Ref // first calls by callers whose past is known
	Roles       []Role
	HasRoles    Support
	Roled       []Ref // first calls whose callers' roles are known
	HasUser     Claim

	Skeletons  Values
	Tables     Values
	Operations Values // with the first table of each, such as SELECT orders
	Unread     int    // calls with a statement that was not understood
	Children   Values
	Full       bool // there was more than is kept
	Born       int  // calls that had been learned when it was seen first
	Asked      bool // a rule has asked for the callers' last calls of it
	Answered   int  // calls that were not refused
	Read       int  // calls whose values were taken in
	Refused    int  // calls that were answered as mistakes
	Templated  bool // all routes are templates of the paths that this project made

	ID      int32
	roots   [parts]int32 // places + 1; 0: none yet
	used    []*Place     // seen in this call
	call    uint64
	objects uint64            // serial number of the object that was read last
	room    *int              // for more places, of all APIs
	paired  map[[2]int32]bool // places of Pairs
	own     []ownLink
	toWhom  string // see callerField

	last     lastCalls // among all
	handedOn lastCalls // among what rules ask for
}

// Role is the claim that callers have a role.
type Role struct {
	Name  string
	Hash  uint64
	Claim Claim
}

// Group is the child calls of one API, or the statements that do one thing to one table.
type Group struct {
	ID                     int32
	Statements             bool
	Service, Method, Route string // of child calls
	Operation, Table       string // of statements
	Seen                   Support
	InCalls                Claim // calls that have at least one
	Single                 Claim // calls that have some have one

	roots [parts]int32
	now   int    // in this call
	mark  uint64 // call in which now counts
}

// place returns the root of a part, nil if there is no room for it.
func (a *API) root(p part, g *Group) *Place {
	roots, group := &a.roots, int32(-1)
	if g != nil {
		roots, group = &g.roots, g.ID
	}
	if id := roots[p]; id > 0 {
		return a.Places[id-1]
	}
	place := a.newPlace(&Place{Parent: -1, Part: p, Group: group, Multi: g != nil})
	if place != nil {
		roots[p] = place.ID + 1
	}
	return place
}

func (a *API) newPlace(p *Place) *Place {
	if len(a.Places) == mostPlaces || *a.room == 0 {
		a.Full = true
		return nil
	}
	*a.room--
	p.ID = int32(len(a.Places))
	p.Secret = p.Part == sessionPart || p.parent != nil && p.parent.Secret || p.Name != "" && invariant.IsSecret(p.Name)
	p.Column.Secret = p.Secret
	p.Column.Light = p.Part.response() || p.Part == responseHeaderPart
	a.Places = append(a.Places, p)
	return p
}

// member returns the place of a member of an object, nil if there is no room for it.
func (a *API) member(of *Place, name string, m *moment) *Place {
	if id, ok := of.children[name]; ok {
		return a.Places[id]
	}
	if len(name) > longestName || depth(of) >= deepest {
		a.Full = true
		return nil
	}
	p := a.newPlace(&Place{Parent: of.ID, Part: of.Part, Group: of.Group, Name: strings.Clone(name), Multi: of.Multi, parent: of})
	if p == nil {
		return nil
	}
	if of.children == nil {
		of.children = make(map[string]int32)
	}
	of.children[p.Name] = p.ID
	of.order = append(of.order, p.ID)
	of.Newest = of.Objects.Sessions
	p.First = m.ref
	p.Present.before(max(0, of.Objects.Calls-1), of.Firsts) // all objects before this one
	p.Present.Broke.Sessions = max(0, of.Objects.Sessions-1)
	return p
}

// element returns the place of all elements of a list.
func (a *API) element(of *Place) *Place {
	if of.items > 0 {
		return a.Places[of.items-1]
	}
	if depth(of) >= deepest {
		return nil
	}
	p := a.newPlace(&Place{Parent: of.ID, Part: of.Part, Group: of.Group, Item: true, Multi: true, parent: of})
	if p != nil {
		of.items = p.ID + 1
	}
	return p
}

func depth(p *Place) (n int) {
	for ; p != nil; p = p.parent {
		n++
	}
	return n
}

// group returns the group of child calls or statements, nil if there is no room for it.
func (a *API) group(like Group) *Group {
	for _, g := range a.Groups {
		if g.Statements == like.Statements && g.Route == like.Route && g.Method == like.Method && g.Service == like.Service &&
			g.Operation == like.Operation && g.Table == like.Table {
			return g
		}
	}
	if len(a.Groups) == mostGroups {
		a.Full = true
		return nil
	}
	g := like
	g.ID = int32(len(a.Groups))
	g.Service, g.Method, g.Route = strings.Clone(g.Service), strings.Clone(g.Method), strings.Clone(g.Route)
	g.InCalls.before(a.Answered, a.Firsts) // all calls before this one
	g.InCalls.Broke.Sessions = max(0, a.Seen.Sessions-1)
	a.Groups = append(a.Groups, &g)
	return &g
}
