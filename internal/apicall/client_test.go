package apicall

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, s := range list {
		out = append(out, netip.MustParsePrefix(s))
	}
	return out
}

func TestClientAddress(t *testing.T) {
	type a = attrs
	const xff = "http.request.header.x-forwarded-for"
	tests := []struct {
		name      string
		attrs     attrs
		want      string
		forwarded bool
	}{
		{"client address", a{"client.address": "203.0.113.9"}, "203.0.113.9", false},
		{"client address equals peer", a{"client.address": "203.0.113.9:99", "network.peer.address": "203.0.113.9"}, "203.0.113.9", false},
		{"client address differs from peer", a{"client.address": "203.0.113.9", "network.peer.address": "10.0.0.2"}, "203.0.113.9", true},
		{"client address before header", a{"client.address": "203.0.113.9", xff: []any{"203.0.113.1"}}, "203.0.113.9", false},
		{"header before peer", a{xff: []any{" [2001:db8::1]:80 , 10.0.0.1"}, "network.peer.address": "10.0.0.2"}, "2001:db8::1", true},
		{"header as text", a{xff: "203.0.113.1, 10.0.0.1"}, "203.0.113.1", true},
		{"empty header", a{xff: []any{}, "network.peer.address": "10.0.0.2"}, "10.0.0.2", false},
		{"unknown in header", a{xff: []any{"unknown, 10.0.0.1"}, "network.peer.address": "10.0.0.2"}, "10.0.0.2", false},
		{"peer", a{"net.peer.ip": "10.0.0.3", "net.sock.peer.addr": "10.0.0.2"}, "10.0.0.2", false},
		{"nothing", a{}, "", false},
		{"no text", a{"client.address": 7, "network.peer.address": true}, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.attrs["http.route"] = "/"
			c := readCall(t, Settings{}, tt.attrs)
			assert.Equal(t, tt.want, c.Client)
			assert.Equal(t, tt.forwarded, c.Forwarded)
		})
	}
}

func TestTrustedProxies(t *testing.T) {
	type a = attrs
	const xff, peer = "http.request.header.x-forwarded-for", "network.peer.address"
	trusted := Settings{TrustedProxies: prefixes("10.0.0.0/8", "::ffff:192.168.0.0/112", "fd00::/8")}
	tests := []struct {
		name      string
		attrs     attrs
		want      string
		forwarded bool
	}{
		{"right-most that is not trusted", a{peer: "10.0.0.2", xff: []any{"1.1.1.1, 203.0.113.9, 10.0.0.1"}}, "203.0.113.9", true},
		{"over several headers", a{peer: "10.0.0.2", xff: []any{"1.1.1.1", "203.0.113.9,10.0.0.1", "192.168.3.4"}}, "203.0.113.9", true},
		{"header before client address", a{peer: "10.0.0.2", xff: []any{"203.0.113.9"}, "client.address": "1.1.1.1"}, "203.0.113.9", true},
		{"old header", a{peer: "10.0.0.2", "http.request.header.x_forwarded_for": []any{"203.0.113.9"}}, "203.0.113.9", true},
		{"ports and brackets", a{peer: "[fd00::1]:80", xff: []any{"1.1.1.1, [2001:DB8::9]:4711, 10.0.0.1:99"}}, "2001:db8::9", true},
		{"mapped peer", a{peer: "::ffff:10.0.0.2", xff: []any{"203.0.113.9"}}, "203.0.113.9", true},
		{"all trusted", a{peer: "10.0.0.2", xff: []any{"10.0.0.4, 10.0.0.3"}}, "10.0.0.4", true},
		{"empty entries", a{peer: "10.0.0.2", xff: []any{", 203.0.113.9, ,", ""}}, "203.0.113.9", true},
		{"a hop without an address", a{peer: "10.0.0.2", xff: []any{"1.1.1.1, unknown, 10.0.0.1"}}, "10.0.0.1", true},
		{"a first hop without an address", a{peer: "10.0.0.2", xff: []any{"1.1.1.1, unknown"}}, "10.0.0.2", false},
		{"no header", a{peer: "10.0.0.2", "client.address": "203.0.113.9"}, "203.0.113.9", true},
		{"no header, no client address", a{peer: "10.0.0.2"}, "10.0.0.2", false},
		{"peer that is not trusted", a{peer: "203.0.113.7", xff: []any{"1.1.1.1"}, "client.address": "1.1.1.1"}, "203.0.113.7", false},
		{"peer that is no address", a{peer: "proxy.example", xff: []any{"1.1.1.1"}}, "proxy.example", false},
		{"peer unknown", a{xff: []any{"1.1.1.1"}, "http.client_ip": "203.0.113.9"}, "203.0.113.9", false},
		{"header alone", a{xff: []any{"1.1.1.1"}}, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.attrs["http.route"] = "/"
			c := readCall(t, trusted, tt.attrs)
			assert.Equal(t, tt.want, c.Client)
			assert.Equal(t, tt.forwarded, c.Forwarded)
		})
	}
}

