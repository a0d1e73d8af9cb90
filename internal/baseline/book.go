package baseline

import (
	"iter"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Result returns the rules that hold of what was seen so far. The same traces give the same result. Traces that are not over
// are taken for ended: ask when there is time, not after each trace.
func (l *Learner) Result() *Result {
	l.rest()
	r := &Result{File: &rulefile.File{}}
	r.Counts = Counts{
		Calls: l.state.Calls, Traces: l.state.Traces, APIs: len(l.state.APIs), Sessions: countBits(&l.state.Sessions),
		RejectedBy: make(map[string]int),
	}
	b := &builder{settings: l.settings, learner: l, result: r, ids: make(map[string]bool), domains: newDomains(l.state.APIs), used: make(map[*Collection][]string), usedNear: make(map[*Collection][]string), overlaps: make(map[*API]bool)}
	apis := slices.Clone(l.state.APIs)
	slices.SortFunc(apis, func(x, y *API) int {
		return strings.Compare(x.Service+"\x00"+x.Route+"\x00"+x.Method, y.Service+"\x00"+y.Route+"\x00"+y.Method)
	})
	for _, list := range byService(apis) {
		maps.Copy(b.overlaps, overlaps(list))
	}
	for _, a := range apis {
		scope, err := rulefile.ParseAPI(a.Method + " " + a.Route)
		if err != nil {
			r.Counts.RejectedBy["the route cannot be written in a rule"]++
			continue
		}
		b.api, b.scope = a, scope
		b.rules()
	}
	for service, list := range byService(apis) {
		b.families(list)
		b.routes(service, list)
	}
	b.api = nil
	b.given()
	b.fit()
	r.File.References = b.references(b.used)
	r.NearReferences = b.references(b.usedNear)
	for i := range r.Rules {
		r.File.Rules = append(r.File.Rules, r.Rules[i].Rule)
	}
	r.sound()
	r.NeverSeen = l.neverSeen()
	return r
}

// fit leaves the rules that were seen in most sessions, if there are more than a file can have.
func (b *builder) fit() {
	r := b.result
	if len(r.Rules) <= rulefile.MaxRules {
		return
	}
	sessions := make([]int, len(r.Rules))
	for i := range r.Rules {
		sessions[i] = r.Rules[i].Evidence.Sessions
	}
	slices.Sort(sessions)
	least := sessions[len(sessions)-rulefile.MaxRules]
	before, ties := len(r.Rules), rulefile.MaxRules-len(sessions)+sort.SearchInts(sessions, least+1)
	r.Rules = slices.DeleteFunc(r.Rules, func(l Learned) bool {
		if l.Evidence.Sessions == least {
			ties--
			return ties < 0
		}
		return l.Evidence.Sessions < least
	})
	r.Counts.RejectedBy["more rules than a file can have"] += before - len(r.Rules)
}

// given takes the rules that others propose, but for those that are learned in the same words.
func (b *builder) given() {
	said := make(map[string]bool)
	saying := func(r *rulefile.Rule) string {
		return strings.Join(r.Services, ",") + "\n" + r.APIs[0].Text + "\n" + r.When.Text + "\n" + r.Check.Text
	}
	for i := range b.result.Rules {
		said[saying(&b.result.Rules[i].Rule)] = true
	}
	for i := range b.settings.Given {
		rule := b.settings.Given[i]
		if len(rule.APIs) == 0 || said[saying(&rule)] || rule.Kind == "novelty" && !b.settings.Novelty {
			continue
		}
		said[saying(&rule)] = true
		rule.ID = b.id(rule.ID)
		b.result.Rules = append(b.result.Rules, Learned{Rule: rule, Sentence: "as described: it never happens that " + strings.TrimSuffix(rule.Message, ".")})
	}
}

// byService goes through services and their APIs, in order.
func byService(apis []*API) iter.Seq2[string, []*API] {
	return func(yield func(string, []*API) bool) {
		for len(apis) > 0 {
			n := slices.IndexFunc(apis, func(a *API) bool { return a.Service != apis[0].Service })
			if n < 0 {
				n = len(apis)
			}
			if !yield(apis[0].Service, apis[:n]) {
				return
			}
			apis = apis[n:]
		}
	}
}

// rules makes all rules about one API.
func (b *builder) rules() {
	b.same, b.owned = classesOfPlaces{}, make(map[int32]bool)
	b.joins = make(map[about]bool)
	b.caller()
	for _, p := range b.api.Places {
		b.object(p)
	}
	b.equalities()
	b.different()
	for _, p := range b.api.Places {
		b.unary(p)
	}
	b.around()
	if b.learner.scene != nil {
		b.earlierCalls()
		b.predecessor()
	}
}

// caller makes rules about who calls.
func (b *builder) caller() {
	a := b.api
	if claim := &a.HasUser; claim.alive() && claim.Held.Calls > claim.Broke.Calls {
		b.consider(&candidate{
			kind: "environment", what: "has-user", check: "has(env.user.id)", when: "has(env.session.id)",
			message: "the call has a session, and the caller is not known", sentence: "the caller is known",
			evidence: evidenceOf(claim, 1), refs: claim.Refs, found: claim.Found, least: leastOften,
		})
	}
	for i := range a.Roles {
		role := &a.Roles[i]
		claim := &role.Claim
		// What nearly everybody may do says nothing, and who may do more is seen here sooner or later.
		share := b.learner.share(role.Hash)
		if !claim.alive() || claim.Held.Calls <= claim.Broke.Calls || share > mostShare {
			continue
		}
		c := &candidate{
			kind: "environment", what: "role-" + idOf(role.Name), check: quoted(role.Name) + " in env.user.roles",
			message: "the caller has not the role " + role.Name, sentence: "the caller has the role " + role.Name,
			evidence: evidenceOf(claim, 1), refs: claim.Refs, found: claim.Found, least: leastSessions,
		}
		if chanceHolds(share, claim.Held.Sessions) {
			c.why = whyChance
		}
		b.consider(c)
	}
}

// share is how many of all calls with roles have one.
func (l *Learner) share(role uint64) float64 {
	with, all := 0, 0
	for _, a := range l.state.APIs {
		all += a.HasRoles.Calls
		for i := range a.Roles {
			if a.Roles[i].Hash == role {
				with += a.Roles[i].Claim.Held.Calls
			}
		}
	}
	return math.Min(1, float64(with)/float64(max(1, all)))
}
