package invariant

import (
	"slices"
	"strings"
	"sync"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// maxAPIs bounds what is remembered of APIs; what is beyond is looked up each time.
const maxAPIs = 1 << 16

// Book is a set of compiled rules, by the APIs that they are about. It is safe for concurrent use.
type Book struct {
	rules      []*Rule
	options    Options
	routes     routes
	references *references
	sources    routes // of the references; empty if no rule reads any

	readsStatements, readsCalls, stateful bool
	childWant                             apicall.Want // what rules want of child calls

	mu      sync.RWMutex
	apis    map[apiKey]*API
	showing map[showingKey]*API // of a book with references
}

// API is the rules of one API of a service, and what its calls show of the rows that rules read.
type API struct {
	// Immediate rules read the call alone. Deferred ones read its statements or its child calls as well, or what earlier
	// calls showed.
	Immediate, Deferred []*Rule

	shows []*source
	want  apicall.Want // what all rules and references want of the call
	late  apicall.Want // what deferred rules and references want of it
}

// Shows is true if calls of the API show rows that rules read, or are what earlier() looks for: they are to be fed to
// the store, whether or not there are rules about them, see [Feeder].
func (a *API) Shows() bool { return len(a.shows) > 0 }

// Surrounded is true if somebody looks at what is around a call of the API: deferred rules, or references that are shown
// by statements.
func (a *API) Surrounded() bool {
	return len(a.Deferred) > 0 || slices.ContainsFunc(a.shows, func(s *source) bool { return s.table != "" })
}

// scoped is a rule, or a source of rows, with the APIs that it is about.
type scoped struct {
	rule     *Rule
	source   *source
	services []string
	apis     []rulefile.API
}

// scopedAPI is one of them.
type scopedAPI struct {
	*scoped
	api rulefile.API
}

type apiKey struct {
	service, method string
	found           *ruleset
}

// showingKey is that of an API in a book with references.
type showingKey struct {
	apiKey
	sources *ruleset
}

func newBook(rules []scoped, r *references, o Options) *Book {
	b := &Book{options: o, references: r, apis: make(map[apiKey]*API)}
	for i := range rules {
		s := &rules[i]
		s.rule.Place = i
		b.rules = append(b.rules, s.rule)
		reads := &s.rule.reads
		b.readsStatements = b.readsStatements || reads.statements
		b.readsCalls = b.readsCalls || reads.calls
		b.stateful = b.stateful || reads.earlier
		b.childWant |= reads.child
		b.routes.addAll(s)
	}
	b.routes.inherit(nil)
	b.show()
	return b
}

// show files the sources of all references that rules read. Statements on a table may be beneath any call.
func (b *Book) show() {
	if len(b.references.collections) == 0 {
		return
	}
	b.showing = make(map[showingKey]*API)
	for _, of := range b.references.collections {
		for _, s := range of.sources {
			scope := scoped{source: s, services: s.services, apis: s.apis}
			if s.table != "" {
				b.readsStatements = true
				if len(s.apis) == 0 {
					scope.apis = []rulefile.API{{Route: "/**"}}
				}
			}
			b.sources.addAll(&scope)
		}
	}
	b.sources.inherit(nil)
}

// Rules returns all rules in the order of their files.
func (b *Book) Rules() []*Rule { return b.rules }

// ReadsStatements is true if some rule looks at database statements, or at rows that they show.
func (b *Book) ReadsStatements() bool { return b.readsStatements }

// ReadsCalls is true if some rule looks at child calls.
func (b *Book) ReadsCalls() bool { return b.readsCalls }

// Deferred is true if some rule has to wait until a trace is in.
func (b *Book) Deferred() bool { return b.readsStatements || b.readsCalls || b.stateful }

// Stateful is true if some rule looks at what earlier calls showed. Calls are to be judged in the order of their start
// then, and a [Feeder] is to take down what they show.
func (b *Book) Stateful() bool { return b.stateful }

// API returns the rules of a call, nil if there are none and it shows nothing that rules read. A route that was not given
// is a guess, so the path is held against the templates of the rules instead.
func (b *Book) API(service string, c *apicall.Call) *API {
	found := b.routes.of(service, c)
	if b.showing != nil {
		return b.showingAPI(service, c, found)
	}
	if found == nil {
		return nil
	}
	key := apiKey{service, c.Method, found}
	b.mu.RLock()
	api, known := b.apis[key]
	b.mu.RUnlock()
	if known {
		return api
	}
	api = found.api(service, c.Method)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.apis) < maxAPIs {
		key.service, key.method = strings.Clone(service), strings.Clone(c.Method)
		b.apis[key] = api
	}
	return api
}

// showingAPI is API of a book with references.
func (b *Book) showingAPI(service string, c *apicall.Call, found *ruleset) *API {
	sources := b.sources.of(service, c)
	if found == nil && sources == nil {
		return nil
	}
	key := showingKey{apiKey{service, c.Method, found}, sources}
	b.mu.RLock()
	api, known := b.showing[key]
	b.mu.RUnlock()
	if known {
		return api
	}
	api = found.api(service, c.Method).showing(sources, service, c.Method)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.showing) < maxAPIs {
		key.service, key.method = strings.Clone(service), strings.Clone(c.Method)
		b.showing[key] = api
	}
	return api
}

// showing adds the sources that are about calls of that service by that method.
func (a *API) showing(sources *ruleset, service, method string) *API {
	if sources == nil {
		return a
	}
	for _, s := range sources.rules {
		if !s.about(service, method) || a != nil && slices.Contains(a.shows, s.source) {
			continue
		}
		if a == nil {
			a = new(API)
		}
		a.shows = append(a.shows, s.source)
		a.want |= s.source.want
		a.late |= s.source.want
	}
	return a
}

// api returns the rules that are about calls of that service by that method, nil if none are.
func (r *ruleset) api(service, method string) *API {
	if r == nil {
		return nil
	}
	a := new(API)
	for _, s := range r.rules {
		if !s.about(service, method) || slices.Contains(a.Immediate, s.rule) || slices.Contains(a.Deferred, s.rule) {
			continue
		}
		a.want |= s.rule.reads.own
		if s.rule.Deferred() {
			a.Deferred = append(a.Deferred, s.rule)
			a.late |= s.rule.reads.own
		} else {
			a.Immediate = append(a.Immediate, s.rule)
		}
	}
	if len(a.Immediate)+len(a.Deferred) == 0 {
		return nil
	}
	return a
}

func (s *scopedAPI) about(service, method string) bool {
	return s.api.HasMethod(method) && (len(s.services) == 0 || slices.Contains(s.services, service))
}

// parameters are the names that the rule's templates give to parameters of the path; nil if there may be others.
func (p place) parameters() []string { return parametersOfAll(p.rule.APIs) }

// parametersOfAll are the names that templates give to parameters of the path; nil if there may be others.
func parametersOfAll(apis []rulefile.API) []string {
	all := []string{}
	for _, api := range apis {
		names := parametersOf(api.Route)
		if names == nil {
			return nil
		}
		all = append(all, names...)
	}
	return all
}
