package apispec

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// refused is the library's error, which has no place, in words that say where.
func (t *tree) refused(err error) *Error {
	problem := err.Error()
	if _, of, both := strings.Cut(problem, ", yaml error: "); both {
		problem = of
	}
	problem = wrappings.Replace(problem)
	e := &Error{Path: t.path, Line: 1, Column: 1, Problem: "this is not as OpenAPI has it (" + shown(problem) + "): mend it, as with redocly lint"}
	if n := t.position(problem); n != nil {
		e.Line, e.Column = n.Line, n.Column
	}
	if match := wrongType.FindStringSubmatch(problem); match != nil {
		e.Problem = jsonNames[match[1]] + " cannot stand here: write what OpenAPI has there"
		if match[2] != "" {
			e.Problem = match[2] + " cannot be " + jsonNames[match[1]] + " here: write what OpenAPI has there"
		}
	}
	return e
}

var (
	wrappings = strings.NewReplacer("error converting YAML to JSON: ", "", "error unmarshaling JSON: ", "", "while decoding JSON: ", "", "json: ", "")
	// wrongType has the type that was found, and the field or the type that it was found for.
	wrongType  = regexp.MustCompile(`cannot unmarshal (\w+) into (?:field [\w.]*?(\w+) of|value of type (?:Go )?(?:openapi3\.)?(\w+))`)
	nothing    = regexp.MustCompile(`invalid (\w+): value MUST be an object`)
	quotedText = regexp.MustCompile(`"(?:[^"\\]|\\.)+"`)
	jsonNames  = map[string]string{"string": "a text", "number": "a number", "bool": "true or false", "object": "a mapping", "array": "a list"}
)

// position finds the place that an error of the library is about: a value of a type that was not expected there, or what
// the error quotes.
func (t *tree) position(problem string) *yaml.Node {
	if match := wrongType.FindStringSubmatch(problem); match != nil {
		return t.search(func(parent, key string, value *yaml.Node) bool {
			return jsonType(value) == match[1] && (match[2] != "" && key == match[2] || match[3] != "" && isOf(match[3], parent, key))
		})
	}
	if match := nothing.FindStringSubmatch(problem); match != nil {
		kind := strings.ToUpper(match[1][:1]) + match[1][1:]
		return t.search(func(parent, key string, value *yaml.Node) bool {
			return followed(value).ShortTag() == "!!null" && isOf(kind, parent, key)
		})
	}
	if match := quotedText.FindString(problem); match != "" {
		if text, err := strconv.Unquote(match); err == nil {
			return t.search(func(_, _ string, value *yaml.Node) bool {
				return value.Kind == yaml.ScalarNode && value.Value == text
			})
		}
	}
	return nil
}

// isOf is whether a value under that key, in what is under the parent key, is of a type of the library.
func isOf(typeName, parent, key string) bool {
	switch typeName {
	case "PathItem":
		return parent == "paths"
	case "Operation":
		return slices.Contains([]string{"get", "put", "post", "delete", "options", "head", "patch", "trace"}, key)
	case "Parameter":
		return parent == "parameters"
	case "RequestBody":
		return key == "requestBody" || parent == "requestBodies"
	case "Response":
		return parent == "responses"
	case "MediaType":
		return parent == "content"
	case "Server":
		return parent == "servers"
	case "Schema":
		return slices.Contains([]string{"schema", "items", "not"}, key) ||
			slices.Contains([]string{"properties", "schemas", "allOf", "oneOf", "anyOf"}, parent)
	}
	return false
}

// search returns the first value that is meant, in the order of the text. The elements of a list have no keys.
func (t *tree) search(meant func(parent, key string, value *yaml.Node) bool) *yaml.Node {
	var visit func(n *yaml.Node, parent string) *yaml.Node
	visit = func(n *yaml.Node, parent string) *yaml.Node {
		for i, value := range n.Content {
			key := ""
			if n.Kind == yaml.MappingNode {
				if i%2 == 0 {
					continue
				}
				key = n.Content[i-1].Value
			}
			if meant(parent, key, value) {
				return value
			}
			if found := visit(value, key); found != nil {
				return found
			}
		}
		return nil
	}
	return visit(t.root, "")
}

// jsonType is what encoding/json calls the type of a value.
func jsonType(n *yaml.Node) string {
	n = followed(n)
	switch n.Kind {
	case yaml.MappingNode:
		return "object"
	case yaml.SequenceNode:
		return "array"
	}
	switch n.ShortTag() {
	case "!!bool":
		return "bool"
	case "!!int", "!!float":
		return "number"
	}
	return "string"
}
