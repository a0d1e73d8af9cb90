package rulefile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"

	"github.com/spanwarden/spanwarden/internal/nearest"
)

// keys hands each pair of a mapping on, but for keys that are unknown or there for the second time.
func (r *reader) keys(mapping *yaml.Node, known []string, take func(key string, value *yaml.Node)) {
	seen := make(map[string]bool, len(known))
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		key, value := r.visit(mapping.Content[i]), r.visit(mapping.Content[i+1])
		if key == nil || value == nil {
			return
		}
		name := key.Value
		switch {
		case key.Kind != yaml.ScalarNode:
			r.fail(key, "", "a key is "+describe(key)+": write a word")
		case key.Tag == "!!merge":
			r.fail(key, "", "merge keys (<<) are not read: repeat the keys, with aliases of single values where they are long")
		case !slices.Contains(known, name):
			r.fail(key, "", "there is no key "+quote(name)+": "+nearest.Hint(name, known))
		case seen[name]:
			r.fail(key, name, "is there twice: take one out")
		default:
			seen[name] = true
			take(name, value)
		}
	}
}

// idOf returns the id of a rule for errors about it, if it is a good one.
func idOf(rule *yaml.Node) string {
	for i := 0; i+1 < len(rule.Content); i += 2 {
		key, value := rule.Content[i], rule.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if key.Value == keyID && value.Kind == yaml.ScalarNode && checkID(value.Value) == "" {
			return value.Value
		}
	}
	return ""
}

// value sets what one key of a rule says.
func (r *reader) value(rule *Rule, key string, n *yaml.Node) {
	switch key {
	case keyID:
		rule.ID = r.id(n, rule)
	case keyKind:
		rule.Kind = r.kind(n)
	case keyService:
		rule.Services = r.services(n)
	case keyAPI:
		rule.APIs = r.apis(n)
	case keyWhen:
		rule.When = r.expression(n, key)
	case keyCheck:
		rule.Check = r.expression(n, key)
	case keyMessage:
		rule.Message = r.message(n)
	case keySupport:
		rule.Support = r.support(n)
	case keyDisabled:
		rule.Disabled = r.disabled(n)
	}
}

func (r *reader) id(n *yaml.Node, rule *Rule) string {
	id, ok := r.text(n, keyID, "write a name, such as order-read-by-its-owner")
	if !ok {
		return ""
	}
	if problem := checkID(id); problem != "" {
		r.fail(n, keyID, problem)
		return ""
	}
	if before, taken := r.ids[id]; taken {
		r.fail(n, keyID, "is taken by "+before+": give every rule its own")
	}
	r.ids[id] = rule.place
	if r.src != nil {
		r.ids[id] = "the rule of line " + strconv.Itoa(rule.Line)
	}
	return id
}

func checkID(id string) string {
	switch {
	case id == "":
		return "is empty: give the rule a name"
	case len(id) > MaxIDBytes:
		return fmt.Sprintf("has %d bytes: %d are the most", len(id), MaxIDBytes)
	}
	for i := range len(id) {
		c := id[i]
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !letter && (i == 0 || c != '.' && c != '_' && c != '-') {
			return quote(id) + " has more than letters, digits and, from the second character on, . _ -: write for example " +
				"order-read-by-its-owner"
		}
	}
	return ""
}

func (r *reader) kind(n *yaml.Node) string {
	text, ok := r.text(n, keyKind, "write one of "+strings.Join(kinds, ", "))
	if !ok {
		return ""
	}
	for _, kind := range kinds {
		if strings.EqualFold(kind, text) {
			return kind
		}
	}
	r.fail(n, keyKind, "there is no kind "+quote(text)+": "+nearest.Hint(text, kinds))
	return ""
}

