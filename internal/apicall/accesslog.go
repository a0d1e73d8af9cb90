package apicall

import "strings"

// ParseAccessLog reads a line of an Apache or Nginx access log in the common or the combined format, with or without a
// virtual host in front and further fields behind, into c. It is false, and c is empty, if the line is none of these or
// broken.
//
// Start and End are the line's time; Client and Peer are the host column; Route is left to [AppendRoute]. Escapes (\",
// \xNN) stay as they are. A size of "-" is 0, as the format has it. A request that is no HTTP ("-", a TLS handshake on a
// plain port) is a call without method and path.
func ParseAccessLog(line string, c *Call) bool {
	var l accessLine
	if l.parse(line) != lineRead {
		*c = Call{ResponseSize: -1}
		return false
	}
	l.call(c)
	return true
}

// lineOutcome tells a line that is broken from one that is something else.
type lineOutcome uint8

const (
	lineForeign lineOutcome = iota // without the shape of an access log
	lineBroken
	lineRead
)

// accessLine is the fields of one line, as they stand in it.
type accessLine struct {
	host, user    string
	time          int64 // ns since the epoch
	method, path  string
	status        int
	size          int64
	userAgent     string
	forwardedFor  string // of the field that Nginx's format "main" has after the user agent
	hasForwarding bool
}

// timeEnd is where the time ends and the request begins. Servers escape quotes in what a client may choose before it,
// the name of the user, so the first such place is the true one.
const timeEnd = `] "`

func (l *accessLine) parse(line string) lineOutcome {
	end := strings.Index(line, timeEnd)
	if end < 0 {
		return lineForeign
	}
	begin := strings.LastIndexByte(line[:end], '[')
	if begin < 0 || !looksLikeTime(line[begin+1:end]) {
		return lineForeign
	}
	var ok bool
	if l.time, ok = parseLogTime(line[begin+1 : end]); !ok {
		return lineBroken
	}
	if !l.parseHost(line[:begin]) {
		return lineBroken
	}
	request, rest, ok := cutQuoted(line[end+len(timeEnd)-1:])
	if !ok {
		return lineBroken
	}
	l.parseRequest(request)
	if rest, ok = l.parseResult(rest); !ok {
		return lineBroken
	}
	l.parseExtra(rest)
	return lineRead
}

// parseHost reads "host identity user", with the virtual host in front or not. A user may have spaces.
func (l *accessLine) parseHost(s string) bool {
	first, s := cutField(s)
	second, s := cutField(s)
	third, s := cutField(s)
	if third == "" {
		return false
	}
	l.host, l.user = first, third
	if fourth, _ := cutField(s); fourth != "" && isVirtualHost(first, second) {
		l.host, l.user = second, fourth
	}
	return true
}

// isVirtualHost is true if the first of two fields is the server's name rather than the client's: "example.org:443", or
// any name before an address.
func isVirtualHost(first, second string) bool {
	if _, ok := parseAddr(first); ok {
		return false
	}
	if _, ok := parseAddr(trimAddress(second)); ok {
		return true
	}
	name := trimAddress(first)
	return second != "-" && len(name) < len(first)
}

// parseRequest reads "METHOD target PROTOCOL". Broken clients send spaces in the target, old ones no protocol.
func (l *accessLine) parseRequest(s string) {
	l.method, l.path = "", ""
	method, target, ok := strings.Cut(s, " ")
	if !ok {
		l.method = knownMethod(method)
		return
	}
	if !isMethod(method) {
		return
	}
	if i := strings.LastIndexByte(target, ' '); i >= 0 && strings.HasPrefix(target[i+1:], "H") {
		target = target[:i]
	}
	l.method, l.path = canonicalMethod(method), pathOf(strings.TrimSpace(target))
}

// isMethod is true for what may be a method: letters and dashes (RFC 9110 allows more, but registers none).
func isMethod(s string) bool {
	for i := 0; i < len(s); i++ {
		if classes[s[i]]&(letter|dash) == 0 {
			return false
		}
	}
	return len(s) > 0 && len(s) <= 32
}

// parseResult reads status and size and returns what follows.
func (l *accessLine) parseResult(s string) (rest string, ok bool) {
	status, s := cutField(s)
	size, s := cutField(s)
	if status != "-" {
		n, ok := parseInt(status)
		if !ok || len(status) != len("200") {
			return "", false
		}
		l.status = boundStatus(n)
	}
	if size == "-" {
		return s, true
	}
	l.size, ok = parseInt(size)
	return s, ok
}

// parseExtra reads referer, user agent and x-forwarded-for as far as they are there. A line that was cut here, by
// somebody's long user agent, is still a call.
func (l *accessLine) parseExtra(s string) {
	_, s, ok := cutQuoted(strings.TrimLeft(s, " "))
	if !ok {
		return
	}
	l.userAgent, s, ok = cutQuoted(strings.TrimLeft(s, " "))
	if l.userAgent == "-" {
		l.userAgent = ""
	}
	if !ok {
		return
	}
	l.forwardedFor, _, l.hasForwarding = cutQuoted(strings.TrimLeft(s, " "))
}

// call fills c from the line.
func (l *accessLine) call(c *Call) {
	peer := trimAddress(l.host)
	if peer == "-" {
		peer = ""
	}
	*c = Call{
		Start:        l.time,
		End:          l.time,
		Method:       l.method,
		Path:         l.path,
		Client:       peer,
		Peer:         peer,
		UserAgent:    l.userAgent,
		Status:       l.status,
		ResponseSize: l.size,
	}
}

// cutField cuts the first field off s, which spaces separate.
func cutField(s string) (field, rest string) {
	s = strings.TrimLeft(s, " ")
	if i := strings.IndexByte(s, ' '); i >= 0 {
		return s[:i], s[i+1:]
	}
	return strings.TrimRight(s, "\r\n"), ""
}

// cutQuoted cuts a quoted field off the beginning of s. If the closing quote is missing, the field is all of s and ok
// is false.
func cutQuoted(s string) (field, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", s, false
	}
	s = s[1:]
	for from := 0; ; {
		i := strings.IndexByte(s[from:], '"')
		if i < 0 {
			return s, "", false
		}
		i += from
		if !isEscaped(s, i) {
			return s[:i], s[i+1:], true
		}
		from = i + 1
	}
}

// isEscaped is true if an odd number of backslashes stands before s[i].
func isEscaped(s string, i int) bool {
	n := 0
	for n < i && s[i-1-n] == '\\' {
		n++
	}
	return n%2 == 1
}
