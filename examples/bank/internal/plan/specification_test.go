package plan

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What honest people ask for is what the bank's specification describes, and so is most of what attackers do: the
// specification does not tell them apart.
func TestCallsFollowTheSpecification(t *testing.T) {
	specification, err := openapi3.NewLoader().LoadFromFile("../../openapi.yaml")
	require.NoError(t, err)
	router, err := legacy.NewRouter(specification)
	require.NoError(t, err)
	follows := func(c Call) error {
		request, err := http.NewRequestWithContext(t.Context(), c.Method, c.Path, strings.NewReader(c.Body))
		require.NoError(t, err)
		if c.Body != "" {
			request.Header.Set("Content-Type", "application/json")
		}
		for name, value := range c.Header {
			request.Header.Set(name, value)
		}
		route, parameters, err := router.FindRoute(request)
		if err != nil {
			return err
		}
		return openapi3filter.ValidateRequest(t.Context(), &openapi3filter.RequestValidationInput{
			Request: request, PathParams: parameters, Route: route,
			Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
		})
	}
	o := Quiet(1, 50*time.Minute)
	o.Attacks = spread(nil, 1, 0, 40*time.Minute)
	p := made(t, o)
	breaking := map[string]bool{}
	for _, c := range p.Calls {
		err := follows(c)
		if c.Attack >= 0 && err != nil {
			breaking[p.Attacks[c.Attack].Kind] = true
			continue
		}
		assert.NoError(t, err, "%s %s %s", c.Method, c.Path, c.Body)
	}
	assert.ElementsMatch(t, []string{"negative_amount", "negative_quantity", "huge_amount", "wrong_type"}, slices.Collect(maps.Keys(breaking)))
}
