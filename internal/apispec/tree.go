package apispec

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Limits of an OpenAPI description as a tree, which real ones of that size keep far from.
const (
	maxSeparators = 2_000_000  // line breaks, commas, colons: one of them stands between any two values
	maxValues     = 2_000_000  // with all aliases written out
	maxLevels     = 100        // of mappings and lists
	maxTargets    = 20_000     // of references
	maxHops       = 16         // from a reference to the next one
	maxRepeated   = 50_000_000 // values, with those that references stand for
)

// tree is the text of a description with positions. It is read before anything else looks at the text: what is behind
// it follows references and nesting wherever they lead.
type tree struct {
	path string
	root *yaml.Node

	left     int                // values that may still be visited
	uses     map[*yaml.Node]int // of what references lead to
	repeated int
}

// readTree reads YAML or JSON.
func readTree(path string, content []byte) (*tree, *Error) {
	t := &tree{path: path, left: maxValues, uses: make(map[*yaml.Node]int)}
	if problem := checkContent(content); problem != "" {
		return nil, &Error{Path: path, Problem: problem}
	}
	document, err := decode(content)
	if errors.Is(err, io.EOF) || err == nil && len(document.Content) == 0 {
		return nil, &Error{Path: path, Line: 1, Column: 1, Problem: "the file is empty: name one that holds a description in OpenAPI 3"}
	}
	if err != nil {
		return nil, syntaxError(path, err)
	}
	t.root = document.Content[0]
	if e := t.version(); e != nil {
		return nil, e
	}
	if e := t.visit(t.root, spot{}); e != nil {
		return nil, e
	}
	if t.weigh(t.root); t.repeated > maxRepeated {
		return nil, &Error{Path: path, Problem: fmt.Sprintf("the references in the file repeat more than %d values: split it by services", maxRepeated)}
	}
	return t, nil
}

// weigh counts the values of a tree, and those that references repeat.
func (t *tree) weigh(n *yaml.Node) int {
	n = followed(n)
	size := 1
	for _, child := range n.Content {
		size += t.weigh(child)
	}
	t.repeated += t.uses[n] * size
	return size
}

func checkContent(content []byte) string {
	if !utf8.Valid(content) {
		return "the file is not UTF-8: save it as UTF-8"
	}
	separators := 0
	for _, c := range content {
		switch c {
		case '\n', ',', ':', '[', ']', '{', '}', '-', '?':
			separators++
		}
	}
	if separators > maxSeparators {
		return fmt.Sprintf("the file has more than %d line breaks, commas, colons, dashes and brackets: split it by services", maxSeparators)
	}
	return ""
}

// decode reads the first document of YAML. The library panics on what it did not foresee.
func decode(content []byte) (document *yaml.Node, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("yaml: %v", cause)
		}
	}()
	document = new(yaml.Node)
	err = yaml.NewDecoder(strings.NewReader(string(content))).Decode(document)
	return document, err
}

var errorLine = regexp.MustCompile(`^line (\d+): `)

func syntaxError(path string, err error) *Error {
	problem := strings.TrimPrefix(err.Error(), "yaml: ")
	e := &Error{Path: path, Line: 1, Column: 1}
	if match := errorLine.FindStringSubmatch(problem); match != nil {
		e.Line, _ = strconv.Atoi(match[1])
		problem = problem[len(match[0]):]
	}
	e.Problem = "this is neither YAML nor JSON (" + shown(problem) + "): see to quotes, brackets and the indentation about there"
	return e
}

func (t *tree) problem(n *yaml.Node, format string, args ...any) *Error {
	return &Error{Path: t.path, Line: n.Line, Column: n.Column, Problem: fmt.Sprintf(format, args...)}
}

// version refuses what is no OpenAPI 3.
func (t *tree) version() *Error {
	if t.root.Kind != yaml.MappingNode {
		return t.problem(t.root, "this is no description of an API: write openapi: 3.0.3 with info and paths")
	}
	if old := field(t.root, "swagger"); old != nil {
		return t.problem(old, "this is Swagger %s, and OpenAPI 3.0 and 3.1 are read: convert it, as with swagger2openapi", shown(old.Value))
	}
	version := field(t.root, "openapi")
	switch {
	case version == nil:
		return t.problem(t.root, "openapi is missing: write its version, such as openapi: 3.0.3, or name the file that has it")
	case version.Kind != yaml.ScalarNode:
		return t.problem(version, "this is no version: write openapi: 3.0.3")
	case !strings.HasPrefix(version.Value, "3."):
		return t.problem(version, "OpenAPI %s is not read: write the description in OpenAPI 3.0 or 3.1", shown(version.Value))
	}
	return nil
}

