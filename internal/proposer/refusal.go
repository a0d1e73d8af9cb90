package proposer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	mostTries    = 4
	firstPause   = time.Second
	longestPause = time.Minute
)

// passing is an error that may be gone after a while.
type passing struct {
	problem string
	after   time.Duration // that the endpoint asks to wait; 0: it does not say
}

func (e *passing) Error() string { return e.problem }

// given is what is told when there is no use in waiting any longer.
func (e *passing) given(tries int) error {
	if e.after > longestPause {
		return &hopeless{fmt.Sprintf("%s, and asks to wait for %v: try again then", e.problem, e.after.Round(time.Second))}
	}
	return fmt.Errorf("%s, %d times", e.problem, tries)
}

// unsupported is a parameter that the model does not take.
type unsupported struct{ parameter, problem string }

func (e *unsupported) Error() string { return e.problem }

// Parameters that can be left out or written otherwise.
const (
	parameterTemperature = "temperature"
	parameterFormat      = "response_format"
	parameterTokens      = "max_tokens"
)

// refused returns what a status other than 200 means.
func (e *endpoint) refused(response *http.Response, body []byte) error {
	status := strconv.Itoa(response.StatusCode) + " " + http.StatusText(response.StatusCode)
	said := strings.TrimSpace(status)
	if problem := e.hide(problemIn(body)); problem != "" {
		said += ": " + problem
	}
	switch code := response.StatusCode; {
	case code >= 300 && code < 400:
		return &hopeless{fmt.Sprintf("%s redirects to %s, and nothing was sent there: give that URL if it is the right one",
			e.shown, placeOf(response.Header.Get("Location")))}
	case code == http.StatusUnauthorized && e.key == "":
		return &hopeless{fmt.Sprintf("%s asks for a key (%s): name the environment variable that has it", e.shown, said)}
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return &hopeless{fmt.Sprintf("%s does not take the key (%s): see to the environment variable that has it", e.shown, said)}
	case code == http.StatusPaymentRequired, code == http.StatusTooManyRequests && isQuota(body):
		return &hopeless{fmt.Sprintf("the account at %s is used up (%s)", e.shown, said)}
	case code == http.StatusNotFound:
		return &hopeless{fmt.Sprintf("there is no such API or model at %s (%s): see to the URL, which ends in /v1 with most, and the model's name", e.shown, said)}
	case code == http.StatusTooManyRequests, code == http.StatusRequestTimeout, code == http.StatusConflict, code >= 500:
		return &passing{problem: fmt.Sprintf("%s answers with %s", e.shown, said), after: retryAfter(response.Header, time.Now())}
	case code == http.StatusBadRequest, code == http.StatusUnprocessableEntity:
		if parameter := parameterIn(body); parameter != "" {
			return &unsupported{parameter, fmt.Sprintf("%s answers with %s", e.shown, said)}
		}
	}
	return fmt.Errorf("%s answers with %s", e.shown, said)
}

// retryAfter returns how long a header asks to wait: a number of seconds or a date (RFC 9110, section 10.2.3); 0 if it
// does not.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseFloat(value, 64); err == nil {
		const most = 1e6
		if !(seconds > 0) {
			return 0
		}
		return time.Duration(min(seconds, most) * float64(time.Second))
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// errorIn is the error of an endpoint as most write it.
type errorIn struct {
	Message string `json:"message"`
	Param   string `json:"param"`
	Code    string `json:"code"`
	Type    string `json:"type"`
}

func readError(body []byte) errorIn {
	var in struct {
		Error   json.RawMessage `json:"error"`
		Message string          `json:"message"`
		Detail  string          `json:"detail"`
	}
	_ = json.Unmarshal(body, &in) // fields of another type are left as they are
	var e errorIn
	if json.Unmarshal(in.Error, &e) != nil && e.Message == "" {
		_ = json.Unmarshal(in.Error, &e.Message) // some write {"error": "no such model"}
	}
	for _, other := range []string{in.Message, in.Detail} {
		if e.Message == "" {
			e.Message = other
		}
	}
	return e
}

// problemIn returns what an endpoint says is wrong, on one short line.
func problemIn(body []byte) string { return clip(readError(body).Message, maxToldRule) }

func isQuota(body []byte) bool {
	e := readError(body)
	return e.Code == "insufficient_quota" || e.Type == "insufficient_quota"
}

// parameterIn returns which parameter an endpoint complains about, "" if it is none that can be done without.
func parameterIn(body []byte) string {
	e := readError(body)
	for _, parameter := range []string{parameterTemperature, parameterFormat, parameterTokens} {
		if strings.HasPrefix(e.Param, parameter) || e.Param == "" && strings.Contains(e.Message, parameter) {
			return parameter
		}
	}
	return ""
}

// hide takes the key out of what an endpoint says.
func (e *endpoint) hide(text string) string {
	if e.key == "" {
		return text
	}
	return strings.ReplaceAll(text, e.key, "[key]")
}

// placeOf is where a redirect leads, without its query.
func placeOf(location string) string {
	to, err := url.Parse(location)
	if err != nil || location == "" {
		return "another place"
	}
	return clip((&url.URL{Scheme: to.Scheme, Host: to.Host, Path: to.Path}).String(), maxToldRule)
}