// services returns nil for any.
func (r *reader) services(n *yaml.Node) []string {
	var names []string
	all := false
	r.list(n, keyService, "write a name or a list of names", func(n *yaml.Node, key string) {
		name, ok := r.text(n, key, "write the name of a service")
		switch {
		case !ok:
		case len(name) > MaxServiceBytes:
			r.fail(n, key, fmt.Sprintf("has %d bytes: %d are the most", len(name), MaxServiceBytes))
		case !oneLine(name):
			r.fail(n, key, "has a line break or another control character: take it out")
		case slices.Contains(names, name):
			r.fail(n, key, "the service "+quote(name)+" is there twice: take one out")
		default:
			all = all || name == anything
			names = append(names, name)
		}
	})
	if all {
		return nil
	}
	return names
}

func (r *reader) apis(n *yaml.Node) []API {
	var apis []API
	seen := make(map[string]bool)
	r.list(n, keyAPI, "write a text such as GET /orders/{id}, or a list of them", func(n *yaml.Node, key string) {
		text, ok := r.text(n, key, "write a text such as GET /orders/{id}")
		if !ok {
			return
		}
		api, err := ParseAPI(text)
		if err != nil {
			r.fail(n, key, err.Error())
			return
		}
		if seen[api.Text] {
			r.fail(n, key, quote(api.Text)+" is there twice: take one out")
			return
		}
		seen[api.Text] = true
		api.Line, api.Column = r.position(n)
		apis = append(apis, api)
	})
	return apis
}

// list hands the items of a list on, or the single value in its place.
func (r *reader) list(n *yaml.Node, key, mend string, take func(item *yaml.Node, key string)) {
	r.listOf(n, key, MaxListed, mend, take)
}

// listOf is list with at most so many items.
func (r *reader) listOf(n *yaml.Node, key string, most int, mend string, take func(item *yaml.Node, key string)) {
	switch {
	case n.Kind != yaml.SequenceNode:
		take(n, key)
	case len(n.Content) == 0:
		r.fail(n, key, "is an empty list: "+mend)
	case len(n.Content) > most:
		r.fail(n, key, fmt.Sprintf("has %d items: %d are the most", len(n.Content), most))
	default:
		for i, item := range n.Content {
			item = r.visit(item)
			if item == nil || r.full() {
				return
			}
			take(item, key+"["+strconv.Itoa(i)+"]")
		}
	}
}

func (r *reader) expression(n *yaml.Node, key string) Expression {
	text, ok := r.text(n, key, "write an expression, such as resp.status == 200")
	if !ok {
		return Expression{}
	}
	if len(text) > MaxExpressionBytes {
		r.fail(n, key, fmt.Sprintf("has %d bytes: %d are the most", len(text), MaxExpressionBytes))
		return Expression{}
	}
	e := Expression{Text: text}
	if r.src != nil {
		e.origin = r.origin(n)
	}
	return e
}

// origin finds what aliases stand for only once.
func (r *reader) origin(n *yaml.Node) *origin {
	if n.Anchor == "" {
		return r.src.origin(n)
	}
	if r.origins[n] == nil {
		r.origins[n] = r.src.origin(n)
	}
	return r.origins[n]
}

// message is one line without blanks around it.
func (r *reader) message(n *yaml.Node) string {
	text, ok := r.text(n, keyMessage, "write what a violation means, in one line")
	text = strings.TrimSpace(text)
	switch {
	case !ok:
	case len(text) > MaxMessageBytes:
		r.fail(n, keyMessage, fmt.Sprintf("has %d bytes: %d are the most", len(text), MaxMessageBytes))
	case !oneLine(text):
		r.fail(n, keyMessage, "has a line break or another control character: write one line")
	}
	return text
}

func oneLine(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}

func (r *reader) support(n *yaml.Node) map[string]any {
	if !r.is(n, keySupport, yaml.MappingNode, "write a mapping, such as {calls: 432}") {
		return nil
	}
	support, _ := r.plainValue(n, keySupport, 0).(map[string]any)
	return support
}

func (r *reader) disabled(n *yaml.Node) bool {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool" {
		var disabled bool
		if err := n.Decode(&disabled); err == nil {
			return disabled
		}
	}
	r.fail(n, keyDisabled, "is "+describe(n)+": write true or false")
	return false
}
