package apicall

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// addressKey is the client key that stands for the whole chain of client addresses.
const addressKey = "client.address"

// fallBacks are the names of one field that is not read for every call, stable name first.
var fallBacks = [...][]string{
	{"user.id", "enduser.id"},
	{"user.roles", "enduser.role"},
	{"user_agent.original", "http.user_agent"},
	{"network.peer.address", "net.sock.peer.addr", "net.peer.ip"},
	{addressKey, "http.client_ip"},
}

// Names returns the names under which an attribute is read, stable name first. It takes a stable or an old name; one
// without fall-backs comes back alone. Header attributes were once written with "_" for "-".
func Names(name string) []string {
	for _, names := range fallBacks {
		if slices.Contains(names, name) {
			return slices.Clone(names)
		}
	}
	for _, prefix := range []string{"http.request.header.", "http.response.header."} {
		if header, ok := strings.CutPrefix(name, prefix); ok && strings.Contains(header, "-") {
			return []string{name, prefix + strings.ReplaceAll(header, "-", "_")}
		}
	}
	return []string{name}
}

// clientKey is one compiled entry of Settings.ClientKey.
type clientKey struct {
	names   []string
	address bool // the chain of client addresses, not an attribute
}

func compileClientKeys(names []string) ([]clientKey, error) {
	if len(names) == 0 {
		names = []string{addressKey}
	}
	keys := make([]clientKey, 0, len(names))
	for _, name := range names {
		if name == "" {
			return nil, errors.New("client key: an attribute name is empty")
		}
		names := Names(name)
		key := clientKey{names: names, address: names[0] == addressKey}
		if slices.ContainsFunc(keys, func(k clientKey) bool { return k.names[0] == key.names[0] }) {
			return nil, fmt.Errorf("client key: %q is named twice", name)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// attribute returns the first of the key's names that has a value.
func (k *clientKey) attribute(m pcommon.Map, buf *keyBuffer) string {
	for _, name := range k.names {
		if v, ok := m.Get(name); ok {
			if s := keyText(v, buf); s != "" {
				return s
			}
		}
	}
	return ""
}

// keyText is the text of a scalar, or of the first element of an array; "" for all else.
func keyText(v pcommon.Value, buf *keyBuffer) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return boundKey(strings.TrimSpace(v.Str()), buf)
	case pcommon.ValueTypeInt:
		return view(strconv.AppendInt(buf[:0], v.Int(), 10))
	case pcommon.ValueTypeDouble:
		if f := v.Double(); f == math.Trunc(f) && math.Abs(f) < 1<<53 {
			return view(strconv.AppendInt(buf[:0], int64(f), 10)) // JSON has no integers: 42.0 is user 42
		}
		return view(strconv.AppendFloat(buf[:0], v.Double(), 'g', -1, 64))
	case pcommon.ValueTypeSlice:
		if s := v.Slice(); s.Len() > 0 && s.At(0).Type() != pcommon.ValueTypeSlice {
			return keyText(s.At(0), buf)
		}
	}
	return ""
}

// client fills Peer, Client and Forwarded of a call that was read from attributes.
func (r *Reader) client(m pcommon.Map, a *attributes, s *Scratch, c *Call) {
	c.Peer = cleanAddress(a.text(peerAddress, oldPeerIP), &s.peer)
	c.Client, c.Forwarded = "", false
	for i := range r.keys {
		key := &r.keys[i]
		if key.address {
			r.clientAddress(a, s, c)
		} else {
			c.Client = key.attribute(m, &s.client)
		}
		if c.Client != "" {
			return
		}
	}
}

// clientAddress takes the client from the chain of addresses. Without trusted proxies it believes whatever is there;
// with them, a forwarded address counts only where a trusted peer passed it on.
func (r *Reader) clientAddress(a *attributes, s *Scratch, c *Call) {
	if len(r.trusted) > 0 && c.Peer != "" {
		if !r.trusts(c.Peer) {
			c.Client = c.Peer
			return
		}
		if client := r.vouchedFor(a, c.Peer); client != "" {
			c.Client = cleanAddress(client, &s.client)
			c.Forwarded = c.Client != c.Peer
			return
		}
	}
	if client := a.text(clientAddress, oldClientIP); client != "" {
		c.Client = cleanAddress(client, &s.client)
		c.Forwarded = c.Peer != "" && c.Client != c.Peer
		return
	}
	if len(r.trusted) == 0 {
		if client := cleanAddress(a.firstForwarded(), &s.client); client != "" {
			c.Client, c.Forwarded = client, true
			return
		}
	}
	c.Client = c.Peer
}

// firstForwarded returns the first entry of x-forwarded-for: the client, if everybody on the way told the truth.
func (a *attributes) firstForwarded() string {
	for i := forwardedFor; i <= oldForwardedFor; i++ {
		if a.seen>>i&1 == 0 {
			continue
		}
		if list, ok := header(a.value[i], 0); ok {
			first, _, _ := strings.Cut(list, ",")
			return first
		}
	}
	return ""
}

// vouchedFor walks x-forwarded-for from its end, which the trusted peer wrote, to the first address that is not
// trusted itself. See [Reader.walk].
func (r *Reader) vouchedFor(a *attributes, peer string) string {
	for i := forwardedFor; i <= oldForwardedFor; i++ {
		if a.seen>>i&1 == 0 {
			continue
		}
		v, n := a.value[i], 1
		if v.Type() == pcommon.ValueTypeSlice {
			n = v.Slice().Len()
		}
		w := walk{reader: r, peer: peer}
		for j := n - 1; j >= 0 && !w.done; j-- {
			list, _ := header(v, j)
			w.back(list)
		}
		if w.client != "" {
			return w.client
		}
	}
	return ""
}

// maxHops bounds the walk over a header that an attacker filled with trusted addresses.
const maxHops = 32

// walk goes from the end of x-forwarded-for to its beginning. It ends at the first address that is not trusted, which
// is the client; where the trusted proxies could not name an address ("unknown"), the client is the last hop they
// could name, and where all hops are trusted, the first one.
type walk struct {
	reader *Reader
	peer   string // the hop before the first one
	client string // "" before the first hop
	hops   int
	done   bool
}

// back walks one comma-separated list.
func (w *walk) back(list string) {
	for list != "" && !w.done {
		i := strings.LastIndexByte(list, ',')
		entry := trimAddress(list[i+1:])
		list = list[:max(i, 0)]
		if entry == "" {
			continue
		}
		w.hop(entry)
	}
}

func (w *walk) hop(entry string) {
	addr, ok := parseAddr(entry)
	w.hops++
	w.done = !ok || w.hops == maxHops || !w.reader.trustsAddr(addr)
	switch {
	case ok:
		w.client = entry
	case w.client == "":
		w.client = w.peer
	}
}

// trusts is true if the peer is an address in a trusted prefix.
func (r *Reader) trusts(peer string) bool {
	addr, ok := parseAddr(peer)
	return ok && r.trustsAddr(addr)
}

func (r *Reader) trustsAddr(addr netip.Addr) bool {
	for _, prefix := range r.trusted {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// cleanAddress brings an address to one text: no port, brackets or zone, IPv6 as RFC 5952 has it, IPv4-mapped as IPv4.
// Proxies write "unknown" or "-" for an address they do not have; that is absent. Other text, such as a host name, is
// bounded by [boundKey].
func cleanAddress(s string, buf *keyBuffer) string {
	if isPlainIPv4(s) {
		return s
	}
	s = trimAddress(s)
	switch s {
	case "", "-", "unknown":
		return ""
	}
	if strings.IndexByte(s, ':') >= 0 {
		if addr, ok := parseIPv6(s); ok {
			return view(addr.AppendTo(buf[:0]))
		}
	}
	return boundKey(s, buf)
}

// isPlainIPv4 is the short cut for most addresses: nothing to clean where there are digits and dots alone.
func isPlainIPv4(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '.' && c-'0' > 9 {
			return false
		}
	}
	return len(s) > 0 && len(s) <= len("255.255.255.255")
}