// field returns a value of a mapping, nil if there is none.
func field(n *yaml.Node, name string) *yaml.Node {
	if n = followed(n); n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return followed(n.Content[i+1])
		}
	}
	return nil
}

// followed is the value that an alias stands for.
func followed(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// spot is where a value stands.
type spot struct {
	levels int
	key    string // of the mapping or list that it is in
	data   bool   // it is any data, where $ref may be a name like any other
}

// within is the spot of a value under a key.
func (s spot) within(key string) spot {
	return spot{levels: s.levels + 1, key: key, data: s.data || isData(key) && !holdsNames(s.key)}
}

func isData(key string) bool {
	return key == "example" || key == "default" || key == "enum" || key == "const" || key == "value"
}

// holdsNames is true for mappings whose keys are names of the description's own.
func holdsNames(key string) bool {
	switch key {
	case "properties", "patternProperties", "dependentSchemas", "$defs", "schemas", "parameters", "responses", "requestBodies", "headers",
		"examples", "links", "callbacks", "paths", "pathItems":
		return true
	}
	return false
}

// visit checks a value and all within it: how many there are, how deep they go, and where references lead.
func (t *tree) visit(n *yaml.Node, at spot) *Error {
	before := n
	n = followed(n)
	t.left--
	switch {
	case t.left < 0:
		return t.problem(before, "the file has more than %d values with all aliases written out: split it by services", maxValues)
	case at.levels > maxLevels:
		return t.problem(before, "there are more than %d mappings and lists inside each other here: give the inner ones a name below components", maxLevels)
	}
	for i, value := range n.Content {
		in := at.within(at.key)
		if n.Kind == yaml.MappingNode {
			if i%2 == 0 {
				continue
			}
			key := n.Content[i-1].Value
			in = at.within(key)
			if target := followed(value); key == "$ref" && target.Kind == yaml.ScalarNode {
				if e := t.reference(target, in.data); e != nil {
					return e
				}
			}
		}
		if e := t.visit(value, in); e != nil {
			return e
		}
	}
	return nil
}

// reference refuses one that leads out of the file or nowhere, unless it is no more than data, and one that leads on and
// on.
func (t *tree) reference(n *yaml.Node, data bool) *Error {
	ref := n.Value
	switch isPointer := ref == "#" || strings.HasPrefix(ref, "#/"); {
	case data && !isPointer, strings.HasPrefix(ref, "#") && !isPointer: // an anchor of JSON Schema
		return nil
	case !isPointer:
		return t.problem(n, "%q is in another file or at an address, and only this file is read: "+
			"put all that belongs to it into one file, as with redocly bundle", shown(ref))
	}
	for range maxHops {
		target, part := t.find(ref)
		switch {
		case target == nil && data:
			return nil
		case target == nil:
			return t.problem(n, "%q leads nowhere: there is nothing called %s", shown(n.Value), shown(part))
		}
		t.uses[followed(target)]++
		if len(t.uses) > maxTargets {
			return t.problem(n, "there are references to more than %d places: split the file by services", maxTargets)
		}
		next := field(target, "$ref")
		if next == nil || next.Kind != yaml.ScalarNode || !strings.HasPrefix(next.Value, "#/") || next.Value == n.Value {
			return nil
		}
		ref = next.Value
	}
	return t.problem(n, "%q leads to a reference, which leads to a reference, and so on for more than %d times: let it name what is meant",
		shown(n.Value), maxHops)
}

// find follows a JSON pointer (RFC 6901); part is where it ended if there is nothing.
func (t *tree) find(ref string) (target *yaml.Node, part string) {
	target = t.root
	for raw := range strings.SplitSeq(strings.TrimPrefix(strings.TrimPrefix(ref, "#"), "/"), "/") {
		if raw == "" {
			continue
		}
		part = strings.NewReplacer("~1", "/", "~0", "~").Replace(raw)
		if plain, err := url.PathUnescape(part); err == nil {
			part = plain
		}
		if target = t.step(target, part); target == nil {
			return nil, part
		}
	}
	return target, ""
}

// step goes to a member of a mapping or of a list, also of what a reference stands for.
func (t *tree) step(n *yaml.Node, part string) *yaml.Node {
	if n = followed(n); n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(part); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
		return nil
	}
	if found := field(n, part); found != nil {
		return found
	}
	if field(n, "$ref") != nil || field(n, "<<") != nil {
		return n // what it stands for may have that; whoever reads it will tell
	}
	return nil
}
