package groundtruth

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const line = `{"trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","attack":"theft_loud-1","kind":"theft_loud","expect":["traffic"],` +
	`"at":"2026-03-14T12:00:00.25Z","client":"203.0.113.9","method":"GET","path":"/accounts/1007","status":200,"hole":"read-without-owner"}`

func save(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "truth.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestRead(t *testing.T) {
	want := Call{
		TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", Attack: "theft_loud-1", Kind: "theft_loud", Expect: []string{"traffic"},
		At: time.Date(2026, 3, 14, 12, 0, 0, 250e6, time.UTC), Client: thief, Method: "GET", Path: "/accounts/1007", Status: 200,
		Hole: "read-without-owner",
	}
	got, err := Read(save(t, "\n"+line+"\n\n"+strings.Replace(line, `"status"`, `"later":{"x":[1]},"status"`, 1)))
	require.NoError(t, err)
	assert.Equal(t, []Call{want, want}, got)

	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	_, err = w.Write([]byte(line))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	got, err = Read(save(t, zipped.String()))
	require.NoError(t, err)
	assert.Equal(t, []Call{want}, got)

	got, err = Read(save(t, strings.Replace(line, "4bf92f", "4BF92F", 1)))
	require.NoError(t, err)
	assert.Equal(t, []Call{want}, got)

	got, err = Read(save(t, ""))
	require.NoError(t, err)
	assert.Empty(t, got)
}

func TestReadNamesFileAndLine(t *testing.T) {
	change := func(old, by string) string { return strings.Replace(line, old, by, 1) }
	for name, test := range map[string]struct{ second, want string }{
		"no JSON":           {"not json", "no labelled call in JSON"},
		"an array":          {"[]", "no labelled call in JSON"},
		"more than one":     {line + line, "no labelled call in JSON"},
		"a short trace":     {change("4736", ""), `trace_id is "4bf92f3577b34da6a3ce929d0e0e": use 32 hexadecimal digits`},
		"no trace":          {change("4bf92f3577b34da6a3ce929d0e0e4736", strings.Repeat("0", 32)), "that are not all 0"},
		"a strange trace":   {change("4bf9", "4bfz"), "use 32 hexadecimal digits"},
		"no attack":         {change("theft_loud-1", ""), "attack is missing"},
		"no kind":           {change(`"theft_loud",`, `"",`), "kind is missing"},
		"no time":           {change(`"at"`, `"when"`), "at is missing"},
		"a strange time":    {change("2026-03-14T", "14 March "), "no labelled call in JSON"},
		"an empty entry":    {change(`["traffic"]`, `["traffic",""]`), "expect has an empty entry"},
		"too many entries":  {change(`["traffic"]`, `[`+strings.Repeat(`"a",`, 16)+`"a"]`), "expect has 17 entries"},
		"a strange status":  {change("200", "-1"), "status is -1"},
		"a long line":       {change("/accounts", strings.Repeat("/accounts", 10_000)), "a call takes at most 65536"},
		"another kind":      {change(`"theft_loud",`, `"flood",`), "attack theft_loud-1 is of kind flood and was of kind theft_loud before"},
		"another's trace":   {change("theft_loud-1", "theft_loud-2"), "is a call of attack theft_loud-2 and was one of theft_loud-1 before"},
		"cut in the middle": {line[:100], "no labelled call in JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			calls, err := Read(save(t, line+"\n"+test.second))
			assert.ErrorContains(t, err, "truth.jsonl:2: ")
			assert.ErrorContains(t, err, test.want)
			assert.Nil(t, calls)
		})
	}
	_, err := Read(filepath.Join(t.TempDir(), "missing.jsonl"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "truth.jsonl")
	rapid.Check(t, func(t *rapid.T) {
		calls := drawScene(t).calls
		for i := range calls {
			calls[i].Path = rapid.StringMatching(`/[a-z<>&"'\\ä]{0,30}`).Draw(t, "path")
			calls[i].Status = rapid.IntRange(0, 599).Draw(t, "status")
			calls[i].Hole = rapid.StringMatching(`[a-z-]{0,5}`).Draw(t, "hole")
		}
		var b bytes.Buffer
		require.NoError(t, Write(&b, slices.Values(calls)))
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
		got, err := Read(path)
		require.NoError(t, err)
		assert.Equal(t, calls, got)
	})
}

func TestWriteBringsCallsIntoForm(t *testing.T) {
	call := burst("a-1", "a", thief, 1, 0, 1)[0]
	call.TraceID = strings.ToUpper(call.TraceID)
	call.At = time.Now().In(time.FixedZone("", 3600))
	call.Path = "/search?q=\x1b" + strings.Repeat("<", maxLine)
	var b bytes.Buffer
	require.NoError(t, Write(&b, slices.Values([]Call{call})))
	got, err := Read(save(t, b.String()))
	require.NoError(t, err)
	assert.Equal(t, strings.ToLower(call.TraceID), got[0].TraceID)
	assert.True(t, call.At.Equal(got[0].At))
	assert.Equal(t, time.UTC, got[0].At.Location())
	assert.Len(t, got[0].Path, maxPath)
	assert.NotContains(t, got[0].Path, "\x1b")
}

func TestWriteRefusesWhatReadWould(t *testing.T) {
	calls := burst("a-1", "a", thief, 3, 0, 1)
	calls[1].Attack = ""
	var b bytes.Buffer
	assert.ErrorContains(t, Write(&b, slices.Values(calls)), "write call 2 of the ground truth: attack is missing")
	assert.Equal(t, 1, strings.Count(b.String(), "\n"), "what came before is kept")

	calls = burst("a-1", "a", thief, 1, 0, 1)
	calls[0].Hole = strings.Repeat("x", maxLine)
	assert.ErrorContains(t, Write(&b, slices.Values(calls)), "65536 are the most")

	assert.ErrorIs(t, Write(full{}, slices.Values(burst("a-1", "a", thief, 1, 0, 1))), errFull)
}

var errFull = errors.New("the disk is full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// Whatever a file holds, reading it ends, and what was read can be written, read again and judged.
func FuzzRead(f *testing.F) {
	f.Add([]byte(line))
	f.Add([]byte(line + "\n\n{}\n"))
	f.Add([]byte("\x1f\x8b"))
	f.Add([]byte(strings.Replace(line, "2026", "9999", 1)))
	f.Add([]byte(strings.Replace(line, "theft_loud-1", `\u001b\ud800`, 1)))
	path := filepath.Join(f.TempDir(), "truth.jsonl")
	f.Fuzz(func(t *testing.T, text []byte) {
		require.NoError(t, os.WriteFile(path, text, 0o600))
		calls, err := Read(path)
		if err != nil {
			assert.Nil(t, calls)
			return
		}
		v := Judge(calls, nil, Options{})
		for _, a := range v.Attacks {
			assert.False(t, a.Found)
		}
		require.NoError(t, v.Table(&bytes.Buffer{}))
		var b bytes.Buffer
		require.NoError(t, Write(&b, slices.Values(calls)))
		require.NoError(t, os.WriteFile(path, b.Bytes(), 0o600))
		again, err := Read(path)
		require.NoError(t, err)
		assert.Len(t, again, len(calls))
	})
}
