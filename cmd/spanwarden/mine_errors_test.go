package main

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestMineErrors(t *testing.T) {
	line := jsonl(t, shop(t)[0])
	spans := file(t, "spans.jsonl", line)
	folder := t.TempDir()
	out := filepath.Join(folder, "invariants.yaml")
	mine := func(args ...string) []string { return append([]string{"--out", out}, append(args, spans)...) }
	skip := func(text string) []string { return mine("--skip", file(t, "skip.txt", text)) }
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{spans}, "--out is missing: name the file of rules to write, or - for standard output"},
		{[]string{"--out", out}, "nothing to learn from: name files of spans (OTLP JSON lines), or - for standard input"},
		{mine("--colour"), "unknown flag: --colour"},
		{mine("--holdout", "1"), "--holdout is 1: use a value from 0 to 0.9"},
		{mine("--holdout", "NaN"), "--holdout is NaN"},
		{mine("--llm-timeout", "2h"), "--llm-timeout is 2h0m0s: use a value from 1ms to 1h"},
		{mine("--tolerance", "-0.1"), "--tolerance is -0.1: use a value from 0 to 0.2"},
		{mine("--tolerance", "0.3"), "--tolerance is 0.3"},
		{mine("--max-body-bytes", "0"), "--max-body-bytes is 0: use a value from 1 to 67108864"},
		{mine("--trusted-proxies", "x"), `--trusted-proxies: "x" is no address range`},
		{mine("--client-key", "a,a"), "--client-key: "},
		{mine("-", "-"), "- is there twice: standard input can be read once"},
		{mine(folder), folder + " is a directory: name the files in it"},
		{mine(filepath.Join(folder, "none.jsonl")), "none.jsonl"},
		{mine(file(t, "broken.jsonl", line+"not json\n")), "broken.jsonl:2: no OTLP JSON line of spans"},
		{mine("--report", "-"), "--report is -: only --out can be standard output, name a file"},
		{mine("--report", filepath.Join(folder, ".", "invariants.yaml")), "is the file of --out as well: name another one"},
		{mine("--report", folder), folder + " is a directory: name a file"},
		{mine("--references", filepath.Join(folder, "none", "r.bin")), "--references: "},
		{[]string{"--out", spans, spans}, "and the rules would replace it: name another file"},
		{mine("--report", spans), "and the report would replace it: name another file"},
		{mine("--skip", filepath.Join(folder, "none.txt")), "--skip: "},
		{skip("# fine\n\nnonsense # x\n"), `skip.txt:3: "nonsense" is no trace id: write its 32 hexadecimal digits`},
		{skip(strings.Repeat("g", 32)), `is no trace id`},
		{mine("--llm-model", "m"), "--llm-url is missing: name the endpoint of the language model, or leave out the other --llm flags"},
		{mine("--llm-key-env", "K"), "--llm-url is missing"},
		{mine("--llm-url", "http://localhost:1/v1"), "--llm-model is missing: name the model that --llm-url is asked for"},
		{mine("--llm-rounds", "0"), "--llm-rounds is 0: use a value from 1 to 10"},
	} {
		_, _, err := command(append([]string{"mine"}, test.args...)...)
		assert.ErrorContains(t, err, test.want, "%q", test.args)
		assert.Equal(t, statusFailed, exitStatus(err), "%q", test.args)
	}
	kept, err := os.ReadFile(spans)
	require.NoError(t, err)
	assert.Equal(t, line, string(kept))
	left, err := os.ReadDir(folder)
	require.NoError(t, err)
	assert.Empty(t, left, "nothing is written")
}

// Nobody has to wait for a whole recording to be told that there is no room for what it teaches.
func TestMineTriesItsFilesBeforeItReads(t *testing.T) {
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("anybody may write into this folder")
	}
	folder := t.TempDir()
	require.NoError(t, os.Chmod(folder, 0o500))
	_, _, err := command("mine", "--out", filepath.Join(folder, "invariants.yaml"), file(t, "broken.jsonl", "not json\n"))
	assert.ErrorContains(t, err, "permission denied")
}

// What was learned last time stays until all is learned again.
func TestMineReplacesFilesOnlyOnceAllIsRead(t *testing.T) {
	out, report := file(t, "invariants.yaml", "those of last time\n"), file(t, "report.md", "that of last time\n")
	_, _, err := command("mine", "--out", out, "--report", report, file(t, "broken.jsonl", jsonl(t, shop(t)...)+"not json\n"))
	require.Error(t, err)
	for path, want := range map[string]string{out: "those of last time\n", report: "that of last time\n"} {
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, want, string(kept))
	}
}
