package proposer

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	maxAnswerBytes = 1 << 20  // of an endpoint's answer
	maxErrorBytes  = 16 << 10 // of an endpoint's error, as much as is read of it
	maxHeaderBytes = 64 << 10
)

// endpoint is where the model is asked. It is safe for concurrent use.
type endpoint struct {
	url       string
	shown     string // the URL without its query, which may have a key in it
	model     string
	key       string
	timeout   time.Duration
	maxTokens int
	client    *http.Client
	pause     func(time.Duration) <-chan time.Time

	requests atomic.Int64

	mu      sync.Mutex
	dialect dialect
}

// dialect is what a model takes: some take no temperature but their own, or count the tokens of their answers by another
// name.
type dialect struct{ noTemperature, noFormat, completionTokens bool }

// hopeless is an error that the next question would meet again, such as a wrong key.
type hopeless struct{ problem string }

func (e *hopeless) Error() string { return e.problem }

// newEndpoint returns the endpoint of the settings, which are complete.
func newEndpoint(s *Settings) (*endpoint, error) {
	address, err := s.address()
	if err != nil {
		return nil, err
	}
	key, err := s.key(address)
	if err != nil {
		return nil, err
	}
	transport := s.Transport
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		own.MaxResponseHeaderBytes = maxHeaderBytes
		transport = own
	}
	shown := url.URL{Scheme: address.Scheme, Host: address.Host, Path: address.Path}
	return &endpoint{
		url: address.String(), shown: shown.String(), model: s.Model, key: key, timeout: s.Timeout, maxTokens: s.MaxAnswerTokens, pause: s.pause,
		client: &http.Client{
			Transport: transport,
			// Neither the key nor the schema goes where nobody has pointed to.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}, nil
}

// close ends the connections that wait for another question.
func (e *endpoint) close() { e.client.CloseIdleConnections() }

// ask returns the text of the model's answer. What may pass is tried again, and a parameter that the model does not take
// is left out from then on.
func (e *endpoint) ask(ctx context.Context, messages []message) (string, usage, error) {
	wait := firstPause
	for try := 1; ; {
		d := e.speaks()
		text, used, err := e.once(ctx, d, messages)
		if u, ok := errors.AsType[*unsupported](err); ok && e.adapt(d, u) {
			continue
		}
		passing, ok := errors.AsType[*passing](err)
		if !ok {
			return text, used, err
		}
		if try == mostTries || passing.after > longestPause || ctx.Err() != nil {
			return "", used, passing.given(try)
		}
		try++
		select {
		case <-ctx.Done():
			return "", used, ctx.Err()
		case <-e.pause(max(wait, passing.after)):
		}
		wait = min(2*wait, longestPause)
	}
}

// once sends the question once.
func (e *endpoint) once(ctx context.Context, d dialect, messages []message) (string, usage, error) {
	within, cancel := context.WithTimeout(ctx, e.timeout)
	defer cancel()
	request, err := e.request(within, d, messages)
	if err != nil {
		return "", usage{}, err
	}
	e.requests.Add(1)
	response, err := e.client.Do(request)
	if err != nil {
		return "", usage{}, e.sendingFailed(ctx, within, err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		// What cannot be read of an error is not missed.
		body, _ := io.ReadAll(io.LimitReader(response.Body, maxErrorBytes))
		return "", usage{}, e.refused(response, body)
	}
	if kind := response.Header.Get("Content-Type"); !isJSON(kind) {
		return "", usage{}, &hopeless{fmt.Sprintf("%s answers with %s instead of JSON: is that the URL of the API, such as https://api.openai.com/v1?",
			e.shown, typeOf(kind))}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswerBytes+1))
	switch {
	case err != nil:
		return "", usage{}, e.sendingFailed(ctx, within, err)
	case len(body) > maxAnswerBytes:
		return "", usage{}, &amiss{"has more than 1 MiB: propose at most 30 rules"}
	}
	return readChat(body, e.maxTokens)
}

func (e *endpoint) request(ctx context.Context, d dialect, messages []message) (*http.Request, error) {
	ask := chatRequest{Model: e.model, Messages: messages}
	if !d.noTemperature {
		ask.Temperature = new(float64)
	}
	if !d.noFormat {
		ask.ResponseFormat = &responseFormat{Type: "json_object"}
	}
	if d.completionTokens {
		ask.MaxCompletionTokens = e.maxTokens
	} else {
		ask.MaxTokens = e.maxTokens
	}
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // the schema in it has its < and > escaped already
	if err := encoder.Encode(ask); err != nil {
		return nil, fmt.Errorf("write the question: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, &body)
	if err != nil {
		return nil, fmt.Errorf("write the question: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "spanwarden")
	if e.key != "" {
		request.Header.Set("Authorization", "Bearer "+e.key)
	}
	return request, nil
}

// sendingFailed tells the end of the context, the time-out of the request and what may pass apart. A time-out is not
// tried again: the model would think as long once more.
func (e *endpoint) sendingFailed(ctx, within context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case within.Err() != nil:
		return fmt.Errorf("the model gave no answer within %v: raise the timeout, or ask a faster one", e.timeout)
	}
	// The URL in the error may have a key in its query.
	if in, ok := errors.AsType[*url.Error](err); ok {
		err = in.Err
	}
	return &passing{problem: fmt.Sprintf("%s cannot be reached: %s", e.shown, clip(err.Error(), maxToldRule))}
}

func (e *endpoint) speaks() dialect {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.dialect
}

// adapt leaves out what the model does not take, and is false if it was left out already in the dialect that was tried.
func (e *endpoint) adapt(tried dialect, u *unsupported) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	is, was := &e.dialect.noTemperature, tried.noTemperature
	switch u.parameter {
	case parameterFormat:
		is, was = &e.dialect.noFormat, tried.noFormat
	case parameterTokens:
		is, was = &e.dialect.completionTokens, tried.completionTokens
	}
	*is = true
	return !was
}

// isJSON is whether a media type is JSON.
func isJSON(contentType string) bool {
	kind, _, err := mime.ParseMediaType(contentType)
	return err == nil && (kind == "application/json" || strings.HasPrefix(kind, "application/") && strings.HasSuffix(kind, "+json"))
}

// typeOf is a media type for an error.
func typeOf(contentType string) string {
	if kind := clip(contentType, maxName); kind != "" {
		return kind
	}
	return "no type"
}
