package proposer

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/spanwarden/spanwarden/internal/invariant"
)

// Settings of asking. The zero value of a field stands for its default.
type Settings struct {
	// URL is that of the API, such as https://api.openai.com/v1 or http://localhost:11434/v1; /chat/completions is added
	// unless it ends so.
	URL string
	// Model is as the endpoint names it.
	Model string
	// KeyVariable is the environment variable that has the key, so that it is in no command line and no settings; "": the
	// endpoint takes none. It travels by https, or to this machine.
	KeyVariable string
	// AllowPlain lets the key travel unencrypted to other machines.
	AllowPlain bool
	// Timeout is for one request, its answer included. Default 2 minutes, from a millisecond to an hour.
	Timeout time.Duration
	// Rounds is how often the model is asked, with what was wrong the last time. Default 3, at most 10.
	Rounds int
	// MaxQuestions is the most questions of all rounds, corrections included; one whose request has to be sent again
	// counts once. Default 200.
	MaxQuestions int
	// MaxPromptBytes is the longest question with all that goes along, about four bytes a token. Default 32 KiB, at least
	// 24 KiB.
	MaxPromptBytes int
	// MaxAnswerTokens is the longest answer, thinking included. Default 8192.
	MaxAnswerTokens int
	// Parallel is how many questions are asked at a time. Default 4, at most 64.
	Parallel int
	// Near is the largest share of violations, of the calls that could be judged, that makes a rule a near one. Default
	// 0.02, at most 0.5; negative: none.
	Near float64
	// ShowValues shows the model values of traffic: small sets, ranges and counter-examples.
	ShowValues bool
	// Prices are for endpoints that do not tell what an answer cost.
	Prices Prices
	// Compile is for the rules that are proposed.
	Compile invariant.Options
	// Transport sends the requests. nil: that of [http.DefaultTransport], with its proxies.
	Transport http.RoundTripper
	// Progress is told how far it is, one call at a time. nil: nobody is.
	Progress func(Progress)

	pause func(wait time.Duration) <-chan time.Time // nil: time.After
}

// Prices are for a million tokens each.
type Prices struct{ Prompt, Completion float64 }

const (
	defaultTimeout      = 2 * time.Minute
	defaultRounds       = 3
	defaultQuestions    = 200
	defaultPromptBytes  = 32 << 10
	defaultAnswerTokens = 8192
	defaultParallel     = 4
	defaultNear         = 0.02

	mostRounds      = 10
	mostParallel    = 64
	leastPrompt     = 24 << 10
	completionsPath = "/chat/completions"
)

// complete returns the settings with their defaults, or what is wrong with them.
func (s Settings) complete() (Settings, error) {
	orElse(&s.Timeout, defaultTimeout)
	orElse(&s.Rounds, defaultRounds)
	orElse(&s.MaxQuestions, defaultQuestions)
	orElse(&s.MaxPromptBytes, defaultPromptBytes)
	orElse(&s.MaxAnswerTokens, defaultAnswerTokens)
	orElse(&s.Parallel, defaultParallel)
	orElse(&s.Near, defaultNear)
	if s.pause == nil {
		s.pause = time.After
	}
	if s.Progress == nil {
		s.Progress = func(Progress) {}
	}
	switch {
	case s.URL == "":
		return s, errors.New("the URL of the language model is missing: give that of its API, such as https://api.openai.com/v1")
	case strings.TrimSpace(s.Model) == "":
		return s, errors.New("the name of the language model is missing: give one that the endpoint has")
	case s.Timeout < time.Millisecond || s.Timeout > time.Hour:
		return s, fmt.Errorf("the timeout of the language model is %v: use a value from 1ms to 1h", s.Timeout)
	case s.Rounds < 1 || s.Rounds > mostRounds:
		return s, fmt.Errorf("there are %d rounds with the language model: use 1 to %d", s.Rounds, mostRounds)
	case s.MaxQuestions < 1:
		return s, fmt.Errorf("the language model is asked at most %d questions: use at least 1", s.MaxQuestions)
	case s.MaxPromptBytes < leastPrompt:
		return s, fmt.Errorf("a question has at most %d bytes: use at least %d, of which the rule language takes a part",
			s.MaxPromptBytes, leastPrompt)
	case s.MaxAnswerTokens < 1:
		return s, fmt.Errorf("an answer has at most %d tokens: use at least 1", s.MaxAnswerTokens)
	case s.Parallel < 1 || s.Parallel > mostParallel:
		return s, fmt.Errorf("%d questions are asked at a time: use 1 to %d", s.Parallel, mostParallel)
	case !(s.Near <= 0.5): // NaN is not
		return s, fmt.Errorf("rules with a share of %v violations are near ones: use at most 0.5", s.Near)
	}
	return s, nil
}

func orElse[T comparable](value *T, otherwise T) {
	var zero T
	if *value == zero {
		*value = otherwise
	}
}

// address returns the URL that questions go to.
func (s *Settings) address() (*url.URL, error) {
	address, err := url.Parse(strings.TrimSpace(s.URL))
	switch {
	case err != nil:
		return nil, errors.New("the URL of the language model cannot be read: write one such as https://api.openai.com/v1")
	case address.Scheme != "https" && address.Scheme != "http" || address.Host == "":
		return nil, errors.New("the URL of the language model has no https:// and host: write one such as https://api.openai.com/v1")
	case address.User != nil:
		return nil, errors.New("the URL of the language model has a user or password in it: put the key into an environment variable")
	}
	address.Fragment = ""
	if !strings.HasSuffix(strings.TrimRight(address.Path, "/"), completionsPath) {
		address = address.JoinPath(completionsPath)
	}
	return address, nil
}

// key returns the key, "" if there is none, and refuses to send it in the clear.
func (s *Settings) key(to *url.URL) (string, error) {
	if s.KeyVariable == "" {
		return "", nil
	}
	key := strings.TrimSpace(os.Getenv(s.KeyVariable))
	switch {
	case key == "":
		return "", fmt.Errorf("the environment variable %s has no key for the language model: set it, or name none", s.KeyVariable)
	case strings.ContainsFunc(key, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r > unicode.MaxASCII }):
		return "", fmt.Errorf("the environment variable %s has more than one word: set it to the key alone", s.KeyVariable)
	case to.Scheme != "https" && !s.AllowPlain && !isHere(to.Hostname()):
		return "", fmt.Errorf("the key for the language model would travel to %s unencrypted: use https", to.Host)
	}
	return key, nil
}
