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

// Write writes a file that [Parse] reads as the same rules and references. The same ones give the same bytes. It refuses
// those that Parse would, and then writes nothing; of those errors, Path is "rules[2]" or "references[2]".
func Write(w io.Writer, f *File) error {
	switch {
	case len(f.Rules) > MaxRules:
		return fmt.Errorf("write the invariants: there are %d rules: %d are the most", len(f.Rules), MaxRules)
	case len(f.References) > MaxReferences:
		return fmt.Errorf("write the invariants: there are %d references: %d are the most", len(f.References), MaxReferences)
	}
	out := &writer{check: newReader("", nil)}
	out.WriteString(keyVersion + ": " + strconv.Itoa(Version) + "\n")
	if len(f.References) > 0 {
		out.references(f.References)
	}
	out.rules(f.Rules)
	if err := errors.Join(append(out.check.errs, out.err)...); err != nil {
		return fmt.Errorf("write the invariants: %w", err)
	}
	if e := checkText(newSource(out.Bytes())); e != nil {
		return fmt.Errorf("write the invariants: %s", e.Problem)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return fmt.Errorf("write the invariants: %w", err)
	}
	return nil
}

// writer holds a file until it is known to be a good one.
type writer struct {
	bytes.Buffer

	check *reader // reads what is written
	err   error   // of the library that writes
}

func (w *writer) rules(rules []Rule) {
	w.WriteString(keyInvariants + ":")
	if len(rules) == 0 {
		w.WriteString(" []")
	}
	w.WriteByte('\n')
	for i := range rules {
		w.check.file, w.check.rule = "rules["+strconv.Itoa(i)+"]", ""
		n, err := nodeOf(&rules[i])
		if err != nil {
			w.check.rule = rules[i].ID
			w.check.fail(nil, keySupport, err.Error())
			continue
		}
		w.check.one(n, "")
		w.item(i, n)
	}
}

func (w *writer) references(references []Reference) {
	w.WriteString(keyReferences + ":\n")
	for i := range references {
		w.check.file = "references[" + strconv.Itoa(i) + "]"
		n := nodeOfReference(&references[i])
		w.check.oneReference(n, "")
		w.item(i, n)
	}
	w.check.reference = ""
	w.WriteByte('\n')
}

// item writes an item of a list, unless something is wrong already.
func (w *writer) item(i int, n *yaml.Node) {
	if len(w.check.errs) > 0 || w.err != nil {
		return
	}
	if i > 0 {
		w.WriteByte('\n')
	}
	w.err = writeItem(&w.Buffer, n)
}

// writeItem writes a mapping as an item of a list.
func writeItem(out *bytes.Buffer, item *yaml.Node) error {
	var content bytes.Buffer
	encoder := yaml.NewEncoder(&content)
	encoder.SetIndent(2)
	if err := errors.Join(encoder.Encode(item), encoder.Close()); err != nil {
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
	n := mapping()
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
