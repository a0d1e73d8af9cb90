package invariant

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"

	"github.com/spanwarden/spanwarden/internal/document"
)

// Evidence says what explanations show of the values that a rule read.
type Evidence uint8

const (
	// ShowValues shows them, but for what looks like a secret.
	ShowValues Evidence = iota
	// ShowHashes shows the same hash for the same value.
	ShowHashes
	// ShowNothing leaves values out.
	ShowNothing
)

// ParseEvidence reads values, hash or none.
func ParseEvidence(s string) (Evidence, error) {
	switch s {
	case "values":
		return ShowValues, nil
	case "hash":
		return ShowHashes, nil
	case "none":
		return ShowNothing, nil
	}
	return 0, fmt.Errorf("evidence is %q: use values, hash or none", s)
}

// secrets are what names of values contain that are never shown, and words that they are made of.
var (
	secrets = [...]string{
		"password", "passwd", "passphrase", "secret", "token", "authorization", "cookie", "apikey", "credential", "signature", "session",
		"privatekey",
	}
	secretWords = map[string]bool{
		"pin": true, "pwd": true, "pass": true, "cvv": true, "cvc": true, "otp": true, "ssn": true, "jwt": true, "auth": true, "key": true,
	}
)

// isSecret is true for a path of which some name looks like that of a secret.
func isSecret(path string) bool {
	for name := range strings.SplitSeq(path, ".") {
		name, _, _ = strings.Cut(name, "[")
		letters := strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
		for _, s := range secrets {
			if strings.Contains(letters, s) {
				return true
			}
		}
		for word := range strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return r == '_' || r == '-' }) {
			if secretWords[word] {
				return true
			}
		}
	}
	return false
}

// put adds a value that the rule read.
func (x *explainer) put(path string, value ref.Val) { x.show(path, value, isSecret(path)) }

func (x *explainer) show(path string, value ref.Val, secret bool) {
	if x.evidence == ShowNothing || len(x.values) == maxValues || x.seen[path] {
		return
	}
	if x.seen == nil {
		x.seen = make(map[string]bool)
	}
	x.seen[path] = true
	shown := shownValue(value)
	if _, failed := value.(*types.Err); !failed && value != absent && (x.evidence == ShowHashes || secret) {
		shown = hashed(shown)
	}
	x.values = append(x.values, Value{Path: oneLine(path), Text: strings.Clone(clip(oneLine(shown), maxValueBytes))})
}

// hashed tells values apart without showing them.
func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha256:" + hex.EncodeToString(sum[:6])
}

// shownValue is a value for people.
func shownValue(v ref.Val) string {
	switch v := v.(type) {
	case types.String:
		return string(v)
	case big:
		return string(v)
	case types.Null:
		return "null"
	case *objectNode:
		return outline(v.node)
	case *listNode:
		return outline(v.node)
	case *openList:
		if v.open {
			return fmt.Sprintf("(%d seen, there may be more)", len(v.items))
		}
		return "(" + strconv.Itoa(len(v.items)) + " seen)"
	case *statementView:
		return v.statement.SQL.Skeleton
	case *object:
		return "(" + v.celType.TypeName() + ")"
	case traits.FieldTester: // headers, parameters, columns
		return "(map)"
	}
	switch v {
	case absent:
		return "(absent)"
	case ref.Val(errMissing):
		return "(missing)"
	case ref.Val(errUnknown):
		return "(unknown)"
	case ref.Val(errUnobserved):
		return "(not seen)"
	}
	if text, ok := v.ConvertToType(types.StringType).(types.String); ok {
		return string(text)
	}
	return fmt.Sprint(v.Value())
}

// outline shows a list of simple values, and of all that has fields their names alone: there may be secrets in them.
func outline(n document.Node) string {
	if n.Kind() == document.Object {
		var b strings.Builder
		for i := range n.Len() {
			if b.Len() > maxValueBytes {
				break
			}
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(n.Name(i))
		}
		return "{" + b.String() + "}"
	}
	for i := range n.Len() {
		if kind := n.Item(i).Kind(); kind == document.Object || kind == document.List {
			return "(" + strconv.Itoa(n.Len()) + " elements)"
		}
	}
	return string(n.AppendJSON(nil, maxValueBytes))
}

// oneLine replaces what does not print, so that no value looks like more than one.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, s)
}
