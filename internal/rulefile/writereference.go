package rulefile

import (
	"maps"
	"slices"

	"go.yaml.in/yaml/v3"
)

// nodeOfReference returns the tree of a reference, without what it does not say.
func nodeOfReference(reference *Reference) *yaml.Node {
	from := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for i := range reference.Sources {
		from.Content = append(from.Content, nodeOfSource(&reference.Sources[i]))
	}
	return mapping(text(keyName), text(reference.Name), text(keyFrom), from)
}

func nodeOfSource(s *Source) *yaml.Node {
	n := mapping()
	add := func(key string, value *yaml.Node) { n.Content = append(n.Content, text(key), value) }
	if len(s.APIs) > 0 {
		apis := make([]string, len(s.APIs))
		for i, api := range s.APIs {
			apis[i] = api.String()
		}
		add(keyAPI, oneOrList(apis))
	}
	if s.Table != "" {
		add(keyTable, text(s.Table))
	}
	if len(s.Services) > 0 {
		add(keyService, oneOrList(s.Services))
	}
	if s.At != "" {
		add(keyAt, text(s.At))
	}
	key := oneOrList(s.Key)
	if len(s.Key) > 1 {
		key.Style = yaml.FlowStyle
	}
	add(keyKey, key)
	if len(s.Fields) > 0 {
		fields := mapping()
		fields.Style = yaml.FlowStyle
		for _, name := range slices.Sorted(maps.Keys(s.Fields)) {
			fields.Content = append(fields.Content, text(name), text(s.Fields[name]))
		}
		add(keyFields, fields)
	}
	return n
}

func mapping(content ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Content: content}
}
