package apiinvariantprocessor

import (
	"errors"
	"fmt"
	"os"
	"time"

	"go.opentelemetry.io/collector/component"

	"github.com/spanwarden/spanwarden/internal/apicall"
	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/ignore"
	"github.com/spanwarden/spanwarden/internal/invariant"
	"github.com/spanwarden/spanwarden/internal/keyed"
	"github.com/spanwarden/spanwarden/internal/outbox"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

var _ component.Config = (*Config)(nil)

// settings are a Config made ready for the packages that do the work.
type settings struct {
	calls    *apicall.Reader
	details  *invariant.Reader
	rules    ruleSources
	loaded   *rules // as they were when the processor was made
	tree     calltree.Settings
	evidence invariant.Evidence
	ignore   ignore.List
	rate     rateLimit
	earlier  reference.Settings
}

const (
	leastSettle = 50 * time.Millisecond
	mostSettle  = time.Hour
	mostBody    = 16 << 20
	leastOrder  = 64 << 10
	leastRate   = time.Second
	mostRate    = 24 * time.Hour

	statementBytes = 4 << 10 // of a remembered statement, on the average
)

// Validate refuses settings and rules that cannot work, naming the key or the file,
// line and rule, and the mend. It is written by hand since the default settings,
// which have no rules, are refused as well.
func (c *Config) Validate() error {
	_, err := c.compile()
	return errors.Join(err, keyed.Errors("references", c.References.look()))
}

// compile turns the configuration into settings, once at the start. It reads the
// rule files and compiles all rules.
func (c *Config) compile() (*settings, error) {
	var errs []error
	under := func(key string, err error) { errs = append(errs, keyed.Errors(key, err)) }
	s := &settings{
		tree: c.treeSettings(),
		rate: rateLimit{most: c.Limits.MaxPerRuleAndCaller, interval: c.Limits.RateInterval},
		rules: ruleSources{
			files: c.Rules, inline: c.Invariants,
			options: invariant.Options{
				MaxCost: uint64(max(c.Limits.MaxRuleCost, 0)), CostLimit: uint64(max(c.Limits.CostLimit, 0)),
				Limits: document.Limits{Bytes: c.MaxBodyBytes, Depth: document.DefaultLimits.Depth, Nodes: document.DefaultLimits.Nodes},
			},
		},
	}
	under("", c.validateOwn())
	under("limits", c.Limits.validate())
	s.earlier = c.References.settings()
	under("references", errors.Join(s.earlier.Validate(), c.References.validate()))
	if c.Settle >= leastSettle && c.Settle <= mostSettle {
		under("limits", s.tree.Validate())
	}
	trusted, err := apicall.Prefixes("trusted_proxies", c.TrustedProxies)
	under("", err)
	s.calls, err = apicall.NewReader(apicall.Settings{ClientKey: c.ClientKey, TrustedProxies: trusted})
	under("client_key", err)
	s.ignore, err = ignore.New(c.Ignore.Clients, c.Ignore.Routes, c.Ignore.UserAgents)
	under("ignore", err)
	s.evidence, err = invariant.ParseEvidence(c.Evidence)
	under("", err)
	s.details, err = c.details()
	under("", err)
	s.loaded, err = s.rules.load()
	under("", err)
	return s, errors.Join(errs...)
}

func (c *Config) treeSettings() calltree.Settings {
	s := calltree.DefaultSettings()
	s.Settle, s.MaxWait = c.Settle, c.Limits.MaxWait
	s.MaxTraces, s.MaxSpansPerTrace, s.MaxBytes = c.Limits.MaxTraces, c.Limits.MaxSpansPerTrace, c.Limits.MaxBytes
	return s
}

// details makes the reader of what rules look at. No names are none: the
// defaults stand in the configuration.
func (c *Config) details() (*invariant.Reader, error) {
	names := apicall.BodyNames{
		Request:  append([]string{}, c.RequestBodyAttributes...),
		Response: append([]string{}, c.ResponseBodyAttributes...),
	}
	statements := max(c.Limits.MaxStatements, 1)
	return invariant.NewReader(names, c.MaxBodyBytes, sqltext.NewCache(statements, statements*statementBytes))
}

func (c *Config) validateOwn() error {
	var errs []error
	tell := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Rules) == 0 && len(c.Invariants) == 0 {
		tell("there are no rules: name files of them under rules, or write rules under invariants")
	}
	if c.RuleReloadInterval < time.Second {
		tell("rule_reload_interval is %v: use a value of at least 1s", c.RuleReloadInterval)
	}
	if c.Settle < leastSettle || c.Settle > mostSettle {
		tell("settle is %v: use a value from %v to %v", c.Settle, leastSettle, mostSettle)
	}
	if len(c.ClientKey) == 0 {
		tell("client_key is empty: name at least one attribute, such as client.address")
	}
	if c.MaxBodyBytes < 1 || c.MaxBodyBytes > mostBody {
		tell("max_body_bytes is %d: use a value from 1 to %d", c.MaxBodyBytes, mostBody)
	}
	if c.QueueSize < 1 || c.QueueSize > outbox.MaxSize {
		tell("queue_size is %d: use a value from 1 to %d", c.QueueSize, outbox.MaxSize)
	}
	return errors.Join(errs...)
}

// validate checks the limits but those of the call tree, which has its own say.
func (c *LimitsConfig) validate() error {
	var errs []error
	tell := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.MaxStatements < 1 || c.MaxStatements > 1<<24 {
		tell("max_statements is %d: use a value from 1 to %d", c.MaxStatements, 1<<24)
	}
	if c.MaxRuleCost < 1 {
		tell("max_rule_cost is %d: use a value of at least 1", c.MaxRuleCost)
	}
	if c.CostLimit < 1 {
		tell("cost_limit is %d: use a value of at least 1", c.CostLimit)
	}
	if c.MaxPerRuleAndCaller < 1 {
		tell("max_per_rule_and_caller is %d: use a value of at least 1", c.MaxPerRuleAndCaller)
	}
	if c.MaxReorderCalls < 1 {
		tell("max_reorder_calls is %d: use a value of at least 1", c.MaxReorderCalls)
	}
	if c.MaxReorderBytes < leastOrder {
		tell("max_reorder_bytes is %d: use a value of at least %d", c.MaxReorderBytes, leastOrder)
	}
	if c.RateInterval < leastRate || c.RateInterval > mostRate {
		tell("rate_interval is %v: use a value from %v to %v", c.RateInterval, leastRate, mostRate)
	}
	return errors.Join(errs...)
}

// settings of the store of what earlier calls showed.
func (c *ReferencesConfig) settings() reference.Settings {
	s := reference.DefaultSettings()
	s.MaxRows, s.MaxBytes, s.MaxShown, s.CompleteAfter = c.MaxRows, c.MaxBytes, c.MaxShown, c.CompleteAfter
	s.MaxCallers = min(s.MaxCallers, c.MaxRows)
	return s
}

// validate checks what is not the store's.
func (c *ReferencesConfig) validate() error {
	if c.SaveInterval < time.Second {
		return fmt.Errorf("save_interval is %v: use a value of at least 1s", c.SaveInterval)
	}
	return nil
}

// look says whether the file is there. What is in it is read at the start.
func (c *ReferencesConfig) look() error {
	if c.File == "" {
		return nil
	}
	switch is, err := os.Stat(c.File); {
	case err != nil:
		return fmt.Errorf("file: %w: write it by spanwarden mine --references, or leave the setting out", err)
	case !is.Mode().IsRegular():
		return fmt.Errorf("file: %s is no file: name one that spanwarden mine --references has written", c.File)
	}
	return nil
}
