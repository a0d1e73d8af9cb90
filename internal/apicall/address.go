package apicall

import (
	"net/netip"
	"strings"
)

// trimAddress cuts what surrounds an address in headers and logs: spaces, a port, brackets, an IPv6 zone. Text that is
// no address comes back as it is, but for a port.
func trimAddress(s string) string {
	s = strings.TrimSpace(s)
	colon := strings.IndexByte(s, ':')
	if colon < 0 {
		return s
	}
	if s[0] == '[' {
		if end := strings.IndexByte(s, ']'); end > 0 {
			return s[1:end]
		}
		return s
	}
	if isPort(s[colon+1:]) {
		return s[:colon]
	}
	return s
}

// isPort is false for what follows the first colon of an IPv6 address, as long as that has another colon.
func isPort(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return len(s) > 0 && len(s) <= len("65535")
}

// parseAddr reads an IPv4 or IPv6 address; IPv4-mapped addresses become IPv4 and zones are dropped. It is
// [netip.ParseAddr] without the error, which would be an allocation per header that an attacker sends.
func parseAddr(s string) (netip.Addr, bool) {
	if strings.IndexByte(s, ':') < 0 {
		ip, ok := parseIPv4(s)
		return netip.AddrFrom4(ip), ok
	}
	return parseIPv6(s)
}

func parseIPv4(s string) (ip [4]byte, ok bool) {
	if len(s) < len("0.0.0.0") || len(s) > len("255.255.255.255") {
		return ip, false
	}
	octet, digits, n := 0, 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= '0' && c <= '9':
			if digits > 0 && octet == 0 { // a leading zero: octal for some readers
				return ip, false
			}
			octet = octet*10 + int(c-'0')
			digits++
			if octet > 255 {
				return ip, false
			}
		case c == '.' && digits > 0 && n < 3:
			ip[n] = byte(octet)
			octet, digits = 0, 0
			n++
		default:
			return ip, false
		}
	}
	ip[3] = byte(octet)
	return ip, n == 3 && digits > 0
}

// parseIPv6 follows RFC 4291, section 2.2, with a zone (RFC 4007) cut off.
func parseIPv6(s string) (netip.Addr, bool) {
	if i := strings.IndexByte(s, '%'); i > 0 && i < len(s)-1 {
		s = s[:i]
	}
	var ip [16]byte
	n, gap := 0, -1 // bytes written; where "::" stood
	if strings.HasPrefix(s, "::") {
		gap, s = 0, s[2:]
	}
	for s != "" {
		if n == len(ip) {
			return netip.Addr{}, false
		}
		group, digits := hexGroup(s)
		if digits == 0 || digits > 4 {
			return netip.Addr{}, false
		}
		if digits < len(s) && s[digits] == '.' {
			v4, ok := parseIPv4(s)
			if !ok || n > len(ip)-len(v4) {
				return netip.Addr{}, false
			}
			n += copy(ip[n:], v4[:])
			break
		}
		ip[n], ip[n+1] = byte(group>>8), byte(group)
		n, s = n+2, s[digits:]
		if s == "" {
			break
		}
		if s[0] != ':' || len(s) == 1 {
			return netip.Addr{}, false
		}
		if s = s[1:]; s[0] == ':' {
			if gap >= 0 {
				return netip.Addr{}, false
			}
			gap, s = n, s[1:]
		}
	}
	if (gap < 0) != (n == len(ip)) {
		return netip.Addr{}, false
	}
	if gap >= 0 {
		tail := copy(ip[len(ip)-(n-gap):], ip[gap:n])
		clear(ip[gap : len(ip)-tail])
	}
	return netip.AddrFrom16(ip).Unmap(), true
}

// hexGroup reads up to five hexadecimal digits: one more than a group may have.
func hexGroup(s string) (group uint32, digits int) {
	for digits < len(s) && digits < 5 {
		v, ok := unhex(s[digits])
		if !ok {
			break
		}
		group = group<<4 | uint32(v)
		digits++
	}
	return group, digits
}

// unhex returns the value of a hexadecimal digit.
func unhex(c byte) (byte, bool) {
	switch {
	case c >= '0' && c <= '9':
		return c - '0', true
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10, true
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10, true
	}
	return 0, false
}
