package apiinvariantprocessor

import (
	"net/netip"
	"strings"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

// ignored are the calls that are not judged.
type ignored struct {
	any        bool
	clients    []netip.Prefix
	routes     map[string]struct{}
	userAgents []string
}

func newIgnored(c IgnoreConfig) (ignored, error) {
	clients, err := apicall.Prefixes("clients", c.Clients)
	i := ignored{clients: clients, userAgents: c.UserAgents, routes: make(map[string]struct{})}
	for _, r := range c.Routes {
		i.routes[r] = struct{}{}
	}
	i.any = len(clients)+len(i.routes)+len(i.userAgents) > 0
	return i, err
}

func (i *ignored) has(call *apicall.Call) bool {
	if !i.any {
		return false
	}
	if _, ok := i.routes[call.Route]; ok {
		return true
	}
	for _, beginning := range i.userAgents {
		if strings.HasPrefix(call.UserAgent, beginning) {
			return true
		}
	}
	return len(i.clients) > 0 && i.within(call.Client)
}

func (i *ignored) within(address string) bool {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	a = a.Unmap()
	for _, r := range i.clients {
		if r.Contains(a) {
			return true
		}
	}
	return false
}
