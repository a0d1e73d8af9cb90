package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCheckErrors(t *testing.T) {
	line := jsonl(t, shop(t)[0])
	rules, spans := file(t, "rules.yaml", shopRules), file(t, "spans.jsonl", line)
	rule := func(text string) string {
		return file(t, "bad.yaml", "version: 1\ninvariants:\n  - id: a\n    api: POST /orders\n    check: "+text+"\n")
	}
	folder, store := t.TempDir(), torn(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{spans}, "--invariants is missing: name the file of rules to judge by"},
		{[]string{"--invariants", rules}, "nothing to judge: name files of spans (OTLP JSON lines), or - for standard input"},
		{[]string{"--invariants", rules, "--colour", spans}, "unknown flag: --colour"},
		{[]string{"--invariants", filepath.Join(folder, "none.yaml"), spans}, "none.yaml"},
		{[]string{"--invariants", file(t, "torn.yaml", "version: 1\ninvariants:\n  - id: a\n    api: GET orders\n    check: a\n"), spans}, `torn.yaml:4:10: rule a: api: "GET orders" has no leading slash`},
		{[]string{"--invariants", rule("req.bdy.x == 1"), spans}, "bad.yaml:5:15: rule a: check"},
		{[]string{"--invariants", rule("req.body.x"), "--invariants", file(t, "torn.yaml", "version: 2"), spans}, "torn.yaml:1"},
		{[]string{"--invariants", file(t, "empty.yaml", "version: 1\ninvariants: []\n"), spans}, "empty.yaml that is not disabled: nothing would be judged"},
		{[]string{"--invariants", rules, filepath.Join(folder, "none.jsonl")}, "none.jsonl"},
		{[]string{"--invariants", rules, folder}, folder + " is a directory: name the files in it"},
		{[]string{"--invariants", rules, "-", spans, "-"}, "- is there twice: standard input can be read once"},
		{[]string{"--invariants", rules, file(t, "broken.jsonl", line+"not json\n")}, "broken.jsonl:2: no OTLP JSON line of spans"},
		{[]string{"--invariants", rules, "--evidence", "some", spans}, `--evidence: evidence is "some": use values, hash or none`},
		{[]string{"--invariants", rules, "--trusted-proxies", "x", spans}, `--trusted-proxies: "x" is no address range`},
		{[]string{"--invariants", rules, "--client-key", "a,a", spans}, "--client-key: "},
		{[]string{"--invariants", rules, "--response-body-attribute", "", spans}, "--response-body-attribute: response body: an attribute name is empty"},
		{[]string{"--invariants", rules, "--max-body-bytes", "0", spans}, "--max-body-bytes is 0: use a value from 1 to 67108864"},
		{[]string{"--invariants", rules, "--out", filepath.Join(folder, "none", "v.jsonl"), spans}, "--out: "},
		{[]string{"--invariants", rules, "--out", folder, spans}, "is a directory: name a file"},
		{[]string{"--invariants", rules, "--out", spans, spans}, "the violations would replace it: name another file"},
		{[]string{"--invariants", rules, "--out", rules, spans}, "the violations would replace it: name another file"},
		{[]string{"--invariants", rules, "--references", filepath.Join(folder, "none"), spans}, "--references: open "},
		{[]string{"--invariants", rules, "--references", folder, spans}, "is a directory: name the file that spanwarden mine has written"},
		{[]string{"--invariants", rules, "--references", rules, spans}, "rules.yaml: this is not a snapshot of a reference store"},
		{[]string{"--invariants", rules, "--references", store, spans}, "torn.references: the snapshot is damaged"},
		{[]string{"--invariants", rules, "--references", store, "--out", store, spans}, "the violations would replace it: name another file"},
	} {
		_, _, err := command(append([]string{"check"}, test.args...)...)
		assert.ErrorContains(t, err, test.want, "%q", test.args)
		assert.Equal(t, statusFailed, exitStatus(err), "%q", test.args)
	}
	kept, err := os.ReadFile(spans)
	require.NoError(t, err)
	assert.Equal(t, line, string(kept))
}

func TestCheckErrorsOfStandardInput(t *testing.T) {
	line := jsonl(t, shop(t)[0])
	_, err := piped(t, line+"\nnot json\n", "-")
	assert.ErrorContains(t, err, "standard input:3: no OTLP JSON line of spans", "empty lines count")

	zipped, err := os.ReadFile(file(t, "spans.jsonl.gz", line))
	require.NoError(t, err)
	_, err = piped(t, string(zipped[:len(zipped)-10]), "-")
	assert.ErrorContains(t, err, "standard input: the file ends in the middle of its gzip stream")
	_, err = piped(t, "\x1f\x8bnothing of that sort", "-")
	assert.ErrorContains(t, err, "standard input: gzip")
}

// A recording that cannot be read to its end leaves the violations of last time alone.
func TestCheckReplacesViolationsOnlyOnceAllIsRead(t *testing.T) {
	out := file(t, "violations.jsonl", "those of last time\n")
	_, _, status := checked(t, "--out", out, file(t, "broken.jsonl", jsonl(t, shop(t)...)+"not json\n"))
	assert.Equal(t, statusFailed, status)
	kept, err := os.ReadFile(out)
	require.NoError(t, err)
	assert.Equal(t, "those of last time\n", string(kept))
}
