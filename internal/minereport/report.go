package minereport

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spanwarden/spanwarden/internal/baseline"
)

// Bounds of what is listed. The rules are all there: a rule file has at most rulefile.MaxRules.
const (
	maxNear       = 500 // near-invariants
	maxExceptions = 10  // calls of a near-invariant that differ
	maxRejected   = 20  // candidates of one reason
	maxReasons    = 50  // reasons of rejection
	maxNeverSeen  = 500
	maxServices   = 50
	maxNames      = 20 // of files
	maxAPIs       = 3  // of a rule for several
)

// Report is all there is to tell. Every text may hold anything.
type Report struct {
	Traffic  Traffic
	Settings []string // of the learning, as sentences without a full stop: "the last 30 % of the sessions were held out"
	Given    []Given
	Result   *baseline.Result
	// Proof is what the rules of the file said of the traffic when it was judged by them once more; nil: it was not.
	Proof *Proof
	Model *Model   // nil where none was asked
	Live  bool     // the traffic was not recorded
	Hints []string // what would let more be learned, as sentences
}

// ServicesOf are services by their calls, in the order of [Traffic].
func ServicesOf(calls map[string]int) []Service {
	services := make([]Service, 0, len(calls))
	for name, n := range calls {
		services = append(services, Service{Name: name, Calls: n})
	}
	slices.SortFunc(services, func(a, b Service) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), strings.Compare(a.Name, b.Name))
	})
	return services
}

// Traffic is what was learned from.
type Traffic struct {
	Files        []string  // names without folders
	From, To     time.Time // starts of the first and of the last call
	Services     []Service // the one with most calls first
	MoreServices int       // that are not in Services
	Skipped      int       // traces that were left out as the user told
	// Calls that have one of these.
	WithUser, WithSession, WithRequestBody, WithResponseBody, WithStatements int
}

// Service is how often the APIs of one were called.
type Service struct {
	Name  string
	Calls int
}

// Given are rules from elsewhere than the traffic.
type Given struct {
	File  string // name without folders
	Rules int
	Notes []string // what in the file gave no rule, and why
}

// Proof is a judgement of the teaching traffic by the rules of the file.
type Proof struct {
	// Failed is how many rules were violated more often than the tolerance allows, so that they are not in the file.
	Failed int
	// Applied is on how many calls a rule said something, by its id; a rule that is not in there on none.
	Applied map[string]int
}

// Model is what a language model did.
type Model struct {
	Name     string
	Requests int
	Rounds   int // of questions; from the second one with what was wrong before
	// Tokens of the prompts and of the answers, as the endpoint counted them; Unmetered is how many answers came without.
	PromptTokens, AnswerTokens, Unmetered int
	Cost                                  float64 // in the endpoint's currency; 0: not known
	Proposed                              int     // rules that it proposed
	Taken                                 int     // rules of the file that nobody but the model found
	Stopped                               string  // what ended the asking before its time; "": nothing
	Notes                                 []string
}

// Write writes the report. The same report gives the same bytes.
func Write(w io.Writer, r *Report) error {
	var p page
	p.head(r)
	groups := grouped(r.Result.Rules)
	p.contents(r, groups)
	p.rules(r, groups)
	p.near(r)
	p.rejected(r.Result)
	p.neverSeen(r.Result.NeverSeen)
	if r.Model != nil {
		p.model(r.Model)
	}
	if _, err := io.WriteString(w, p.String()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// page is Markdown in the making.
type page struct{ strings.Builder }

// line writes a line.
func (p *page) line(format string, args ...any) {
	fmt.Fprintf(p, format+"\n", args...)
}

// items writes at most so many texts as items of a list.
func (p *page) items(texts []string, most int) {
	for i, text := range texts {
		if i == most {
			p.line("* … and %s more", number(len(texts)-most))
			break
		}
		p.line("* %s", prose(text))
	}
}