// A header full of trusted addresses costs no more than so many hops.
func TestForwardedWalkIsBounded(t *testing.T) {
	header := "203.0.113.9" + strings.Repeat(", 10.0.0.1", 10_000)
	w := walk{reader: newReader(t, Settings{TrustedProxies: prefixes("10.0.0.0/8")}), peer: "10.0.0.2"}
	w.back(header)
	assert.Equal(t, maxHops, w.hops)
	assert.Equal(t, "10.0.0.1", w.client)
}

func TestClientKey(t *testing.T) {
	type a = attrs
	const apiKey = "http.request.header.x-api-key"
	tests := []struct {
		name  string
		key   []string
		attrs attrs
		want  string
	}{
		{"user", []string{"user.id"}, a{"user.id": "jo", "enduser.id": "old"}, "jo"},
		{"user by the old name", []string{"user.id"}, a{"enduser.id": "jo"}, "jo"},
		{"user asked for by the old name", []string{"enduser.id"}, a{"user.id": "jo"}, "jo"},
		{"number", []string{"user.id"}, a{"user.id": 42}, "42"},
		{"number out of JSON", []string{"user.id"}, a{"user.id": 42.0}, "42"},
		{"fraction", []string{"user.id"}, a{"user.id": 0.5}, "0.5"},
		{"not as a key", []string{"user.id"}, a{"user.id": map[string]any{"a": "b"}}, ""},
		{"session", []string{"session.id"}, a{"session.id": " s1 "}, "s1"},
		{"header", []string{apiKey}, a{apiKey: []any{"k1", "k2"}}, "k1"},
		{"header by the old name", []string{apiKey}, a{"http.request.header.x_api_key": []any{"k1"}}, "k1"},
		{"empty header", []string{apiKey}, a{apiKey: []any{}}, ""},
		{"agent by the old name", []string{"user_agent.original"}, a{"http.user_agent": "curl"}, "curl"},
		{"first present", []string{apiKey, "user.id", "client.address"}, a{apiKey: []any{""}, "user.id": "jo", "client.address": "203.0.113.9"}, "jo"},
		{"address at last", []string{"user.id", "client.address"}, a{"net.peer.ip": "203.0.113.9"}, "203.0.113.9"},
		{"address first", []string{"client.address", "user.id"}, a{"user.id": "jo", "net.peer.ip": "203.0.113.9"}, "203.0.113.9"},
		{"nothing", []string{"user.id"}, a{"client.address": "203.0.113.9"}, ""},
		{"control bytes", []string{"user.id"}, a{"user.id": "a\nb"}, "a?b"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.attrs["http.route"] = "/"
			c := readCall(t, Settings{ClientKey: tt.key}, tt.attrs)
			assert.Equal(t, tt.want, c.Client)
			assert.False(t, c.Forwarded)
		})
	}
}

func TestNames(t *testing.T) {
	tests := []struct {
		in   string
		want []string
	}{
		{"user.id", []string{"user.id", "enduser.id"}},
		{"enduser.role", []string{"user.roles", "enduser.role"}},
		{"session.id", []string{"session.id"}},
		{"net.peer.ip", []string{"network.peer.address", "net.sock.peer.addr", "net.peer.ip"}},
		{"http.request.header.x-api-key", []string{"http.request.header.x-api-key", "http.request.header.x_api_key"}},
		{"http.request.header.authorization", []string{"http.request.header.authorization"}},
	}
	for _, tt := range tests {
		assert.Equal(t, tt.want, Names(tt.in))
	}
}
