package proposer

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// maxName is the longest name that is shown, in bytes. Longer ones are keys that somebody made up.
	maxName = 64
	// maxRoute is the longest API that is shown.
	maxRoute = 220
	// mostSpaces of a name; what has more is a sentence.
	mostSpaces = 3
	// mostDigits of a name; what has more is a number, a date or an identifier.
	mostDigits = 4
	// mostSteps of a path.
	mostSteps = 12

	maxToldRule = 300 // bytes of a rule, and of why it is rejected
)

// isName is whether a name from telemetry may be shown: whoever calls an API can choose some.
func isName(name string) bool {
	return name != "" && len(name) <= maxName && isClean(name) && strings.Count(name, " ") <= mostSpaces && !isValue(name)
}

// isClean is whether a text has only characters that can be seen, so no control characters and none that turn the
// direction of what is around them or are invisible.
func isClean(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) })
}

// isValue is whether a name looks like a value that became one, as in {"ann@example.com": 5}.
func isValue(name string) bool {
	digits := 0
	for _, r := range name {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits > mostDigits || strings.LastIndexByte(name, '@') > 0
}

// secrets are what is in the names of values that nobody but their owner should see.
var secrets = []string{
	"password", "passwd", "passphrase", "pwd", "secret", "token", "authorization", "cookie", "apikey", "credential",
	"signature", "session", "privatekey", "cvv", "cvc", "otp", "ssn", "jwt", "auth", "pin",
}

// isSecret is whether a path has such a name in it.
func isSecret(path []string) bool {
	for _, name := range path {
		name = squash(name)
		for _, secret := range secrets {
			if strings.Contains(name, secret) {
				return true
			}
		}
	}
	return false
}

// squash makes order_id and orderId the same.
func squash(name string) string {
	return strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(name))
}

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// keywords cannot follow a dot in CEL.
var keywords = map[string]bool{"true": true, "false": true, "null": true, "in": true}

// pathOf returns a path as rules write it, but for [] where it goes through a list; false if a name in it is not to be
// shown.
func pathOf(path []string) (string, bool) {
	if len(path) == 0 || len(path) > mostSteps || !identifier.MatchString(path[0]) || !isName(path[0]) {
		return "", false
	}
	var b strings.Builder
	b.WriteString(path[0])
	for i, name := range path[1:] {
		switch {
		case name == "[]":
			b.WriteString(name)
			continue
		case !isName(name):
			return "", false
		}
		if header := i == 1 && path[1] == "header"; !header && identifier.MatchString(name) && !keywords[name] {
			b.WriteString("." + name)
		} else {
			b.WriteString("[" + strconv.Quote(name) + "]")
		}
	}
	return b.String(), true
}

// clip returns a text as one line of what can be seen, cut behind so many bytes.
func clip(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text[:min(len(text), 4*most)])
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= most {
		return text
	}
	end := most
	for end > 0 && !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "…"
}

// isHere is whether a host is this machine.
func isHere(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}
