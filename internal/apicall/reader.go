package apicall

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Settings are compiled once by [NewReader].
type Settings struct {
	// ClientKey are attribute names; the first one that has a value names the client. Nil means {"client.address"},
	// which stands for the whole chain: client.address, http.client_ip, first x-forwarded-for, network.peer.address,
	// net.sock.peer.addr, net.peer.ip. Any attribute is allowed: numbers are read as text, of an array (a header)
	// the first element counts, old names are read as well ([Names]).
	ClientKey []string
	// TrustedProxies are the peers whose x-forwarded-for is believed. With any, the client address is the right-most
	// entry that is not trusted itself; a peer that is known and not trusted is the client. Without any, everybody
	// is believed.
	TrustedProxies []netip.Prefix
}

// Reader reads spans and log records. It is safe for concurrent use; the [Scratch] is not.
type Reader struct {
	keys    []clientKey
	trusted []netip.Prefix
}

// NewReader compiles the settings. It fails on an empty or repeated client key and on an invalid prefix.
func NewReader(s Settings) (*Reader, error) {
	keys, err := compileClientKeys(s.ClientKey)
	if err != nil {
		return nil, err
	}
	r := &Reader{keys: keys}
	for _, prefix := range s.TrustedProxies {
		if !prefix.IsValid() {
			return nil, fmt.Errorf("trusted proxies: prefix %v is invalid", prefix)
		}
		r.trusted = append(r.trusted, unmapped(prefix))
	}
	return r, nil
}

// Prefixes reads CIDRs, such as those of [Settings]; a bare address stands for itself. The error tells of each that is
// none, under the key.
func Prefixes(key string, values []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	var errs []error
	for _, v := range values {
		if addr, err := netip.ParseAddr(v); err == nil {
			out = append(out, netip.PrefixFrom(addr, addr.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(v)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %q is no address range: write it as 10.0.0.0/8 or 192.0.2.7", key, v))
			continue
		}
		out = append(out, p.Masked())
	}
	return out, errors.Join(errs...)
}

// Within tells whether the text is an address in one of the prefixes, such as those of [Prefixes]. An IPv4-mapped address
// is compared as IPv4; one with a zone is in none.
func Within(prefixes []netip.Prefix, address string) bool {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	addr = addr.Unmap()
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// unmapped turns a prefix of IPv4-mapped addresses into one of IPv4: all addresses are compared unmapped.
func unmapped(p netip.Prefix) netip.Prefix {
	const mappedBits = 96
	if p.Addr().Is4In6() && p.Bits() >= mappedBits {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mappedBits)
	}
	return p.Masked()
}

// Scratch is the buffers of one goroutine. The zero value is ready for use.
type Scratch struct {
	client, peer keyBuffer
	route        [2 * MaxRouteBytes]byte // the longest route, and the segment that does not fit any more
}

// Span reads a span. For an [APICall] it fills c, for a [DBStatement] st but for the texts that cost a search
// ([Reader.StatementText]); what it does not fill it leaves alone. All three pointers must be given.
func (r *Reader) Span(span ptrace.Span, s *Scratch, c *Call, st *Statement) Kind {
	switch span.Kind() {
	case ptrace.SpanKindServer:
		return r.server(span, s, c)
	case ptrace.SpanKindClient:
		return statement(span, st)
	}
	return None
}

func (r *Reader) server(span ptrace.Span, s *Scratch, c *Call) Kind {
	var a attributes
	m := span.Attributes()
	a.read(m)
	if a.seen&(bitsMethodStatus|bitsPathRoute) == 0 {
		return None
	}
	c.Start, c.End = interval(span)
	c.HasParent = !span.ParentSpanID().IsEmpty()
	c.TraceID, c.SpanID = span.TraceID(), span.SpanID()
	r.call(m, &a, s, c)
	return APICall
}

// call fills what a call has from its attributes.
func (r *Reader) call(m pcommon.Map, a *attributes, s *Scratch, c *Call) {
	c.Method = canonicalMethod(a.text(requestMethod, oldMethod))
	c.Path = pathOf(a.text(urlPath, urlFull))
	c.UserAgent = a.text(userAgent, oldUserAgent)
	c.Route = a.text(route, route)
	c.RouteGiven = c.Route != ""
	if c.RouteGiven {
		c.Route = boundRoute(c.Route)
	} else {
		c.Route = templated(c.Path, s)
	}
	status, _ := a.integer(statusCode, oldStatusCode)
	c.Status = boundStatus(status)
	c.ResponseSize = -1
	if size, ok := a.integer(bodySize, oldContentLengthHeader); ok {
		c.ResponseSize = size
	}
	r.client(m, a, s, c)
}

// boundStatus makes everything that is no status code 0.
func boundStatus(status int64) int {
	if status < 100 || status > 999 {
		return 0
	}
	return int(status)
}

// interval returns the span's time; a span that ends before it starts, or never ended, ends as it starts.
func interval(span ptrace.Span) (start, end int64) {
	start = nanos(span.StartTimestamp())
	return start, max(start, nanos(span.EndTimestamp()))
}

// nanos keeps a time that no int64 can hold (after the year 2262) at the latest one it can.
func nanos(t pcommon.Timestamp) int64 {
	return int64(min(t, math.MaxInt64))
}

// ServiceName returns the resource's service.name, or "unknown_service" as the semantic conventions have it.
func ServiceName(res pcommon.Resource) string {
	if v, ok := res.Attributes().Get("service.name"); ok && v.Str() != "" {
		return v.Str()
	}
	return "unknown_service"
}
