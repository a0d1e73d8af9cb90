package rulefile

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// Version is the version of the file that this package reads and writes.
const Version = 1

// Limits of a file; what exceeds them is an error.
const (
	// MaxFileBytes is the largest file.
	MaxFileBytes = 16 << 20
	// MaxRules is the largest number of rules in a file.
	MaxRules = 10_000
	// MaxExpressionBytes is the longest when or check.
	MaxExpressionBytes = 16 << 10
	// MaxMessageBytes is the longest message.
	MaxMessageBytes = 500
	// MaxIDBytes is the longest id.
	MaxIDBytes = 100
	// MaxRouteBytes is the longest route: those of calls are cut there, so a longer one would match none.
	MaxRouteBytes = 200
	// MaxServiceBytes is the longest name of a service.
	MaxServiceBytes = 250
	// MaxListed is the largest number of services, and of APIs, of one rule.
	MaxListed = 1000
	// MaxErrors is how many errors a file is told at most.
	MaxErrors = 50

	maxNodes = 1_000_000 // values of a file, with every alias counted as what it stands for
	maxDepth = 32        // of mappings and lists within support
)

// File is what a file of invariants says.
type File struct {
	Path  string // as given to [Parse] or [Load]
	Rules []Rule // in the order of the file
	// References are the collections that rules may look up, in the order of the file.
	References []Reference
}

// Rule is one invariant.
type Rule struct {
	ID       string     // [A-Za-z0-9][A-Za-z0-9._-]{0,99}, unique in the file
	Kind     string     // one of [Kinds]; "": not said
	Services []string   // names; nil: any
	APIs     []API      // at least one
	When     Expression // Text "": always
	Check    Expression
	Message  string // one line of at most [MaxMessageBytes]; "": not said
	Disabled bool
	// Line and Column are where the rule begins in the file, from 1; 0 for rules of [FromMaps].
	Line, Column int
	// Support is a learner's evidence. Its values are nil, bool, int, uint64 (beyond int), float64, string, []any and
	// map[string]any; nil: there is none.
	Support map[string]any

	place string // the file's path, or rules[2]
}

// Problem returns an error about a key of the rule, for those who find more in it than this package does. Within "when"
// and "check", line and column are a position inside the text, from 1; with other keys they do not count.
func (r *Rule) Problem(key string, line, column int, problem string) *Error {
	e := &Error{Path: r.place, Line: r.Line, Column: r.Column, Rule: r.ID, Key: key, Problem: problem}
	switch key {
	case keyWhen:
		e.Line, e.Column = r.When.At(line, column)
	case keyCheck:
		e.Line, e.Column = r.Check.At(line, column)
	}
	return e
}

// Kinds returns the kinds of invariants as [Rule].Kind spells them: the five of MINES (Zhang et al., "MINES: Explainable
// Anomaly Detection through Web API Invariant Inference", arXiv:2512.06906), and novelty.
func Kinds() []string {
	return append([]string(nil), kinds...)
}

var kinds = []string{"common-sense", "format", "database", "environment", "related-API", "novelty"}

// Parse reads the content of a file; the path is for its errors only. All that is wrong is told at once, up to
// [MaxErrors]: the error joins values of type *[Error].
func Parse(path string, content []byte) (*File, error) {
	src := newSource(content)
	root, problem := parseTree(path, src)
	if problem != nil {
		return nil, errors.Join(problem)
	}
	r := newReader(path, src)
	file := r.whole(root)
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return file, nil
}

// Load reads a file of at most [MaxFileBytes]. Its errors name the path; those about the content are as of [Parse].
func Load(path string) (*File, error) {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // to open a pipe may take for ever
		return nil, fmt.Errorf("read the invariants: %s is no file: name one that holds the rules", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read the invariants: %w", err)
	}
	defer file.Close()
	// One byte more than allowed shows a file that is too large; Parse says so.
	content, err := io.ReadAll(io.LimitReader(file, MaxFileBytes+1))
	if err != nil {
		return nil, fmt.Errorf("read the invariants: %w", err)
	}
	return Parse(path, content)
}

// FromMaps reads rules that stand in another file, as a decoder of YAML or JSON returns them. The name says where: with
// "rules", the third rule's errors begin with "rules[2]". Rules and errors have no line and column.
func FromMaps(name string, rules []map[string]any) (*File, error) {
	r := newReader(name, nil)
	file := r.maps(rules)
	if len(r.errs) > 0 {
		return nil, errors.Join(r.errs...)
	}
	return file, nil
}
