package apiinvariantprocessor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/reload"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// ruleSources is where the rules come from.
type ruleSources struct {
	files   []string
	inline  []map[string]any
	options invariant.Options
}

// rules are all rules as they are at one time.
type rules struct {
	book    *invariant.Book
	sources string // where references come from: other ones make other rows
	number  int    // the turn in which they were loaded
}

// load reads and compiles all rules. The error tells all that is wrong with them.
func (s *ruleSources) load() (*rules, error) {
	var errs []error
	var files []*rulefile.File
	for _, path := range s.files {
		file, err := rulefile.Load(path)
		errs, files = append(errs, err), append(files, file)
	}
	if len(s.inline) > 0 {
		file, err := rulefile.FromMaps("invariants", s.inline)
		errs, files = append(errs, err), append(files, file)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	book, err := invariant.Compile(files, s.options)
	if err != nil {
		return nil, err
	}
	return &rules{book: book, sources: sourcesOf(files, book)}, nil
}

// sourcesOf tells by a text where the rows come from that the rules of a book read, "" if they read none.
func sourcesOf(files []*rulefile.File, book *invariant.Book) string {
	if !book.Stateful() {
		return ""
	}
	var text strings.Builder
	fmt.Fprintln(&text, book.References())
	for _, f := range files {
		for i := range f.References {
			r := &f.References[i]
			fmt.Fprintln(&text, r.Name)
			for j := range r.Sources {
				s := r.Sources[j]
				s.Line, s.Column = 0, 0
				fmt.Fprintf(&text, "%+v\n", s)
			}
		}
	}
	return text.String()
}

// generation is the rules between two changes of their files. Calls that wait keep
// the one that they were read with.
type generation struct {
	*rules
	tallies map[*invariant.Rule]*tally

	// waits says whether calls are kept until they have settled, links, statements and
	// clients whether other spans, statements and client spans that ask for an answer
	// are kept with them. Once they are, they always are: calls that wait may need them.
	waits, links, statements, clients bool
	since                             int64 // ns; what came before was not kept
	epoch                             int   // of the sources: another one when others were in use in between
}

// rulebook is the rules in use.
type rulebook struct {
	now func() time.Time

	loading sync.Mutex // one load after another, so that the last one has read what is newest
	loads   int

	mu      sync.Mutex
	tallies map[string]*tally // by rule, of the present generation and the one before
	current atomic.Pointer[generation]
}

func newRulebook(loaded *rules, now func() time.Time) *rulebook {
	r := &rulebook{now: now, tallies: make(map[string]*tally)}
	r.use(loaded)
	return r
}

// begin is told that spans arrive from now on.
func (r *rulebook) begin() { r.current.Load().since = r.now().UnixNano() }

// use takes up other rules, unless newer ones are in use. What is known of a rule
// is kept while its id is.
func (r *rulebook) use(loaded *rules) {
	r.mu.Lock()
	defer r.mu.Unlock()
	before, book := r.current.Load(), loaded.book
	g := &generation{
		rules: loaded, tallies: make(map[*invariant.Rule]*tally),
		waits: book.Deferred(), links: book.ReadsStatements() || book.ReadsCalls(),
		statements: book.ReadsStatements(), clients: book.ReadsCalls(), since: r.now().UnixNano(),
	}
	keep := make(map[string]*tally)
	if before != nil {
		if before.number > loaded.number {
			return
		}
		g.epoch = before.epoch
		if loaded.sources != before.sources {
			g.epoch++
		}
		g.waits = g.waits || before.waits
		g.links, g.statements, g.clients = g.links || before.links, g.statements || before.statements, g.clients || before.clients
		if g.links == before.links && g.statements == before.statements && g.clients == before.clients {
			g.since = before.since
		}
		for rule, t := range before.tallies {
			keep[rule.ID] = t
		}
	}
	for _, rule := range book.Rules() {
		t := r.tallies[rule.ID]
		if t == nil {
			t = new(tally)
		}
		g.tallies[rule], keep[rule.ID] = t, t
	}
	r.tallies = keep
	r.current.Store(g)
}

// reload loads all rules anew. A panic is an error: it comes on a goroutine that
// has nobody above it, of a file that somebody else wrote.
func (r *rulebook) reload(s *ruleSources) (loaded *rules, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("a defect in reading the rules, please report it: %v", p)
		}
	}()
	r.loading.Lock()
	defer r.loading.Unlock()
	r.loads++
	if loaded, err = s.load(); err != nil {
		return nil, err
	}
	loaded.number = r.loads
	return loaded, nil
}

// each calls visit for the tallies of all rules, by id.
func (r *rulebook) each(visit func(rule string, t *tally)) {
	r.mu.Lock()
	tallies := r.tallies
	r.mu.Unlock()
	for rule, t := range tallies {
		visit(rule, t)
	}
}

// watchRules begins to look at the rule files.
func (w *watch) watchRules() {
	sources := &w.settings.rules
	for _, path := range sources.files {
		load := func(string) (*rules, error) { return w.rules.reload(sources) }
		loaded := func(b *rules) {
			w.rules.use(b)
			w.report.reloaded(context.Background(), path, "loaded")
			w.logger.Info("Took up changed rules", zap.String("file", path), zap.Int("rules", len(b.book.Rules())))
		}
		refused := func(err error) {
			w.report.reloaded(context.Background(), path, "refused")
			w.logger.Warn("Refused changed rules and kept those before them", zap.String("file", path), zap.Error(err))
		}
		w.reloads = append(w.reloads, reload.Watch(path, w.config.RuleReloadInterval, load, loaded, refused))
	}
	if len(sources.files) == 0 {
		return
	}
	// Only from here on is a change noticed: there may have been one since the rules were loaded.
	if b, err := w.rules.reload(sources); err == nil {
		w.rules.use(b)
	} else {
		w.logger.Warn("Refused changed rules and kept those before them", zap.Error(err))
	}
}
