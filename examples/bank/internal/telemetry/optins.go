package telemetry

import (
	"fmt"
	"slices"
	"strings"
)

// OptIns is a set of groups of attributes that the semantic conventions leave to the operator's choice. The zero value is
// the empty set.
type OptIns uint16

// The groups.
const (
	User       OptIns = 1 << iota // user.id, user.roles and session.id of who makes the request
	Bodies                        // http.request.body.content and http.response.body.content, without their secrets
	Sizes                         // http.request.body.size and http.response.body.size
	Query                         // url.query of requests received
	Headers                       // http.request.header.<name> and http.response.header.<name> of a few headers
	Parameters                    // db.query.parameter.<index>
	Rows                          // db.response.returned_rows
	Text                          // db.query.text

	end
)

// All and None of the groups.
const (
	All  = end - 1
	None = OptIns(0)
)

const (
	allWord  = "all"
	noneWord = "none"
)

// words are the names of the groups, in the order of their bits.
func words() []string {
	return []string{"user", "bodies", "sizes", "query", "headers", "parameters", "rows", "text"}
}

// ParseOptIns reads "all", "none" or a list of groups with commas between them, such as "user,rows". It is the inverse of
// String. The error names the word that it does not know, and those it does.
func ParseOptIns(text string) (OptIns, error) {
	switch strings.TrimSpace(text) {
	case allWord:
		return All, nil
	case noneWord:
		return None, nil
	}
	set := None
	for word := range strings.SplitSeq(text, ",") {
		i := slices.Index(words(), strings.TrimSpace(word))
		if i < 0 {
			return None, fmt.Errorf("unknown group of attributes %q: write %s, %s, or some of %s with commas between them",
				strings.TrimSpace(word), allWord, noneWord, strings.Join(words(), ", "))
		}
		set |= 1 << i
	}
	return set, nil
}

// Has tells whether all groups of other are in the set.
func (o OptIns) Has(other OptIns) bool { return o&other == other }

// String returns "all", "none" or the groups with commas between them.
func (o OptIns) String() string {
	switch o & All {
	case All:
		return allWord
	case None:
		return noneWord
	}
	var in []string
	for i, word := range words() {
		if o.Has(1 << i) {
			in = append(in, word)
		}
	}
	return strings.Join(in, ",")
}
