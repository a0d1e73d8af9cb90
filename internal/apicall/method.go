package apicall

import "strings"

// otherMethod stands for every method that is not known, as the semantic conventions have it.
const otherMethod = "_OTHER"

// knownMethods are those of RFC 9110, PATCH, QUERY and WebDAV (RFC 4918, 3253, 3744).
var knownMethods = [...]string{
	"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
	"PROPFIND", "PROPPATCH", "MKCOL", "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "ACL",
}

// canonicalMethod bounds the methods that leave this package: those it knows in upper case, [otherMethod] for the rest.
func canonicalMethod(m string) string {
	switch m {
	case "", "GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS":
		return m
	}
	if known := knownMethod(m); known != "" {
		return known
	}
	return otherMethod
}

// knownMethod returns m in upper case if it is a known method in any case, else "".
func knownMethod(m string) string {
	for _, known := range knownMethods {
		if strings.EqualFold(m, known) {
			return known
		}
	}
	return ""
}
