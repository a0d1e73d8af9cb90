package rulefile

import (
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// parseTree reads the text as one YAML document. The root is nil only with an error.
func parseTree(path string, src *source) (*yaml.Node, error) {
	document, e := parseDocument(src)
	if e != nil {
		e.Path = path
		return nil, e
	}
	return document.Content[0], nil
}

func parseDocument(src *source) (*yaml.Node, *Error) {
	if e := checkText(src); e != nil {
		return nil, e
	}
	decoder := yaml.NewDecoder(strings.NewReader(src.text))
	document, err := next(decoder)
	if errors.Is(err, io.EOF) || err == nil && isNothing(document) {
		return nil, errorAt(mark{line: 1, column: 1}, "the file is empty: write version: 1 and invariants: []")
	}
	if err != nil {
		return nil, syntaxError(src, err)
	}
	second, err := next(decoder)
	switch {
	case errors.Is(err, io.EOF):
		return document, nil
	case err != nil:
		return nil, syntaxError(src, err)
	}
	return nil, errorAt(src.seek(second.Line, second.Column),
		"a second YAML document begins here: write all rules below one invariants, without ---")
}

func errorAt(at mark, problem string) *Error {
	return &Error{Line: at.line, Column: at.column, Problem: problem}
}

// next reads a document. The library panics on what it did not foresee.
func next(decoder *yaml.Decoder) (document *yaml.Node, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("yaml: %v", cause)
		}
	}()
	document = new(yaml.Node)
	err = decoder.Decode(document)
	return document, err
}

func isNothing(document *yaml.Node) bool {
	if len(document.Content) == 0 {
		return true
	}
	root := document.Content[0]
	return root.Kind == yaml.ScalarNode && root.ShortTag() == "!!null"
}

// checkText refuses what would take too much memory as a tree, what YAML has no characters for, and what has positions
// that editors do not share.
func checkText(src *source) *Error {
	if len(src.text) > MaxFileBytes {
		return &Error{Problem: fmt.Sprintf("the file has more than %d MiB: split it", MaxFileBytes>>20)}
	}
	separators := 0 // one of them stands between any two values
	for i, r := range src.text {
		switch r {
		case '\r', '\n', ',', ':', '[', ']', '{', '}', '-', '?':
			separators++
			if separators > maxNodes {
				return errorAt(src.place(i),
					fmt.Sprintf("the file has more than %d line breaks, commas, colons, dashes and brackets: split it", maxNodes))
			}
		default:
			if problem := checkCharacter(src.text[i:], r); problem != "" {
				return errorAt(src.place(i), problem)
			}
		}
	}
	return nil
}

// checkCharacter follows YAML 1.2.2, section 5.1.
func checkCharacter(text string, r rune) string {
	const mend = "take it out, or write it as an escape in double quotes"
	switch {
	case r >= ' ' && r < 0x7f || r == '\t':
	case r == utf8.RuneError && !strings.HasPrefix(text, "\uFFFD"):
		return "the file is not UTF-8: save it as UTF-8"
	case r == 0x85 || r == 0x2028 || r == 0x2029:
		return fmt.Sprintf("%U is a line break to YAML and not to every editor: %s", r, mend)
	case r < 0xa0 || r == 0xfeff || r == 0xfffe || r == 0xffff:
		return fmt.Sprintf("%U is a control character, which YAML does not allow: %s", r, mend)
	}
	return ""
}

var (
	errorLine     = regexp.MustCompile(`^line (\d+): `)
	unknownAnchor = regexp.MustCompile(`^unknown anchor '(.*)' referenced$`)
)

// syntaxError says more about what is no YAML than the library does.
func syntaxError(src *source, err error) *Error {
	line, problem := splitLine(err)
	if match := unknownAnchor.FindStringSubmatch(problem); match != nil {
		return errorAt(src.place(max(strings.Index(src.text, "*"+match[1]), 0)), "no anchor &"+clip(match[1])+
			" stands before this alias: if the * is text, put the value in quotes")
	}
	last := src.culprit(line, problem)
	if number, column, hint := src.hint(max(line-1, 1), last, problem == "found unexpected end of stream"); hint != "" {
		return errorAt(src.seek(number, column), hint)
	}
	return errorAt(src.seek(last, 1+blanks(src.line(last))), "this is no YAML ("+problem+
		"): see to the indentation, and put values that have : or # or quotes in them in quotes or behind |")
}

// splitLine splits an error of the library into its line, from 1, and the rest.
func splitLine(err error) (line int, problem string) {
	problem = strings.TrimPrefix(err.Error(), "yaml: ")
	match := errorLine.FindStringSubmatch(problem)
	if match == nil {
		return 1, problem
	}
	line, _ = strconv.Atoi(match[1])
	return line, problem[len(match[0]):]
}

// culprit returns the line that something is wrong with. The library's is often early: of what does not belong into a
// mapping it gives the mapping's beginning. So the lines from there on are read anew, one more each time.
func (s *source) culprit(line int, problem string) int {
	const mostLines, mostBytes = 200, 32 << 10 // a rule is shorter
	line = min(max(line, 1), s.lines())
	start := s.seek(line, 1).offset
	for number := line; number <= min(line+mostLines, s.lines()); number++ {
		end := s.seek(number+1, 1).offset
		if number == s.lines() {
			end = len(s.text)
		}
		if end-start > mostBytes {
			break
		}
		_, err := next(yaml.NewDecoder(strings.NewReader(s.text[start:end])))
		if err == nil {
			continue
		}
		if _, again := splitLine(err); again == problem {
			return number
		}
	}
	return line
}
