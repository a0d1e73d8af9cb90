package baseline

import (
	"net/http"
	"strings"
)

// Whom an API shows a thing tells whose it is, where answers do not say so: who lists accounts lists the own ones. The row
// keeps who was shown it last, by API, and a rule that it is the caller is proved as if an answer had said it.

const (
	callerPrefix     = "env.user.id of " // and the API
	mostCallerFields = 8                 // of a collection
)

// callerField is the name of the field of whom the API has shown a row last.
func (a *API) callerField() string {
	if a.toWhom == "" {
		a.toWhom = callerPrefix + a.Method + " " + a.Route
	}
	return a.toWhom
}

// isCaller is true for a field of whom an API has shown a row last.
func isCaller(field string) bool { return strings.HasPrefix(field, callerPrefix) }

// callers is how many such fields a collection has.
func (c *Collection) callers() (n int) {
	for _, name := range c.Names {
		if isCaller(name) {
			n++
		}
	}
	return n
}

// ownersOnly is true for an API that shows each thing to one user. What it creates is its caller's; of what it tells, that is
// seen when it is told again.
func (c *Collection) ownersOnly(n int) bool {
	again, changed := &c.Again[n], &c.Changed[n]
	if changed.Calls*ownersShare > again.Calls || changed.Sessions*sharersShare > again.Sessions {
		return false
	}
	busiest := 0 // a program that asks all the time stands for nobody else
	for i := range c.Values[n].List {
		busiest = max(busiest, c.Values[n].List[i].Seen.Sessions)
	}
	return again.Sessions-busiest >= leastOwners || strings.HasPrefix(c.Names[n], callerPrefix+http.MethodPost+" ")
}

const (
	ownersShare  = 1000 // of so many calls one may show a thing to somebody else
	sharersShare = 200  // and of so many sessions one
	leastOwners  = 400  // sessions that were shown again what they had been shown, besides those of the busiest user
)

// callerName is the name of such a field in rules.
func callerName(field string) string {
	name := strings.Map(func(r rune) rune {
		if '0' <= r && r <= '9' || 'a' <= r && r <= 'z' {
			return r
		}
		return '_'
	}, strings.ToLower(strings.TrimPrefix(field, callerPrefix)))
	for strings.Contains(name, "__") {
		name = strings.ReplaceAll(name, "__", "_")
	}
	name = "caller_of_" + strings.Trim(name, "_")
	return name[:min(len(name), 56)]
}
