package ignore

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

func TestACallIsOnTheListByClientRouteOrUserAgent(t *testing.T) {
	l, err := New([]string{"198.51.100.0/24", "2001:db8::7"}, []string{"/health"}, []string{"kube-probe/"})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		call apicall.Call
		want bool
	}{
		"client in a range":       {apicall.Call{Client: "198.51.100.9"}, true},
		"client by its address":   {apicall.Call{Client: "2001:db8::7"}, true},
		"client beside them":      {apicall.Call{Client: "198.51.101.9"}, false},
		"no client":               {apicall.Call{}, false},
		"route":                   {apicall.Call{Route: "/health"}, true},
		"route that goes on":      {apicall.Call{Route: "/health/deep"}, false},
		"user agent":              {apicall.Call{UserAgent: "kube-probe/1.34"}, true},
		"user agent further back": {apicall.Call{UserAgent: "no kube-probe/1.34"}, false},
		"one of three is enough":  {apicall.Call{Client: "192.0.2.1", Route: "/orders", UserAgent: "kube-probe/"}, true},
		"none of three":           {apicall.Call{Client: "192.0.2.1", Route: "/orders", UserAgent: "curl/8"}, false},
	} {
		assert.Equal(t, test.want, l.Has(&test.call), name)
	}
}

func TestAnEmptyListHasNoCall(t *testing.T) {
	empty, err := New(nil, nil, nil)
	require.NoError(t, err)
	for _, l := range []List{empty, {}} {
		assert.False(t, l.Has(&apicall.Call{}))
		assert.False(t, l.Has(&apicall.Call{Client: "192.0.2.1", Route: "/", UserAgent: "curl/8"}))
	}
}

func TestClientsThatAreNoAddressRangesAreNamed(t *testing.T) {
	_, err := New([]string{"10.0.0.0/33", "192.0.2.1", "jo"}, nil, nil)
	assert.EqualError(t, err, "clients: \"10.0.0.0/33\" is no address range: write it as 10.0.0.0/8 or 192.0.2.7\n"+
		"clients: \"jo\" is no address range: write it as 10.0.0.0/8 or 192.0.2.7")
}

// BenchmarkHas looks up calls of which one in 256 is on the list. It must not allocate.
func BenchmarkHas(b *testing.B) {
	l, err := New([]string{"10.0.0.0/8", "198.51.100.7"}, []string{"/health", "/ready"}, []string{"kube-probe/", "Prometheus/"})
	require.NoError(b, err)
	calls := make([]apicall.Call, 1<<10)
	for i := range calls {
		calls[i] = apicall.Call{
			Client: fmt.Sprintf("198.51.100.%d", i%256), Route: fmt.Sprintf("/orders/{id}/items/%d", i%17), UserAgent: fmt.Sprint("curl/8.", i%5),
		}
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		l.Has(&calls[i%len(calls)])
	}
}
