package proposer

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
)

const (
	mostAnswered = 40      // rules of an answer that are read
	maxRuleBytes = 8 << 10 // of a rule as it was answered
	mostStarts   = 64      // places where the JSON may begin
)

// readAnswer returns the rules that an answer has, as JSON: it must be one object with a list of rules. Models put prose
// around it, or marks of Markdown, and some think aloud before.
func readAnswer(text string) ([]json.RawMessage, error) {
	if i := strings.LastIndex(text, "</think>"); i >= 0 {
		text = text[i:]
	}
	var found []json.RawMessage
	var err error
	rest := text
	for range mostStarts {
		start := strings.IndexByte(rest, '{')
		if start < 0 {
			break
		}
		rest = rest[start:]
		rules, length, problem := readObject(rest)
		switch {
		case problem == nil: // of several the last: what is before it are drafts
			found, err = rules, nil
		case found == nil && err == nil: // what is inside it is no answer either
			err = problem
		}
		rest = rest[max(length, 1):]
	}
	if found == nil && err == nil {
		err = errors.New("has no JSON object in it")
	}
	return found, err
}

// readObject reads the object at the beginning of a text, and returns its length; 0 if it is none.
func readObject(text string) (rules []json.RawMessage, length int, err error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	var object map[string]json.RawMessage
	if err := decoder.Decode(&object); err != nil {
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, 0, errors.New("has JSON that is not complete")
		}
		return nil, 0, errors.New("has JSON that cannot be read: " + err.Error())
	}
	length = int(decoder.InputOffset())
	list, ok := object["rules"]
	if !ok {
		return nil, length, errors.New(`has no "rules" in its JSON object`)
	}
	if err := json.Unmarshal(list, &rules); err != nil {
		return nil, length, errors.New(`has "rules" that are no list`)
	}
	return append([]json.RawMessage{}, rules...), length, nil // null is no rules too
}
