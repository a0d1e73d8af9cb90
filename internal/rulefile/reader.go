package rulefile

import (
	"fmt"
	"strconv"

	"go.yaml.in/yaml/v3"
)

// The keys of a file and of a rule, in the order in which they are written.
const (
	keyVersion    = "version"
	keyInvariants = "invariants"

	keyID       = "id"
	keyKind     = "kind"
	keyService  = "service"
	keyAPI      = "api"
	keyWhen     = "when"
	keyCheck    = "check"
	keyMessage  = "message"
	keySupport  = "support"
	keyDisabled = "disabled"
)

var (
	fileKeys = []string{keyVersion, keyReferences, keyInvariants}
	ruleKeys = []string{keyID, keyKind, keyService, keyAPI, keyWhen, keyCheck, keyMessage, keySupport, keyDisabled}
)

// reader makes rules of a tree, and notes all that is wrong on the way.
type reader struct {
	file      string
	src       *source           // nil: the tree is of no file
	rule      string            // id of the rule at hand
	reference string            // name of the reference at hand
	within    string            // what stands before the keys of errors: "from[1]."
	ids       map[string]string // which rule has an id
	names     map[string]string // which reference has a name
	left      int               // values that may still be visited
	errs      []error

	origins map[*yaml.Node]*origin // of what aliases may stand for
}

func newReader(path string, src *source) *reader {
	return &reader{
		file: path, src: src, ids: make(map[string]string), names: make(map[string]string), left: maxNodes,
		origins: make(map[*yaml.Node]*origin),
	}
}

// fail notes what is wrong at a node. Behind the most errors there is no use in going on.
func (r *reader) fail(n *yaml.Node, key, problem string) {
	if r.full() {
		return
	}
	if key != "" {
		key = r.within + key
	}
	e := &Error{Path: r.file, Rule: r.rule, Reference: r.reference, Key: key, Problem: problem}
	e.Line, e.Column = r.position(n)
	r.errs = append(r.errs, e)
}

func (r *reader) full() bool {
	return len(r.errs) >= MaxErrors
}

func (r *reader) position(n *yaml.Node) (line, column int) {
	if r.src == nil {
		return 0, 0
	}
	at := r.src.seek(n.Line, n.Column)
	return at.line, at.column
}

// visit counts a value, and follows an alias. Each costs, so that aliases of aliases come to an end. It returns nil if
// the values are used up.
func (r *reader) visit(n *yaml.Node) *yaml.Node {
	for n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	r.left--
	switch {
	case r.left == 0:
		r.fail(n, "", fmt.Sprintf("the file has more than %d values with all aliases written out: split it", maxNodes))
		return nil
	case r.left < 0:
		return nil
	}
	return n
}

// whole reads the tree of a whole file.
func (r *reader) whole(root *yaml.Node) *File {
	f := &File{Path: r.file}
	root = r.visit(root)
	if root == nil {
		return f
	}
	if root.Kind != yaml.MappingNode {
		r.fail(root, "", "the file is "+describe(root)+": write version: 1 and invariants: with a list of rules")
		return f
	}
	values := make(map[string]*yaml.Node, len(fileKeys))
	r.keys(root, fileKeys, func(key string, value *yaml.Node) { values[key] = value })
	if !r.version(root, values[keyVersion]) {
		return f
	}
	if references := values[keyReferences]; references != nil &&
		r.is(references, keyReferences, yaml.SequenceNode, "write a list of references, or leave it out") {
		f.References = r.references(references.Content)
	}
	invariants := values[keyInvariants]
	if invariants == nil {
		r.fail(root, keyInvariants, "is missing: write the list of rules, or [] if there are none")
		return f
	}
	if !r.is(invariants, keyInvariants, yaml.SequenceNode, "write a list of rules, or [] if there are none") {
		return f
	}
	f.Rules = r.rules(invariants.Content)
	return f
}

// version is whether there is any use in reading on: of another version nothing is known.
func (r *reader) version(root, n *yaml.Node) bool {
	wanted := strconv.Itoa(Version)
	switch {
	case n == nil:
		r.fail(root, keyVersion, "is missing: write version: "+wanted)
		return true
	case n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int":
		if n.Value == wanted {
			return true
		}
		r.fail(n, keyVersion, "is "+clip(n.Value)+": this Spanwarden reads version "+wanted)
	default:
		r.fail(n, keyVersion, "is "+describe(n)+": write version: "+wanted)
	}
	return false
}

func (r *reader) rules(nodes []*yaml.Node) []Rule {
	if len(nodes) > MaxRules {
		r.fail(nodes[MaxRules], keyInvariants, fmt.Sprintf("has %d rules: a file has at most %d", len(nodes), MaxRules))
		return nil
	}
	rules := make([]Rule, 0, len(nodes))
	for i, n := range nodes {
		if r.full() || r.left <= 0 {
			break
		}
		r.rule = ""
		rules = append(rules, r.one(n, keyInvariants+"["+strconv.Itoa(i)+"]"))
	}
	r.rule = ""
	return rules
}

// maps reads rules that come as maps.
func (r *reader) maps(rules []map[string]any) *File {
	f := &File{Path: r.file}
	if len(rules) > MaxRules {
		r.fail(nil, "", fmt.Sprintf("there are %d rules: %d are the most", len(rules), MaxRules))
		return f
	}
	for i, m := range rules {
		if r.full() {
			break
		}
		r.rule = ""
		r.file = f.Path + "[" + strconv.Itoa(i) + "]"
		n, err := treeOf(m)
		if err != nil {
			r.fail(nil, "", err.Error())
			continue
		}
		f.Rules = append(f.Rules, r.one(n, ""))
	}
	return f
}

// one reads a rule; the key is for what is none.
func (r *reader) one(n *yaml.Node, key string) Rule {
	rule := Rule{place: r.file}
	rule.Line, rule.Column = r.position(n)
	n = r.visit(n)
	if n == nil || !r.is(n, key, yaml.MappingNode, "write a rule with id, api and check") {
		return rule
	}
	r.rule = idOf(n)
	values := make(map[string]*yaml.Node, len(ruleKeys))
	r.keys(n, ruleKeys, func(key string, value *yaml.Node) { values[key] = value })
	for _, key := range ruleKeys {
		if value := values[key]; value != nil {
			r.value(&rule, key, value)
		}
	}
	for _, required := range required {
		if values[required.key] == nil {
			r.fail(n, required.key, "is missing: "+required.mend)
		}
	}
	return rule
}

// required are the keys of every rule.
var required = []struct{ key, mend string }{
	{keyID, "give the rule a name, such as order-read-by-its-owner"},
	{keyAPI, "write a method and a route, such as GET /orders/{id}, or \"*\" for every API"},
	{keyCheck, "write the expression that must hold"},
}
