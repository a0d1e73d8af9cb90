package rulefile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The keys of references and their sources, in the order in which they are written.
const (
	keyReferences = "references"

	keyName = "name"
	keyFrom = "from"

	keyTable  = "table"
	keyAt     = "at"
	keyKey    = "key"
	keyFields = "fields"
)

var (
	referenceKeys = []string{keyName, keyFrom}
	sourceKeys    = []string{keyAPI, keyTable, keyService, keyAt, keyKey, keyFields}
)

const (
	fromMend   = "write where the rows come from, such as - {api: POST /orders, at: resp.body, key: id, fields: {owner: userId}}"
	keyMend    = "write what the row is known by, such as id, or a list such as [orderId, line]"
	fieldsMend = "write names with where their values are, such as {owner: userId}"
)

// references reads the collections.
func (r *reader) references(nodes []*yaml.Node) []Reference {
	if len(nodes) > MaxReferences {
		r.fail(nodes[MaxReferences], keyReferences, fmt.Sprintf("has %d references: a file has at most %d", len(nodes), MaxReferences))
		return nil
	}
	references := make([]Reference, 0, len(nodes))
	for i, n := range nodes {
		if r.full() || r.left <= 0 {
			break
		}
		references = append(references, r.oneReference(n, keyReferences+"["+strconv.Itoa(i)+"]"))
	}
	r.reference = ""
	return references
}

// oneReference reads a reference; the key is for what is none.
func (r *reader) oneReference(n *yaml.Node, key string) Reference {
	reference := Reference{place: r.file}
	reference.Line, reference.Column = r.position(n)
	r.reference = ""
	n = r.visit(n)
	if n == nil || !r.is(n, key, yaml.MappingNode, "write a reference with name and from") {
		return reference
	}
	var name, from *yaml.Node
	r.reference = nameOf(n)
	r.keys(n, referenceKeys, func(key string, value *yaml.Node) {
		if key == keyName {
			name = value
		} else {
			from = value
		}
	})
	if name == nil {
		r.fail(n, keyName, "is missing: give the reference a name, such as orders")
	} else {
		reference.Name = r.referenceName(name, reference.Line)
	}
	if from == nil {
		r.fail(n, keyFrom, "is missing: "+fromMend)
	} else {
		reference.Sources = r.sources(from)
	}
	return reference
}

// nameOf returns the name of a reference for errors about it, if it is a good one.
func nameOf(reference *yaml.Node) string {
	for i := 0; i+1 < len(reference.Content); i += 2 {
		key, value := reference.Content[i], reference.Content[i+1]
		if value.Kind == yaml.AliasNode {
			value = value.Alias
		}
		if key.Value == keyName && value.Kind == yaml.ScalarNode && isReferenceName(value.Value) {
			return value.Value
		}
	}
	return ""
}

func (r *reader) referenceName(n *yaml.Node, line int) string {
	name, ok := r.text(n, keyName, "write a name, such as orders")
	switch {
	case !ok:
		return ""
	case !isReferenceName(name):
		r.fail(n, keyName, "is "+quote(name)+": write a lower-case letter and then up to 63 lower-case letters, digits and . _ -, such as orders")
		return ""
	}
	if before, taken := r.names[name]; taken {
		r.fail(n, keyName, "is taken by "+before+": add the sources there, or take another name")
	}
	r.names[name] = r.file
	if r.src != nil {
		r.names[name] = "the reference of line " + strconv.Itoa(line)
	}
	return name
}

const maxReferenceName = 64

// isReferenceName is whether a text is [a-z][a-z0-9_.-]{0,63}.
func isReferenceName(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c >= 'a' && c <= 'z'
		if !letter && (i == 0 || (c < '0' || c > '9') && c != '.' && c != '_' && c != '-') {
			return false
		}
	}
	return text != "" && len(text) <= maxReferenceName
}

// sources reads one source or a list of them.
func (r *reader) sources(n *yaml.Node) []Source {
	var sources []Source
	names := make(map[string]bool) // of fields
	r.listOf(n, keyFrom, MaxSources, fromMend, func(n *yaml.Node, key string) {
		source := r.source(n, key)
		for name := range source.Fields {
			names[name] = true
		}
		if len(names) > MaxFields {
			r.fail(n, key, fmt.Sprintf("has a field too many: a reference has at most %d, over all of its sources", MaxFields))
			names = make(map[string]bool) // tell it once
		}
		sources = append(sources, source)
	})
	return sources
}

// source reads where rows come from; the key says which one it is.
func (r *reader) source(n *yaml.Node, key string) Source {
	var source Source
	source.Line, source.Column = r.position(n)
	if !r.is(n, key, yaml.MappingNode, fromMend) {
		return source
	}
	values := make(map[string]*yaml.Node, len(sourceKeys))
	outer := r.within
	r.within = key + "."
	defer func() { r.within = outer }()
	r.keys(n, sourceKeys, func(key string, value *yaml.Node) { values[key] = value })
	api, table := values[keyAPI], values[keyTable]
	switch {
	case api == nil && table == nil:
		r.fail(n, keyAPI, "is missing: write whose calls the rows come from, such as POST /orders, or a table")
	case api != nil && table != nil:
		r.fail(table, keyTable, "is beside an api: make two sources of them")
	case api != nil:
		source.APIs = r.apis(api)
	default:
		source.Table = r.name(table, keyTable, "write the name of a table, such as orders")
	}
	if service := values[keyService]; service != nil {
		source.Services = r.services(service)
	}
	r.places(n, values, &source)
	return source
}

