package rulefile

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Path is where something is in a call or in an object, step by step.
type Path []Step

// Step goes to a member by its name, or through all items of a list.
type Step struct {
	Name string // "" for items; there is no path to members without a name
	Each bool   // [], all items of a list
}

// mostSteps of a path; what is read of a body is no deeper.
const mostSteps = 32

// roots of what a call has; other paths begin at an object.
var roots = []string{"req", "resp", "env", "call"}

// ParsePath reads a path such as resp.body.data[].id. A name with other characters than letters, digits, _, - and $ is
// written as in resp.body["order id"].
func ParsePath(text string) (Path, error) {
	var path Path
	for rest := text; rest != "" || path == nil; {
		step, after, err := nextStep(rest, len(path) == 0)
		if err != nil {
			return nil, fmt.Errorf("%s %w", quote(text), err)
		}
		if len(path) == mostSteps {
			return nil, fmt.Errorf("%s has more than %d steps: no more are looked into", quote(text), mostSteps)
		}
		path = append(path, step)
		rest = after
	}
	return path, nil
}

func nextStep(text string, first bool) (s Step, rest string, err error) {
	switch {
	case strings.HasPrefix(text, "[]"):
		return Step{Each: true}, text[2:], nil
	case strings.HasPrefix(text, `["`):
		return quotedStep(text)
	case strings.HasPrefix(text, "["):
		return Step{}, "", errors.New(`has a [ that neither [] nor ["name"] begins with: write one of them`)
	case !first:
		if text[0] != '.' {
			return Step{}, "", errors.New("has no dot between two names: write it as resp.body.id")
		}
		text = text[1:]
	}
	end := strings.IndexFunc(text, func(r rune) bool { return !isNameRune(r) })
	if end < 0 {
		end = len(text)
	}
	if end == 0 {
		if text == "" || text[0] == '.' || text[0] == '[' {
			return Step{}, "", errors.New("has an empty name: write a path of names, such as resp.body.id")
		}
		r, _ := utf8.DecodeRuneInString(text)
		return Step{}, "", fmt.Errorf(`has the character %q in a name: write the name as in resp.body["order id"]`, r)
	}
	if end < len(text) && text[end] != '.' && text[end] != '[' {
		r, _ := utf8.DecodeRuneInString(text[end:])
		return Step{}, "", fmt.Errorf(`has the character %q in a name: write the name as in resp.body["order id"]`, r)
	}
	return Step{Name: text[:end]}, text[end:], nil
}

func isNameRune(r rune) bool {
	return r == '_' || r == '-' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

func quotedStep(text string) (s Step, rest string, err error) {
	quoted, err := strconv.QuotedPrefix(text[1:])
	if err != nil || !strings.HasPrefix(text[1+len(quoted):], "]") {
		return Step{}, "", errors.New(`has a [" that is not closed: write it as ["name"]`)
	}
	name, err := strconv.Unquote(quoted)
	if err != nil || name == "" || !utf8.ValidString(name) {
		return Step{}, "", errors.New(`has an empty name or one that is no text: write it as ["name"]`)
	}
	return Step{Name: name}, text[len(quoted)+2:], nil
}

// String is the path as [ParsePath] reads it.
func (p Path) String() string {
	var b strings.Builder
	for i, s := range p {
		switch {
		case s.Each:
			b.WriteString("[]")
		case strings.ContainsFunc(s.Name, func(r rune) bool { return !isNameRune(r) }):
			b.WriteString("[" + strconv.Quote(s.Name) + "]")
		default:
			if i > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s.Name)
		}
	}
	return b.String()
}

// Absolute is whether the path begins with req., resp., env. or call., so that it is not about an object but about its
// call.
func (p Path) Absolute() bool { return len(p) > 1 && slices.Contains(roots, p[0].Name) }

// inBody is whether the path is of a body or of something in it.
func (p Path) inBody() bool {
	return len(p) > 1 && (p[0].Name == "req" || p[0].Name == "resp") && p[1].Name == "body"
}

// each is whether it goes through a list.
func (p Path) each() bool { return slices.ContainsFunc(p, func(s Step) bool { return s.Each }) }
