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
	rules   []*Rule
	options Options
	routes  routes

	readsStatements, readsCalls bool
	childWant                   apicall.Want // what rules want of child calls

	mu   sync.RWMutex
	apis map[apiKey]*API
}

// API is the rules of one API of a service.
type API struct {
	// Immediate rules read the call alone, Deferred ones its statements or its child calls as well.
	Immediate, Deferred []*Rule

	want apicall.Want // what all rules want of the call
	late apicall.Want // what deferred rules want of it
}

// scoped is a rule with the APIs that it is about.
type scoped struct {
	rule     *Rule
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

func newBook(rules []scoped, o Options) *Book {
	b := &Book{options: o, apis: make(map[apiKey]*API)}
	for i := range rules {
		s := &rules[i]
		b.rules = append(b.rules, s.rule)
		reads := &s.rule.reads
		b.readsStatements = b.readsStatements || reads.statements
		b.readsCalls = b.readsCalls || reads.calls
		b.childWant |= reads.child
		for _, api := range s.apis {
			scope := scopedAPI{s, api}
			if api.AnyRoute() {
				scope.api.Route = "/**"
			}
			b.routes.add(scope)
		}
	}
	b.routes.inherit(nil)
	return b
}

// Rules returns all rules in the order of their files.
func (b *Book) Rules() []*Rule { return b.rules }

// ReadsStatements is true if some rule looks at database statements.
func (b *Book) ReadsStatements() bool { return b.readsStatements }

// ReadsCalls is true if some rule looks at child calls.
func (b *Book) ReadsCalls() bool { return b.readsCalls }

// Deferred is true if some rule has to wait until a trace is in.
func (b *Book) Deferred() bool { return b.readsStatements || b.readsCalls }

// API returns the rules of a call, nil if there are none. A route that was not given is a guess, so the path is held
// against the templates of the rules instead.
func (b *Book) API(service string, c *apicall.Call) *API {
	found := b.routes.of(service, c)
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

// api returns the rules that are about calls of that service by that method, nil if none are.
func (r *ruleset) api(service, method string) *API {
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
func (p place) parameters() []string {
	all := []string{}
	for _, api := range p.rule.APIs {
		names := parametersOf(api.Route)
		if names == nil {
			return nil
		}
		all = append(all, names...)
	}
	return all
}
