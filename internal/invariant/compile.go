package invariant

import (
	"errors"
	"fmt"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// Options of a book. The zero value of a field stands for its default.
type Options struct {
	// MaxCost is what a rule may cost for a call of usual size, by CEL's measure: a rule that may cost more is refused.
	// Default 1e6, of which a field costs 1.
	MaxCost uint64
	// CostLimit is the cost at which an evaluation is broken off. Default 200 000.
	CostLimit uint64
	// Limits are those of bodies and queries. Default [document.DefaultLimits].
	Limits document.Limits
}

const (
	defaultMaxCost   = 1_000_000
	defaultCostLimit = 200_000
	// most errors that are told of one book.
	mostErrors = 50
	// maxNesting of an expression; deeper ones are no rules, and the interpreter recurses.
	maxNesting = 100
)

func (o *Options) fill() {
	if o.MaxCost == 0 {
		o.MaxCost = defaultMaxCost
	}
	if o.CostLimit == 0 {
		o.CostLimit = defaultCostLimit
	}
	if o.Limits == (document.Limits{}) {
		o.Limits = document.DefaultLimits
	}
}

// Compile compiles the rules of all files into one book, with the references that they read. The error joins what is wrong with each rule, with file, rule,
// line and column, and the nearest name that is known; ids must be unique over all files.
func Compile(files []*rulefile.File, o Options) (*Book, error) {
	o.fill()
	env, err := newEnvironment()
	if err != nil {
		return nil, err
	}
	c := newCompiler(env, o)
	c.declare(files)
	var rules []scoped
	seen := make(map[string]string) // id -> file
	for _, file := range files {
		for i := range file.Rules {
			r := &file.Rules[i]
			if r.Disabled {
				continue
			}
			if other, twice := seen[r.ID]; twice {
				c.tell(r.Problem("id", 0, 0, fmt.Sprintf("the id is taken by a rule in %s: choose another one", other)))
				continue
			}
			seen[r.ID] = file.Path
			if compiled := c.rule(file.Path, r); compiled != nil {
				rules = append(rules, scoped{rule: compiled, services: r.Services, apis: r.APIs})
			}
		}
	}
	if err := c.failed(); err != nil {
		return nil, err
	}
	c.references.settle()
	return newBook(rules, c.references, o), nil
}

// newEnvironment declares what rules can see.
func newEnvironment() (*cel.Env, error) {
	p, err := newProvider()
	if err != nil {
		return nil, err
	}
	options := []cel.EnvOption{
		cel.CustomTypeAdapter(types.DefaultTypeAdapter),
		cel.CustomTypeProvider(p),
		cel.EnableMacroCallTracking(), // explanations show what was written
		cel.CrossTypeNumericComparisons(true),
		cel.DefaultUTCTimeZone(true),
		cel.ParserExpressionSizeLimit(16 << 10),
		cel.ExpressionNestingDepthLimit(maxNesting),
		cel.RegexProgramSizeLimit(1000),
	}
	for _, v := range variables {
		options = append(options, cel.Variable(v.name, v.celType))
	}
	return cel.NewEnv(append(options, functions()...)...)
}

// compiler compiles the rules of one book.
type compiler struct {
	env     *cel.Env
	options Options
	errs    []error
	more    int

	byName     map[string]*collection // that the files declare
	ofCallers  map[string]*collection // of the APIs that earlier() is said of
	references *references
}

func newCompiler(env *cel.Env, o Options) *compiler {
	return &compiler{
		env: env, options: o, byName: make(map[string]*collection), ofCallers: make(map[string]*collection),
		references: &references{names: make(map[string]int)},
	}
}

func (c *compiler) tell(err error) {
	if len(c.errs) == mostErrors {
		c.more++
		return
	}
	c.errs = append(c.errs, err)
}

func (c *compiler) failed() error {
	if c.more > 0 {
		c.errs = append(c.errs, fmt.Errorf("and %d more", c.more))
	}
	return errors.Join(c.errs...)
}

// rule compiles one rule, nil if something is wrong with it.
func (c *compiler) rule(path string, r *rulefile.Rule) *Rule {
	at := place{compiler: c, rule: r}
	out := &Rule{ID: r.ID, Kind: r.Kind, Message: r.Message, Check: r.Check.Text, File: path}
	check := at.expression("check", r.Check)
	if strings.TrimSpace(r.When.Text) != "" {
		out.when = at.expression("when", r.When)
		if out.when == nil {
			return nil
		}
		out.reads.add(out.when.reads())
	}
	if check == nil {
		return nil
	}
	out.templates = templatesOf(r.APIs)
	out.references = c.references
	out.check = check
	out.reads.add(check.reads())
	if out.Kind == "" {
		out.Kind = out.reads.kind()
	}
	if out.Message == "" {
		out.Message = "the rule " + r.ID + " does not hold"
	}
	return out
}

// templatesOf are the routes of APIs that name parameters of the path.
func templatesOf(apis []rulefile.API) (templates []string) {
	for _, api := range apis {
		if !api.AnyRoute() {
			templates = append(templates, api.Route)
		}
	}
	return templates
}
