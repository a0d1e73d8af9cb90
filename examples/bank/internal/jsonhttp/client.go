package jsonhttp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Client calls another service of the bank.
type Client struct {
	service string
	url     string
	http    http.Client
}

// NewClient returns a client of the service of that name at that URL, without a slash at the end. No transport: the
// standard one.
func NewClient(service, url string, transport http.RoundTripper) *Client {
	return &Client{service: service, url: url, http: http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Send makes a call and returns its answer, whatever its status; the caller closes its body. Path is escaped and may have
// a query; no body: nil. Where there is no answer the error has status 502, or 504 when the time was up.
func (c *Client) Send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("call the %s service: %w", c.service, err)
	}
	if header != nil {
		request.Header = header
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	switch {
	case err == nil:
		return response, nil
	case errors.Is(err, context.DeadlineExceeded):
		return nil, Errorf(http.StatusGatewayTimeout, "the %s service takes too long", c.service)
	case ctx.Err() != nil:
		return nil, ctx.Err() // the caller has gone
	default:
		return nil, Errorf(http.StatusBadGateway, "the %s service cannot be reached", c.service)
	}
}

// Call makes a call with a JSON body, decodes its answer and returns its status. A status of 400 or more is an *Error
// with the service's own sentence. Header may be nil, and so may in and out, for no body.
func (c *Client) Call(ctx context.Context, method, path string, header http.Header, in, out any) (status int, err error) {
	var body []byte
	if in != nil {
		if body, err = json.Marshal(in); err != nil {
			return 0, fmt.Errorf("call the %s service: %w", c.service, err)
		}
	}
	response, err := c.Send(ctx, method, path, header, body)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, Errorf(http.StatusBadGateway, "the %s service broke off its answer", c.service)
	}
	if response.StatusCode >= http.StatusBadRequest {
		return response.StatusCode, c.refused(response.StatusCode, answer)
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			return 0, fmt.Errorf("the answer of the %s service: %w", c.service, err)
		}
	}
	return response.StatusCode, nil
}

func (c *Client) refused(status int, answer []byte) error {
	var reason struct{ Error string }
	if err := json.Unmarshal(answer, &reason); err != nil || reason.Error == "" {
		return Errorf(http.StatusBadGateway, "the %s service answers with status %d", c.service, status)
	}
	return Errorf(status, "%s", reason.Error)
}
