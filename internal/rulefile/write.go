package rulefile

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// Write writes a file that [Parse] reads as the same rules. The same rules give the same bytes. It refuses rules that
// Parse would, and then writes nothing; of those errors, Path is "rules[2]".
func Write(w io.Writer, f *File) error {
	if len(f.Rules) > MaxRules {
		return fmt.Errorf("write the invariants: there are %d rules: %d are the most", len(f.Rules), MaxRules)
	}
	var out bytes.Buffer
	out.WriteString(keyVersion + ": " + strconv.Itoa(Version) + "\n" + keyInvariants + ":")
	if len(f.Rules) == 0 {
		out.WriteString(" []")
	}
	out.WriteByte('\n')
	check := newReader("rules", nil)
	for i := range f.Rules {
		check.path, check.rule = "rules["+strconv.Itoa(i)+"]", ""
		n, err := nodeOf(&f.Rules[i])
		if err != nil {
			check.rule = f.Rules[i].ID
			check.fail(nil, keySupport, err.Error())
			continue
		}
		check.one(n, "")
		if len(check.errs) > 0 {
			continue
		}
		if i > 0 {
			out.WriteByte('\n')
		}
		if err := writeRule(&out, n); err != nil {
			return fmt.Errorf("write the invariants: rule %s: %w", f.Rules[i].ID, err)
		}
	}
	if len(check.errs) > 0 {
		return fmt.Errorf("write the invariants: %w", errors.Join(check.errs...))
	}
	if e := checkText(newSource(out.Bytes())); e != nil {
		return fmt.Errorf("write the invariants: %s", e.Problem)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write the invariants: %w", err)
	}
	return nil
}

// writeRule writes a rule as an item of the list.
func writeRule(out *bytes.Buffer, rule *yaml.Node) error {
	var content bytes.Buffer
	encoder := yaml.NewEncoder(&content)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(rule), encoder.Close()); err != nil {
		return err
	}
	prefix := "  - "
	for line := range bytes.Lines(content.Bytes()) {
		if len(bytes.TrimRight(line, "\n")) > 0 {
			out.WriteString(prefix)
		}
		out.Write(line)
		prefix = "    "
	}
	return nil
}

// nodeOf returns the tree of a rule, without what it does not say.
func nodeOf(rule *Rule) (*yaml.Node, error) {
	n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
	add := func(key string, value *yaml.Node) {
		n.Content = append(n.Content, text(key), value)
	}
	add(keyID, text(rule.ID))
	if rule.Kind != "" {
		add(keyKind, text(rule.Kind))
	}
	if len(rule.Services) > 0 {
		add(keyService, oneOrList(rule.Services))
	}
	apis := make([]string, len(rule.APIs))
	for i, api := range rule.APIs {
		apis[i] = api.String()
	}
	add(keyAPI, oneOrList(apis))
	if rule.When.Text != "" {
		add(keyWhen, text(rule.When.Text))
	}
	add(keyCheck, text(rule.Check.Text))
	if rule.Message != "" {
		add(keyMessage, text(rule.Message))
	}
	if rule.Support != nil {
		support, err := treeOf(rule.Support)
		if err != nil {
			return nil, err
		}
		add(keySupport, support)
	}
	if rule.Disabled {
		add(keyDisabled, scalar("!!bool", "true"))
	}
	return n, nil
}

func oneOrList(values []string) *yaml.Node {
	if len(values) == 1 {
		return text(values[0])
	}
	n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
	for _, value := range values {
		n.Content = append(n.Content, text(value))
	}
	return n
}

// text returns a scalar in the most readable way that keeps it to the byte.
func text(value string) *yaml.Node {
	n := scalar("!!str", value)
	switch {
	case isBlock(value):
		n.Style = yaml.LiteralStyle
	case strings.ContainsFunc(value, func(r rune) bool { return !unicode.IsPrint(r) }):
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// isBlock is whether a text has several lines that can stand behind | as they are.
func isBlock(value string) bool {
	if !strings.Contains(strings.TrimRight(value, "\n"), "\n") || strings.HasSuffix(value, "\n\n") {
		return false
	}
	for line := range strings.SplitSeq(value, "\n") {
		if line != strings.TrimRight(line, " ") || strings.ContainsFunc(line, func(r rune) bool { return !unicode.IsPrint(r) }) {
			return false
		}
	}
	return value[0] != ' ' && value[0] != '\n'
}
