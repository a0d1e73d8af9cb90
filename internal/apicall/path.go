package apicall

import "strings"

// pathOf returns the path of a request target (RFC 9112, section 3.2) or URL, without query and fragment. The
// asterisk form and the authority form come back as they are.
func pathOf(target string) string {
	if target == "" {
		return ""
	}
	if target[0] != '/' {
		target = afterAuthority(target)
	}
	if i := strings.IndexByte(target, '?'); i >= 0 {
		target = target[:i]
	}
	if i := strings.IndexByte(target, '#'); i >= 0 {
		target = target[:i]
	}
	return target
}

// afterAuthority cuts "scheme://authority"; an empty path is "/" (RFC 9110, section 4.2.3).
func afterAuthority(url string) string {
	scheme := strings.Index(url, "://")
	if scheme <= 0 || strings.ContainsAny(url[:scheme], "/?#") {
		return url
	}
	rest := url[scheme+len("://"):]
	end := strings.IndexAny(rest, "/?#")
	if end < 0 || rest[end] != '/' {
		return "/"
	}
	return rest[end:]
}
