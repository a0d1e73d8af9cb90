package apiinvariantprocessor

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/confmaptest"

	"github.com/spanwarden/spanwarden/internal/calltree"
	"github.com/spanwarden/spanwarden/internal/reference"
)

func load(t *testing.T, name string) *Config {
	t.Helper()
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	sub, err := all.Sub(component.MustNewIDWithName("api_invariant", name).String())
	require.NoError(t, err)
	cfg := withRules()
	require.NoError(t, sub.Unmarshal(cfg))
	return cfg
}

func TestConfigs(t *testing.T) {
	for _, name := range []string{"file", "inline", "all"} {
		assert.NoError(t, confmap.Validate(load(t, name)), name)
	}
	all := load(t, "all")
	assert.Equal(t, 2*time.Second, all.Settle)
	assert.Equal(t, 5000, all.Limits.MaxTraces)
	assert.Equal(t, 10_000, all.Limits.MaxSpansPerTrace, "what is not set keeps its default")
	assert.Equal(t, component.MustNewID("file_storage"), all.Storage)
	assert.Equal(t, 4, all.References.MaxShown)
	s, err := all.compile()
	require.NoError(t, err)
	var ids []string
	for _, r := range s.loaded.book.Rules() {
		ids = append(ids, r.ID)
	}
	assert.Equal(t, []string{"order-read-by-its-owner", "total-is-positive", "answered"}, ids)
}

func TestImpossibleSettingsAreRefusedByName(t *testing.T) {
	for name, messages := range map[string][]string{
		"":            {"there are no rules: name files of them under rules, or write rules under invariants"},
		"settle":      {"settle is 0s: use a value from 50ms to 1h0m0s"},
		"reload":      {"rule_reload_interval is 10ms: use a value of at least 1s"},
		"evidence":    {`evidence is "some": use values, hash or none`},
		"proxies":     {`trusted_proxies: "everywhere" is no address range: write it as 10.0.0.0/8 or 192.0.2.7`},
		"ignore":      {`ignore: clients: "10.0.0.0/33" is no address range`},
		"client_key":  {"client_key is empty: name at least one attribute, such as client.address"},
		"bodies":      {"request body: ", "max_body_bytes is 0: use a value from 1 to 16777216"},
		"queue":       {"queue_size is 0: use a value from 1 to 1048576"},
		"wait":        {"limits: max_wait is 1s: use a value from settle, which is 10s, to 24h0m0s"},
		"traces":      {"limits: max_traces is 0: use a value of at least 1"},
		"rate":        {"limits: max_per_rule_and_caller is 0: use a value of at least 1", "limits: rate_interval is 1ms: use a value from 1s to 24h0m0s"},
		"cost":        {"limits: max_rule_cost is 0: use a value of at least 1", "limits: cost_limit is -1: use a value of at least 1"},
		"statements":  {"limits: max_statements is 0: use a value from 1 to 16777216"},
		"missing":     {"testdata/nowhere.yaml"},
		"bad_inline":  {"invariants[1]", "rule typo: check: there is no field statu in call: did you mean status?"},
		"bad_keys":    {"invariants[0]", "chekc", "did you mean check?"},
		"twice":       {"rule order-read-by-its-owner: id: the id is taken by a rule in testdata/invariants.yaml: choose another one"},
		"reorder":     {"limits: max_reorder_calls is 0: use a value of at least 1", "limits: max_reorder_bytes is 5: use a value of at least 65536"},
		"rows":        {"references: max_rows is 0: use a value from 1 to"},
		"references":  {"references: complete_after is -1s: use a value from 0s to", "references: save_interval is 1ms: use a value of at least 1s", "references: file: stat testdata/nowhere.bin: no such file"},
		"two_defects": {"queue_size is 0", "settle is 0s"},
	} {
		err := confmap.Validate(load(t, name))
		for _, message := range messages {
			assert.ErrorContains(t, err, message, name)
		}
	}
}

func TestARuleThatCannotWorkIsRefusedWithFileAndLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "invariants.yaml")
	require.NoError(t, os.WriteFile(path, []byte("version: 1\ninvariants:\n  - id: a\n    api: GET /orders\n    check: call.status < 500\n"+
		"  - id: b\n    api: GET /orders\n    check: call.statu < 500\n"), 0o600))
	cfg := withRules()
	cfg.Rules = []string{path}
	assert.ErrorContains(t, cfg.Validate(), path+":8:16: rule b: check: there is no field statu in call: did you mean status?")
}

func TestACostlyRuleIsRefused(t *testing.T) {
	cfg := withRules(`loops | GET /orders/{id} | db.all(a, db.all(b, db.all(c, a.op == b.op && b.op == c.op)))`)
	assert.ErrorContains(t, cfg.Validate(), "rule loops: check: the expression may cost")
	cfg.Limits.MaxRuleCost = 1 << 40
	assert.NoError(t, cfg.Validate())
}

// TestDefaultsAreThoseOfThePackages keeps the two places where a default is
// written from drifting apart.
func TestDefaultsAreThoseOfThePackages(t *testing.T) {
	s, err := withRules(ownID).compile()
	require.NoError(t, err)
	assert.Equal(t, calltree.DefaultSettings(), s.tree)
	assert.Equal(t, reference.DefaultSettings(), s.earlier)
}