// places reads where in a call or a statement everything is.
func (r *reader) places(n *yaml.Node, values map[string]*yaml.Node, s *Source) {
	isTable := values[keyTable] != nil
	if at := values[keyAt]; at != nil && isTable {
		r.fail(at, keyAt, "is beside a table, whose statements have no objects: take it out")
	} else if at != nil {
		s.At = r.path(at, keyAt, "write the path of the objects, such as resp.body.data[]", func(p Path) string {
			if !p.inBody() {
				return "is of no body: write a path that begins with req.body or resp.body, or leave it out if the row is the call itself"
			}
			return ""
		})
	}
	check := func(p Path) string { return scalarPath(p, values[keyAt] == nil) }
	place := func(n *yaml.Node, key, mend string) string {
		if isTable {
			return r.name(n, key, "write the name of a column")
		}
		return r.path(n, key, mend, check)
	}
	if key := values[keyKey]; key == nil {
		r.fail(n, keyKey, "is missing: "+keyMend)
	} else {
		s.Key = r.keyParts(key, place)
	}
	if fields := values[keyFields]; fields != nil {
		s.Fields = r.fields(fields, place)
	}
}

// scalarPath says what is wrong with the path of a scalar. Of a call itself all paths are absolute.
func scalarPath(p Path, ofCall bool) string {
	switch {
	case p.each():
		return "has [] in it, which is many values: put the path of the list into at"
	case ofCall && !p.Absolute():
		return "is no path of a call: begin it with req., resp., env. or call., or say in at where the objects are"
	}
	return ""
}

func (r *reader) keyParts(n *yaml.Node, place func(n *yaml.Node, key, mend string) string) []string {
	var parts []string
	r.listOf(n, keyKey, MaxKeyParts, keyMend, func(n *yaml.Node, key string) {
		part := place(n, key, keyMend)
		if part != "" && slices.Contains(parts, part) {
			r.fail(n, key, quote(part)+" is there twice: take one out")
			return
		}
		parts = append(parts, part)
	})
	return parts
}

func (r *reader) fields(n *yaml.Node, place func(n *yaml.Node, key, mend string) string) map[string]string {
	if !r.is(n, keyFields, yaml.MappingNode, fieldsMend) {
		return nil
	}
	fields := make(map[string]string, min(len(n.Content)/2, MaxFields))
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := r.visit(n.Content[i]), r.visit(n.Content[i+1])
		if name == nil || value == nil || r.full() {
			break
		}
		_, twice := fields[name.Value]
		switch {
		case name.Kind != yaml.ScalarNode:
			r.fail(name, keyFields, "has a key that is "+describe(name)+": write a word")
		case name.Tag == "!!merge":
			r.fail(name, keyFields, "has a merge key (<<): repeat the keys")
		case !isFieldName(name.Value):
			r.fail(name, keyFields, "has the name "+quote(name.Value)+": write a letter or _ and then up to 63 letters, digits and _")
		case twice:
			r.fail(name, keyFields, "has "+quote(name.Value)+" twice: take one out")
		default:
			fields[name.Value] = place(value, keyFields+"."+name.Value, "write where the value is")
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}

// isFieldName is whether a text is [A-Za-z_][A-Za-z0-9_]{0,63}, which expressions can select.
func isFieldName(text string) bool {
	for i := range len(text) {
		c := text[i]
		letter := c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	return text != "" && len(text) <= maxReferenceName
}

// path reads a path that the check finds nothing wrong with, and returns it in its canonical form.
func (r *reader) path(n *yaml.Node, key, mend string, check func(Path) string) string {
	text := r.name(n, key, mend)
	if text == "" {
		return ""
	}
	path, err := ParsePath(text)
	if err != nil {
		r.fail(n, key, err.Error())
		return ""
	}
	if problem := check(path); problem != "" {
		r.fail(n, key, quote(text)+" "+problem)
		return ""
	}
	canonical := path.String()
	if len(canonical) > MaxPathBytes { // with escapes for what cannot be seen
		r.fail(n, key, fmt.Sprintf("has %d bytes once it is written out: %d are the most", len(canonical), MaxPathBytes))
		return ""
	}
	return canonical
}

// name is a short text of one line.
func (r *reader) name(n *yaml.Node, key, mend string) string {
	text, ok := r.text(n, key, mend)
	switch {
	case !ok:
		return ""
	case len(text) > MaxPathBytes:
		r.fail(n, key, fmt.Sprintf("has %d bytes: %d are the most", len(text), MaxPathBytes))
		return ""
	case !oneLine(text):
		r.fail(n, key, "has a line break or another control character: take it out")
		return ""
	}
	return strings.TrimSpace(text)
}
