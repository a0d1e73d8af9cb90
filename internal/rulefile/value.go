package rulefile

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// plainValue returns what a node of support says: nil, bool, int, uint64, float64, string, []any or map[string]any.
func (r *reader) plainValue(n *yaml.Node, key string, depth int) any {
	if depth > maxDepth {
		r.fail(n, key, fmt.Sprintf("has more than %d levels: make it flatter", maxDepth))
		r.left = 0 // aliases may hold the same again and again
		return nil
	}
	if r.isTagged(n) {
		r.fail(n, key, "has a value that begins with !, which YAML takes for a tag: put it in quotes")
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		return r.plainMap(n, key, depth)
	case yaml.SequenceNode:
		list := make([]any, 0, len(n.Content))
		for _, item := range n.Content {
			if item = r.visit(item); item == nil {
				break
			}
			list = append(list, r.plainValue(item, key, depth+1))
		}
		return list
	}
	return r.plainScalar(n, key)
}

func (r *reader) plainMap(n *yaml.Node, key string, depth int) map[string]any {
	values := make(map[string]any, len(n.Content)/2)
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := r.visit(n.Content[i]), r.visit(n.Content[i+1])
		if name == nil || value == nil || r.full() {
			break
		}
		_, twice := values[name.Value]
		switch {
		case name.Kind != yaml.ScalarNode:
			r.fail(name, key, "has a key that is "+describe(name)+": write a word")
		case name.Tag == "!!merge":
			r.fail(name, key, "has a merge key (<<): repeat the keys")
		case twice:
			r.fail(name, key, "has "+quote(name.Value)+" twice: take one out")
		default:
			values[name.Value] = r.plainValue(value, key, depth+1)
		}
	}
	return values
}

func (r *reader) plainScalar(n *yaml.Node, key string) any {
	switch n.ShortTag() {
	case "!!null":
		return nil
	case "!!bool", "!!int", "!!float":
		var value any
		if err := n.Decode(&value); err != nil {
			r.fail(n, key, "has "+quote(n.Value)+", which is not of the type "+clip(n.Tag)+": take the tag out")
			return nil
		}
		if wide, is64 := value.(int64); is64 {
			return int(wide)
		}
		return value
	}
	return n.Value
}

// treeOf returns the tree of a value as a decoder returns it, or as a learner makes it.
func treeOf(value any) (*yaml.Node, error) {
	t := treeMaker{left: maxNodes}
	return t.node(reflect.ValueOf(value), 0)
}

type treeMaker struct {
	left int // values
}

func (t *treeMaker) node(v reflect.Value, depth int) (*yaml.Node, error) {
	t.left--
	if t.left < 0 || depth > maxDepth+2 { // a rule and its support are the first levels
		return nil, fmt.Errorf("has more than %d values or %d levels: make it smaller", maxNodes, maxDepth)
	}
	for v.Kind() == reflect.Interface || v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return scalar("!!null", "null"), nil
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Invalid:
		return scalar("!!null", "null"), nil
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			return nil, errors.New("has a text that is not UTF-8: take the other bytes out")
		}
		return text(v.String()), nil
	case reflect.Bool:
		return scalar("!!bool", strconv.FormatBool(v.Bool())), nil
	case reflect.Float32, reflect.Float64:
		return scalar("!!float", decimal(v.Float(), v.Type().Bits())), nil
	case reflect.Slice, reflect.Array:
		return t.list(v, depth)
	case reflect.Map:
		return t.mapping(v, depth)
	}
	switch {
	case v.CanInt():
		return scalar("!!int", strconv.FormatInt(v.Int(), 10)), nil
	case v.CanUint():
		return scalar("!!int", strconv.FormatUint(v.Uint(), 10)), nil
	}
	return nil, fmt.Errorf("has a value of type %s: only texts, numbers, truth values, lists and mappings can be written", v.Type())
}

func (t *treeMaker) list(v reflect.Value, depth int) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
	for i := range v.Len() {
		item, err := t.node(v.Index(i), depth+1)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, item)
	}
	return n, nil
}

// mapping has its keys in the order of their bytes.
func (t *treeMaker) mapping(v reflect.Value, depth int) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Style: yaml.FlowStyle}
	keys := v.MapKeys()
	for i, key := range keys {
		if key.Kind() == reflect.Interface && !key.IsNil() {
			keys[i] = key.Elem()
		}
		if keys[i].Kind() != reflect.String || !utf8.ValidString(keys[i].String()) {
			return nil, errors.New("has a mapping with keys that are no texts in UTF-8: make texts of them")
		}
	}
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	for _, key := range keys {
		value, err := t.node(v.MapIndex(key), depth+1)
		if err != nil {
			return nil, err
		}
		n.Content = append(n.Content, text(key.String()), value)
	}
	return n, nil
}

// decimal writes a number so that it is read as one with a fraction.
func decimal(f float64, bits int) string {
	switch {
	case math.IsNaN(f):
		return ".nan"
	case math.IsInf(f, 1):
		return ".inf"
	case math.IsInf(f, -1):
		return "-.inf"
	}
	written := strconv.FormatFloat(f, 'g', -1, bits)
	if !strings.ContainsAny(written, ".e") {
		written += ".0"
	}
	return written
}

func scalar(tag, value string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
}
