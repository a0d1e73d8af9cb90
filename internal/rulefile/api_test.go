package rulefile

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apicall"
)

func TestAnAPIIsAMethodAndARoute(t *testing.T) {
	for text, want := range map[string]API{
		"*":                         {Route: "*", Text: "*"},
		"* *":                       {Route: "*", Text: "*"},
		"GET *":                     {Methods: []string{"GET"}, Route: "*", Text: "GET *"},
		" get|POST|Get \t/a/**  ":   {Methods: []string{"GET", "POST"}, Route: "/a/**", Text: "GET|POST /a/**"},
		"* /users/:id?":             {Route: "/users/:id?", Text: "* /users/:id?"},
		"PUT /{id:[0-9]{1, 3}}/<x>": {Methods: []string{"PUT"}, Route: "/{id:[0-9]{1, 3}}/<x>", Text: "PUT /{id:[0-9]{1, 3}}/<x>"},
	} {
		got, err := ParseAPI(text)
		require.NoError(t, err, text)
		assert.Equal(t, want, got, text)
		assert.Equal(t, want.Text, got.String())
	}
}

func TestAnAPIHasItsMethodsOrAny(t *testing.T) {
	api, err := ParseAPI("GET|PUT /a")
	require.NoError(t, err)
	assert.True(t, api.HasMethod("PUT"))
	assert.False(t, api.HasMethod("POST"))
	assert.False(t, api.AnyRoute())
	api, err = ParseAPI("*")
	require.NoError(t, err)
	assert.True(t, api.HasMethod("POST"))
	assert.True(t, api.AnyRoute())
}

func TestRoutesAreAsLongAsThoseOfCalls(t *testing.T) {
	assert.Equal(t, apicall.MaxRouteBytes, MaxRouteBytes)
}
