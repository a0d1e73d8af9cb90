package apicall

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

func TestHeaders(t *testing.T) {
	tests := []struct {
		name   string // of the header, as an attribute has it
		value  any
		header string
		want   []string // nil: no header
	}{
		{"accept", "text/html", "accept", []string{"text/html"}},
		{"accept", []any{"text/html"}, "accept", []string{"text/html"}},
		{"accept", []any{"a", "b", "c"}, "accept", []string{"a", "b", "c"}},
		{"x-user-id", "7", "x-user-id", []string{"7"}},
		{"x_user_id", "7", "x-user-id", []string{"7"}},
		{"X-User_Id", []any{"7"}, "x-user-id", []string{"7"}},
		{"n", 7, "n", []string{"7"}},
		{"n", []any{7, 8.5, true}, "n", []string{"7", "8.5", "true"}},
		{"empty", "", "empty", nil},
		{"empty", []any{}, "empty", nil},
		{"empty", []any{""}, "empty", nil},
		{"half", []any{"", "b"}, "half", []string{"", "b"}},
		{"map", map[string]any{"a": "b"}, "map", nil},
		{"", "x", "", nil},
		{strings.Repeat("a", maxHeaderName+1), "x", strings.Repeat("a", maxHeaderName+1), nil},
	}
	for _, tt := range tests {
		for prefix, request := range map[string]bool{"http.request.header.": true, "http.response.header.": false} {
			d := readDetails(t, attrs{prefix + tt.name: tt.value})
			list, others := d.RequestHeaders, d.ResponseHeaders
			if !request {
				list, others = others, list
			}
			assert.Empty(t, others)
			value, ok := d.Header(request, tt.header)
			require.Equal(t, tt.want != nil, ok, "%s %v", tt.name, tt.value)
			if !ok {
				assert.Empty(t, list)
				continue
			}
			assert.Equal(t, tt.want[0], value)
			assert.Equal(t, tt.header, list[0].Name)
			assert.Equal(t, tt.want[0], list[0].Value)
			assert.Equal(t, len(tt.want) > 1, list[0].More)
			assert.Equal(t, tt.want, slices.Collect(list[0].Values()))
			for range list[0].Values() {
				break // an iterator that goes on after its loop panics
			}
			_, ok = d.Header(!request, tt.header)
			assert.False(t, ok)
		}
	}
}

func TestOfTwoWritingsOfAHeaderTheStableOneCounts(t *testing.T) {
	names := []string{"x_user_id", "X-User-Id", "x-user-id", "accept"}
	for _, order := range [][]int{{0, 1, 2, 3}, {2, 1, 0, 3}, {3, 1, 2, 0}} {
		m := pcommon.NewMap()
		for _, i := range order {
			m.PutStr("http.request.header."+names[i], names[i])
		}
		var d Details
		newDetailer(t, BodyNames{}).Read(m, WantRequestHeaders, &d)
		value, _ := d.Header(true, "x-user-id")
		assert.Equal(t, "x-user-id", value, "order %v", order)
		assert.Len(t, d.RequestHeaders, 2)
	}
	d := readDetails(t, attrs{"http.request.header.x_user_id": "request", "http.response.header.x-user-id": "response"})
	value, _ := d.Header(true, "x-user-id")
	assert.Equal(t, "request", value, "the two sides have nothing to do with each other")
}

func TestHeadersAreBounded(t *testing.T) {
	a := attrs{}
	for i := range 3 * MaxHeaders {
		a[fmt.Sprintf("http.request.header.x_%0100d", i)] = "v"
		a[fmt.Sprintf("http.response.header.y-%d", i)] = i
	}
	d := readDetails(t, a)
	assert.Len(t, d.RequestHeaders, MaxHeaders)
	assert.Len(t, d.ResponseHeaders, MaxHeaders)
	assert.Less(t, cap(d.scratch), 80<<10)
}
