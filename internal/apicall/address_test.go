package apicall

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCleanAddress(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"empty", "", ""},
		{"absent in a log", "-", ""},
		{"absent in a header", " unknown ", ""},
		{"ipv4", "192.0.2.7", "192.0.2.7"},
		{"spaces", " 192.0.2.7 ", "192.0.2.7"},
		{"ipv4 with port", "192.0.2.7:5678", "192.0.2.7"},
		{"ipv6", "2001:db8::1", "2001:db8::1"},
		{"ipv6 in another spelling", "2001:DB8:0:0::0001", "2001:db8::1"},
		{"ipv6 in brackets", "[2001:db8::1]", "2001:db8::1"},
		{"ipv6 with port", "[::1]:80", "::1"},
		{"ipv6 with zone", "fe80::1%eth0", "fe80::1"},
		{"mapped", "::ffff:192.0.2.7", "192.0.2.7"},
		{"mapped in hex", "::FFFF:c000:0207", "192.0.2.7"},
		{"mapped with port", "[::ffff:192.0.2.7]:443", "192.0.2.7"},
		{"host name", "client.example.org", "client.example.org"},
		{"host name with port", "client.example.org:8080", "client.example.org"},
		{"socket", "unix:/run/app.sock", "unix:/run/app.sock"},
		{"open bracket", "[::1", "[::1"},
		{"forged line", "192.0.2.7\n192.0.2.8", "192.0.2.7?192.0.2.8"},
		{"long text of digits", strings.Repeat("1", 64), strings.Repeat("1", 64)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var buf keyBuffer
			assert.Equal(t, tt.want, cleanAddress(tt.in, &buf))
		})
	}
}

// drawAddressText makes addresses of all spellings, whole and damaged.
func drawAddressText(t *rapid.T) string {
	v6 := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]byte{0, 0, 0, 1, 0xff}), 16, 16), func(b []byte) string {
		addr := netip.AddrFrom16([16]byte(b))
		return addr.String()
	})
	return rapid.OneOf(
		v6,
		rapid.StringMatching(`[0-9]{1,3}(\.[0-9]{1,3}){2,4}`),
		rapid.StringMatching(`([0-9a-fA-F]{0,4}:){1,8}[0-9a-fA-F]{0,5}`),
		rapid.StringMatching(`:{0,2}([0-9a-f]{1,4}:){0,6}[0-9]{1,3}(\.[0-9]{1,3}){3}`),
		rapid.StringMatching(`[0-9a-f:.]{0,20}`),
	).Draw(t, "address")
}

func TestParseAddrIsNetipParseAddr(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawAddressText(t)
		want, err := netip.ParseAddr(text)
		got, ok := parseAddr(text)
		require.Equal(t, err == nil, ok, "%q", text)
		if ok {
			require.Equal(t, want.Unmap(), got, "%q", text)
		}
	})
}

func TestBoundKey(t *testing.T) {
	long := strings.Repeat("x", MaxClientBytes)
	tests := []struct{ name, in, want string }{
		{"plain", "jo", "jo"},
		{"letters", "jürgen", "jürgen"},
		{"control bytes", "jo\r\n\x1b[31m", "jo???[31m"},
		{"no UTF-8", "jo\xff", "jo?"},
		{"direction override", "jo\u202eoj", "jo?oj"},
		{"just fits", long, long},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var buf keyBuffer
			assert.Equal(t, tt.want, boundKey(tt.in, &buf))
		})
	}
}

func TestLongKeysStayApart(t *testing.T) {
	token := "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9." + strings.Repeat("a", 200)
	var buf1, buf2, buf3 keyBuffer
	one, other, again := boundKey(token+"1", &buf1), boundKey(token+"2", &buf2), boundKey(token+"1", &buf3)
	assert.NotEqual(t, one, other)
	assert.Equal(t, one, again)
	assert.Len(t, one, MaxClientBytes)
	assert.True(t, strings.HasPrefix(one, "Bearer eyJhbGci"), one)
}

func TestBoundKeyProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) })).
			Draw(t, "text")
		var buf, second keyBuffer
		key := boundKey(text, &buf)
		require.LessOrEqual(t, len(key), MaxClientBytes)
		require.True(t, printable(key), "%q", key)
		require.Equal(t, key, boundKey(key, &second))
	})
}
