package proposer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/nearest"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

const (
	source     = "model" // Support of rules
	maxMessage = 200     // bytes
	mostAsked  = 10      // APIs of a rule
)

// candidate is a rule that was compiled.
type candidate struct {
	rule     rulefile.Rule
	question *question
}

// maker makes rules of what the model answers.
type maker struct {
	references *rulefile.File
	options    invariant.Options
}

// rule reads a rule that answers a question; the error is for the model and for people.
func (m *maker) rule(raw json.RawMessage, q *question) (rulefile.Rule, error) {
	if len(raw) > maxRuleBytes {
		return rulefile.Rule{}, fmt.Errorf("the rule has %d bytes: %d are the most", len(raw), maxRuleBytes)
	}
	var said map[string]any
	if err := json.Unmarshal(raw, &said); err != nil || said == nil {
		return rulefile.Rule{}, errors.New(`the rule is no JSON object: write {"api": ..., "check": ...}`)
	}
	for _, key := range []string{"id", "support", "disabled", "service"} { // not the model's to say
		delete(said, key)
	}
	message, _ := said["message"].(string)
	delete(said, "message")
	if message = cleanMessage(message); message != "" {
		said["message"] = message
	}
	said["id"] = source
	file, err := rulefile.FromMaps("answer", []map[string]any{said})
	if err != nil {
		return rulefile.Rule{}, problemsOf(err)
	}
	rule := file.Rules[0]
	if err := restrict(&rule, q.apis); err != nil {
		return rulefile.Rule{}, err
	}
	rule.ID = idOf(&rule)
	if err := m.compile(&rule); err != nil {
		return rulefile.Rule{}, err
	}
	if saysNothing(rule.Check.Text) {
		return rulefile.Rule{}, errors.New("check: it says nothing of the call, so no call could break it")
	}
	return rule, nil
}

// restrict refuses rules about APIs that were not asked about, and adds the services of those that were.
func restrict(rule *rulefile.Rule, asked []*API) error {
	if rule.Kind == "novelty" {
		return errors.New("kind: what is new is found without rules: write one of the other kinds")
	}
	if len(rule.APIs) > mostAsked {
		return fmt.Errorf("api: there are %d: %d are the most", len(rule.APIs), mostAsked)
	}
	var services []string
	everywhere := false
	for _, api := range rule.APIs {
		known := false
		for _, a := range asked {
			if a.API == api.Text {
				known = true
				everywhere = everywhere || a.Service == ""
				services = append(services, a.Service)
			}
		}
		if !known {
			return fmt.Errorf("api: %s was not asked about: %s", clip(api.Text, maxToldRule), nearest.Hint(api.Text, textsOf(asked)))
		}
	}
	if !everywhere {
		slices.Sort(services)
		rule.Services = slices.Compact(services)
	}
	return nil
}

func textsOf(apis []*API) []string {
	var texts []string
	for _, a := range apis {
		texts = append(texts, a.API)
	}
	return slices.Compact(texts)
}

// compile is whether the rule can be evaluated, at a cost that is allowed, beside the collections that there are. It adds
// the kind where the model does not say.
func (m *maker) compile(rule *rulefile.Rule) error {
	file := rulefile.File{}
	if m.references != nil {
		file = *m.references
	}
	file.Path, file.Rules = "answer", []rulefile.Rule{*rule}
	book, err := invariant.Compile([]*rulefile.File{&file}, m.options)
	if err != nil {
		return problemsOf(err)
	}
	rule.Kind = book.Rules()[0].Kind
	return nil
}

// problemsOf tells errors of rules without where the rule would stand in a file.
func problemsOf(err error) error {
	each := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		each = joined.Unwrap()
	}
	var told []string
	for _, one := range each {
		var of *rulefile.Error
		if !errors.As(one, &of) {
			told = append(told, one.Error())
			continue
		}
		plain := rulefile.Error{Key: of.Key, Problem: of.Problem}
		text := strings.TrimPrefix(plain.Error(), ": ")
		if of.Line > 1 {
			text += fmt.Sprintf(" (line %d, column %d)", of.Line, of.Column)
		} else if of.Column > 1 {
			text += fmt.Sprintf(" (column %d)", of.Column)
		}
		told = append(told, text)
	}
	return errors.New(clip(strings.Join(told, "; "), maxToldRule))
}

var (
	literal  = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	variable = regexp.MustCompile(`\b(?:call|req|resp|env|db|calls|row|shown|earlier)\b`)
	field    = regexp.MustCompile(`\b(?:call|req|resp|env)(?:\.[A-Za-z_][A-Za-z0-9_]*|\["[^"]*"\])+`)
)

// saysNothing is true for what reads nothing of a call, or compares something with itself.
func saysNothing(check string) bool {
	if !variable.MatchString(literal.ReplaceAllString(check, `""`)) {
		return true
	}
	left, right, _ := strings.Cut(check, "==")
	return strings.TrimSpace(left) == strings.TrimSpace(right)
}

// fieldsOf are what a rule reads of the call.
func fieldsOf(rule *rulefile.Rule) []string {
	fields := field.FindAllString(rule.When.Text+" "+rule.Check.Text, -1)
	slices.Sort(fields)
	return slices.Compact(fields)
}

// cleanMessage returns what the model says that a violation means. It stands in alarms, so it is one short line without
// links and markup; "" if it is more than that.
func cleanMessage(message string) string {
	for _, markup := range []string{"://", "www.", "](", "<", ">"} {
		if strings.Contains(message, markup) {
			return ""
		}
	}
	return clip(message, maxMessage)
}

// keyOf is the same for rules that say the same.
func keyOf(rule *rulefile.Rule) string {
	var b strings.Builder
	for _, service := range rule.Services {
		b.WriteString(service + "\n")
	}
	apis := make([]string, len(rule.APIs))
	for i := range rule.APIs {
		apis[i] = rule.APIs[i].Text
	}
	slices.Sort(apis)
	for _, text := range slices.Concat(apis, []string{rule.When.Text, rule.Check.Text}) {
		b.WriteString("\n" + strings.Join(strings.Fields(text), " "))
	}
	return b.String()
}

// idOf names a rule after its API and what it says, so that it has the same name each time.
func idOf(rule *rulefile.Rule) string {
	slug := strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		}
		return '-'
	}, rule.APIs[0].Text), "-")
	for strings.Contains(slug, "--") {
		slug = strings.ReplaceAll(slug, "--", "-")
	}
	const most = 60
	sum := sha256.Sum256([]byte(keyOf(rule)))
	return source + "-" + strings.Trim(slug[:min(len(slug), most)], "-") + "-" + hex.EncodeToString(sum[:6])
}

// textOf is a rule as the model writes it.
func textOf(rule *rulefile.Rule) ruleText {
	text := ruleText{Kind: rule.Kind, When: rule.When.Text, Check: rule.Check.Text}
	apis := make([]string, len(rule.APIs))
	for i := range rule.APIs {
		apis[i] = rule.APIs[i].Text
	}
	text.API = apis
	if len(apis) == 1 {
		text.API = apis[0]
	}
	return text
}

// lineOf is a rule on one line, for people.
func lineOf(rule *rulefile.Rule) string {
	text := rule.APIs[0].Text
	if more := len(rule.APIs) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	if rule.When.Text != "" {
		text += " when " + rule.When.Text
	}
	return text + ": " + rule.Check.Text
}
