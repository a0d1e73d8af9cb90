package player

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
)

// maxAnswer is how much of an answer is read, in bytes; the rest is thrown away with the connection.
const maxAnswer = 4 << 20

// errNoToken says that a session's login failed: like a person, it does not go on without.
var errNoToken = errors.New("the login before it failed")

// call makes one call and reads its answer, or returns false if the session has no token to make it with.
func (s *stage) call(ctx context.Context, index int) (result Result, made bool) {
	call := &s.plan.Calls[index]
	token := ""
	if isLogin(call) {
		defer func() { s.wallet.keep(call.Login, token) }()
	}
	request, err := s.request(ctx, call)
	result = Result{Index: index, At: s.Clock.Now()}
	if err != nil {
		result.Problem = err
		return result, !errors.Is(err, errNoToken)
	}
	response, err := s.client.Do(request)
	if err != nil {
		result.Problem = err
		return result, true
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	result.Status, result.Problem = response.StatusCode, err
	result.Took = s.Clock.Now().Sub(result.At)
	if isLogin(call) && response.StatusCode == http.StatusOK {
		token, result.Problem = readToken(answer)
	}
	return result, true
}

func (s *stage) request(ctx context.Context, call *plan.Call) (*http.Request, error) {
	var body io.Reader
	if call.Body != "" {
		body = strings.NewReader(call.Body)
	}
	request, err := http.NewRequestWithContext(ctx, call.Method, s.URL+call.Path, body)
	if err != nil {
		return nil, fmt.Errorf("call %s %s of the plan: %w", call.Method, call.Path, err)
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	request.Header.Set("User-Agent", call.UserAgent)
	request.Header.Set("X-Forwarded-For", call.Client)
	request.Header.Set("X-Request-Id", call.TraceID)
	for name, value := range call.Header {
		request.Header.Set(name, value)
	}
	if call.Login == "" || isLogin(call) {
		return request, nil
	}
	token := s.wallet.token(ctx, call)
	if token == "" {
		return nil, errNoToken
	}
	if call.Forge != "" {
		if token, err = forge(token, call.Forge); err != nil {
			return nil, err
		}
	}
	request.Header.Set("Authorization", "Bearer "+token)
	return request, nil
}

func isLogin(call *plan.Call) bool {
	return call.Method == http.MethodPost && call.Path == "/login"
}

// readToken reads the token of a login's answer.
func readToken(answer []byte) (string, error) {
	var body struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(answer, &body); err != nil {
		return "", fmt.Errorf("the login's answer: %w", err)
	}
	return body.Token, nil
}

// forge returns a token that claims another role and bears the signature of the one that it was made from.
func forge(token, role string) (string, error) {
	payload, signature, _ := strings.Cut(token, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return "", fmt.Errorf("forge a token: %w", err)
	}
	claims := make(map[string]any)
	if err := json.Unmarshal(text, &claims); err != nil {
		return "", fmt.Errorf("forge a token: %w", err)
	}
	claims["role"] = role
	if text, err = json.Marshal(claims); err != nil {
		return "", fmt.Errorf("forge a token: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(text) + "." + signature, nil
}
