package gateway_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// specification holds what goes through it to openapi.yaml: a call fails if its answer is not described, or if its request
// is not and yet it has succeeded. Paths that are not described must be answered with 404 or 405.
type specification struct {
	router routers.Router
	next   http.RoundTripper
}

func newSpecification(t *testing.T, next http.RoundTripper) *specification {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromFile("../../openapi.yaml")
	require.NoError(t, err)
	require.NoError(t, document.Validate(t.Context()))
	router, err := legacy.NewRouter(document)
	require.NoError(t, err)
	return &specification{router: router, next: next}
}

func (s *specification) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
	}
	response, err := s.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	answer, err := io.ReadAll(response.Body)
	response.Body.Close()
	if err != nil {
		return nil, err
	}
	response.Body = io.NopCloser(bytes.NewReader(answer))
	if err := s.check(request, body, response, answer); err != nil {
		return nil, fmt.Errorf("%s %s with status %d is not as described: %w", request.Method, request.URL.Path, response.StatusCode, err)
	}
	return response, nil
}

func (s *specification) check(request *http.Request, body []byte, response *http.Response, answer []byte) error {
	ctx := context.Background()
	asked := request.Clone(ctx)
	asked.URL.Scheme, asked.URL.Host, asked.Host = "", "", ""
	asked.Body = io.NopCloser(bytes.NewReader(body))
	route, parameters, err := s.router.FindRoute(asked)
	if err != nil {
		if response.StatusCode == http.StatusNotFound || response.StatusCode == http.StatusMethodNotAllowed {
			return nil
		}
		return err
	}
	input := &openapi3filter.RequestValidationInput{
		Request: asked, PathParams: parameters, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true},
	}
	if response.StatusCode < http.StatusBadRequest {
		if err := openapi3filter.ValidateRequest(ctx, input); err != nil {
			return err
		}
	}
	return openapi3filter.ValidateResponse(ctx, (&openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: response.StatusCode, Header: response.Header, Options: input.Options,
	}).SetBodyBytes(answer))
}

// The specification of these tests can fail.
func TestTheSpecificationRefusesWhatItDoesNotDescribe(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		method, path, body, answer string
		status                     int
	}{
		"unknown path":        {http.MethodGet, "/vault", "", `{}`, http.StatusOK},
		"undescribed status":  {http.MethodGet, "/profile", "", `{"error":"gone"}`, http.StatusGone},
		"field of wrong type": {http.MethodGet, "/accounts", "", `{"accounts":[{"id":"1001"}]}`, http.StatusOK},
		"error without one":   {http.MethodGet, "/profile", "", `{}`, http.StatusUnauthorized},
		"request":             {http.MethodPost, "/transfers/7/authorise", `{"code":7}`, `{"id":"7","status":"authorised"}`, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSpecification(t, roundTripper(func(*http.Request) (*http.Response, error) {
				return &http.Response{
					StatusCode: test.status, Header: http.Header{"Content-Type": {"application/json"}},
					Body: io.NopCloser(bytes.NewReader([]byte(test.answer))),
				}, nil
			}))
			request, err := http.NewRequestWithContext(t.Context(), test.method, "http://bank"+test.path, bytes.NewReader([]byte(test.body)))
			require.NoError(t, err)
			request.Header.Set("Content-Type", "application/json")
			response, err := s.RoundTrip(request)
			if !assert.ErrorContains(t, err, "is not as described") {
				response.Body.Close()
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Every call of the contract is described.
func TestAllCallsAreDescribed(t *testing.T) {
	t.Parallel()
	document, err := openapi3.NewLoader().LoadFromFile("../../openapi.yaml")
	require.NoError(t, err)
	var all []string
	for path, item := range document.Paths.Map() {
		for method := range item.Operations() {
			all = append(all, method+" "+path)
		}
	}
	slices.Sort(all)
	assert.Equal(t, []string{
		"GET /accounts", "GET /accounts/{accountId}", "GET /accounts/{accountId}/statement", "GET /branches", "GET /branches/{branchId}",
		"GET /customers/{userId}", "GET /healthz", "GET /payments/{paymentId}", "GET /products", "GET /profile", "GET /robots.txt", "GET /search",
		"PATCH /profile", "POST /login", "POST /logout", "POST /payments", "POST /payments/{paymentId}/refund", "POST /transfers",
		"POST /transfers/{transferId}/authorise", "POST /transfers/{transferId}/execute",
	}, all)
}
