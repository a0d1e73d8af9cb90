// Package ignore tells the calls that an operator wants left alone, such as those of probes and load tests.
package ignore

import (
	"net/netip"
	"strings"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// List is the calls to leave alone: those of some clients, on some routes or by some user agents. The zero List has none.
type List struct {
	clients    []netip.Prefix
	routes     map[string]struct{}
	userAgents []string
}

// New returns the list of all calls by clients, which are CIDRs or addresses, on routes as in http.route, or by user
// agents, which are named by how they begin. The error tells of each client that is no address range.
func New(clients, routes, userAgents []string) (List, error) {
	ranges, err := apicall.Prefixes("clients", clients)
	l := List{clients: ranges, userAgents: userAgents, routes: make(map[string]struct{}, len(routes))}
	for _, r := range routes {
		l.routes[r] = struct{}{}
	}
	return l, err
}

// Has tells whether the call is to be left alone.
func (l *List) Has(call *apicall.Call) bool {
	if _, ok := l.routes[call.Route]; ok {
		return true
	}
	for _, beginning := range l.userAgents {
		if strings.HasPrefix(call.UserAgent, beginning) {
			return true
		}
	}
	return len(l.clients) > 0 && apicall.Within(l.clients, call.Client)
}
