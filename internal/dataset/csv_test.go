package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var options = Options{Features: []string{"calls", "gap"}, Label: "kind", Classes: map[string]string{"bot": "attack"}}

var missing = float32(math.NaN())

// equal compares tables; missing values are equal.
func equal(t *testing.T, want, got *Table) {
	t.Helper()
	assert.Equal(t, fmt.Sprint(*want), fmt.Sprint(*got))
}

func TestReadCSV(t *testing.T) {
	got, err := ReadCSV(strings.NewReader("\ufeffgap, kind ,who,calls\r\n0.5,normal,\"a,\nb\",1\r\n\r\n"+
		"NaN,bot,c,-2e3\n,attack,,NA\nnan, usual ,d, 7 \n"), options)
	require.NoError(t, err)
	equal(t, &Table{
		Features: []string{"calls", "gap"},
		Columns:  [][]float32{{1, -2000, missing, 7}, {0.5, missing, missing, missing}},
		Classes:  []string{"attack", "normal", "usual"},
		Labels:   []int32{1, 0, 0, 2},
	}, got)
	assert.Equal(t, []int{2, 1, 1}, got.Counts())

	got, err = ReadCSV(strings.NewReader("a,b\n16777217,1\n"), Options{Features: []string{" a"}})
	require.NoError(t, err)
	equal(t, &Table{Features: []string{"a"}, Columns: [][]float32{{16777216}}}, got)
	assert.Nil(t, got.Labels)

	got, err = ReadCSV(strings.NewReader("a\n"), Options{Features: []string{"a"}})
	require.NoError(t, err)
	assert.Zero(t, got.Rows())
}

func TestReadCSVSaysWhatToMend(t *testing.T) {
	wide := strings.Repeat(",", MaxColumns)
	for name, test := range map[string]struct {
		o          Options
		text, want string
	}{
		"empty":         {options, "", "the file is empty: its first line names the columns"},
		"no column":     {options, "gap,kind\n", `there is no column "calls": the columns are gap, kind`},
		"no label":      {options, "gap,calls\n", `there is no column "kind": the columns are gap, calls`},
		"two of a name": {options, "gap,calls,kind,gap\n", `two columns are named "gap"`},
		"semicolons":    {options, "gap;calls;kind\n", "separate columns by commas"},
		"no number": {
			options, "gap,calls,kind\n1,1,a\n1,many,a\n",
			`line 3, column "calls": "many" is no number: correct it, or leave the field empty`,
		},
		"after a field of two lines": {options, "gap,calls,kind,x\n1,1,a,\"\n\"\nx,1,a,\n", `line 4, column "gap": "x" is no number`},
		"infinite": {
			options, "gap,calls,kind\nInfinity,1,a\n",
			`line 2, column "gap": "Infinity" is beyond ±3.403e+38: leave the field empty`,
		},
		"beyond float32": {options, "gap,calls,kind\n-3.5e38,1,a\n", `line 2, column "gap": "-3.5e38" is beyond`},
		"beyond float64": {options, "gap,calls,kind\n1e999,1,a\n", `"1e999" is beyond`},
		"no class": {
			options, "gap,calls,kind\n1,1,a\n1,1, \n",
			`line 3, column "kind": the row has no label: give it one, or leave the row out`,
		},
		"too few fields":  {options, "gap,calls,kind\n1,1\n", "line 2 has 2 fields, the header line 3"},
		"too many fields": {options, "gap,calls,kind\n1,1,a,b\n", "line 2 has 4 fields, the header line 3"},
		"quotation":       {options, "gap,calls,kind\n1,\"1,a\n", "line 2"},
		"columns":         {options, wide + "\n", "there are 10001 columns: at most 10000 are read"},
		"field": {
			options, "gap,calls,kind\n1,1,\"" + strings.Repeat("x", MaxField+1) + "\"\n",
			"line 2: field 3 is longer than 1 MiB",
		},
		"row": {
			options, "gap,calls,kind\n1,1,\"" + strings.Repeat(strings.Repeat("x", 999)+"\n", MaxRecord/1000+100) + "\"\n",
			"a row is longer than 4 MiB, the one at byte 15: is a quotation mark not closed?",
		},
		"long value":        {options, "gap,calls,kind\n1," + strings.Repeat("ä", 100) + ",a\n", strings.Repeat("ä", 30) + `…" is no number`},
		"feature twice":     {Options{Features: []string{"a", " a"}}, "a\n1\n", `feature "a" is named twice`},
		"label and feature": {Options{Features: []string{"a"}, Label: "a"}, "a\n1\n", `"a" is both label and feature`},
		"nameless feature":  {Options{Features: []string{""}}, "a\n1\n", "the name of a feature is empty"},
		"nameless class": {
			Options{Features: []string{"a"}, Label: "b", Classes: map[string]string{"x": ""}},
			"a,b\n1,x\n",
			`the class of the label value "x" has no name`,
		},
		"no features": {
			Options{Label: "code"},
			"who,calls,code,void,gap\na,1,1,,0.5\nb,2,1,,\n",
			"no features are named: columns of numbers are calls, gap",
		},
		"no numbers": {Options{}, "who,why\na,b\n", "no column has numbers only: the columns are who, why"},
	} {
		_, err := ReadCSV(strings.NewReader(test.text), test.o)
		assert.ErrorContains(t, err, test.want, name)
	}
}

func TestReadCSVBoundsClasses(t *testing.T) {
	var text strings.Builder
	text.WriteString("a,id\n")
	for i := range MaxClasses {
		fmt.Fprintf(&text, "1,%d\n", i)
	}
	o := Options{Features: []string{"a"}, Label: "id"}
	table, err := ReadCSV(strings.NewReader(text.String()), o)
	require.NoError(t, err)
	assert.Len(t, table.Classes, MaxClasses)

	text.WriteString("1,one more\n")
	_, err = ReadCSV(strings.NewReader(text.String()), o)
	assert.ErrorContains(t, err, `line 258, column "id": there are more than 256 classes: is this the column of the label?`)
}

func zipped(t *testing.T, text string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.String()
}

func TestOpen(t *testing.T) {
	folder := t.TempDir()
	save := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	plain := save("plain.csv.gz", "gap,calls,kind\n1,2,normal\n")
	gz := save("zipped.csv", zipped(t, "kind,calls,gap\nbot,3,4\n"))
	got, err := Open(t.Context(), strings.NewReader(zipped(t, "calls,kind,gap\n5,a,6\n")), options, plain, gz, "-")
	require.NoError(t, err)
	equal(t, &Table{
		Features: []string{"calls", "gap"},
		Columns:  [][]float32{{2, 3, 5}, {1, 4, 6}},
		Classes:  []string{"a", "attack", "normal"},
		Labels:   []int32{2, 1, 0},
	}, got)

	bad := save("bad.csv", "gap,calls,kind\n1,x,normal\n")
	for name, test := range map[string]struct {
		paths []string
		want  string
	}{
		"none":     {nil, "no file to read"},
		"missing":  {[]string{plain, filepath.Join(folder, "missing.csv")}, "missing.csv"},
		"in it":    {[]string{plain, bad}, `bad.csv: line 2, column "calls"`},
		"of stdin": {[]string{"-"}, `standard input: there is no column "calls"`},
		"cut": {
			[]string{save("cut.csv", zipped(t, "gap,calls,kind\n1,2,normal\n")[:30])},
			"cut.csv: the file ends in the middle of its gzip stream",
		},
		"no gzip": {[]string{save("magic.csv", "\x1f\x8bxxxxxxxxxxxxxx")}, "magic.csv: gzip"},
	} {
		_, err := Open(t.Context(), strings.NewReader("a,b\n"), options, test.paths...)
		assert.ErrorContains(t, err, test.want, name)
	}
}

func TestOpenEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	typing, keyboard := io.Pipe()
	defer func() { assert.NoError(t, keyboard.Close()) }() // ends what still waits for it
	go func() {
		_, _ = io.WriteString(keyboard, "gap,calls,kind\n")
		cancel()
	}()
	_, err := Open(ctx, typing, options, "-")
	assert.ErrorIs(t, err, context.Canceled)

	path := filepath.Join(t.TempDir(), "rows.csv")
	require.NoError(t, os.WriteFile(path, []byte("gap,calls,kind\n1,2,a\n"), 0o600))
	_, err = Open(ctx, nil, options, path)
	assert.ErrorIs(t, err, context.Canceled)
}

// failing is a reader that breaks off.
type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

func TestReadCSVTellsOfAFailingReader(t *testing.T) {
	broken := errors.New("the disk is gone")
	for _, text := range []string{"", "gap,calls,kind\n1,1,a\n", "gap,calls,kind\n1,\"1", "gap,cal"} {
		_, err := ReadCSV(io.MultiReader(strings.NewReader(text), failing{broken}), options)
		assert.ErrorIs(t, err, broken, text)
	}
}

func TestSelect(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 20).Draw(t, "rows")
		whole := &Table{Features: []string{"a", "b"}, Columns: make([][]float32, 2), Classes: []string{"x", "y", "z"}}
		for i := range n {
			whole.Columns[0] = append(whole.Columns[0], float32(i))
			whole.Columns[1] = append(whole.Columns[1], rapid.Float32().Draw(t, "value"))
			whole.Labels = append(whole.Labels, rapid.Int32Range(0, 2).Draw(t, "label"))
		}
		picked := rapid.SliceOf(rapid.IntRange(0, n-1)).Draw(t, "picked")
		part := whole.Select(picked)
		require.Equal(t, len(picked), part.Rows())
		require.Equal(t, whole.Classes, part.Classes)
		for j, i := range picked {
			require.Equal(t, whole.Row(nil, i), part.Row(nil, j))
			require.Equal(t, whole.Labels[i], part.Labels[j])
		}
		whole.Labels = nil
		require.Nil(t, whole.Select(picked).Labels)
	})
}

// What is written with all digits is read back to the last bit.
func TestReadCSVKeepsEveryBit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOf(rapid.Float32()).Draw(t, "values")
		var text strings.Builder
		text.WriteString("v\n")
		for _, v := range values {
			fmt.Fprintln(&text, v)
		}
		got, err := ReadCSV(strings.NewReader(text.String()), Options{Features: []string{"v"}})
		if slices.ContainsFunc(values, func(v float32) bool { return math.IsInf(float64(v), 0) }) {
			require.ErrorContains(t, err, "is beyond")
			return
		}
		require.NoError(t, err)
		require.Len(t, got.Columns[0], len(values))
		for i, v := range values {
			require.True(t, v == got.Columns[0][i] || v != v && got.Columns[0][i] != got.Columns[0][i])
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add([]byte("gap,calls,kind\n1,2,normal\n,NA,bot\n"))
	f.Add([]byte("\ufeffkind,gap,calls\r\n\"a\nb\",1e9,-0\r\n"))
	f.Add([]byte("gap;calls;kind\n1;2;3\n"))
	f.Add([]byte("gap,calls,kind\n\"1,2,3\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := ReadCSV(bytes.NewReader(text), Options{})
		require.Error(t, err, "no features are named")

		table, err := ReadCSV(bytes.NewReader(text), options)
		if err != nil {
			require.Nil(t, table)
			return
		}
		require.Equal(t, options.Features, table.Features)
		require.True(t, slices.IsSorted(table.Classes))
		require.NotContains(t, table.Classes, "bot")
		require.NotContains(t, table.Classes, "")
		require.Len(t, table.Labels, table.Rows())
		for _, column := range table.Columns {
			require.Len(t, column, table.Rows())
			for _, v := range column {
				require.False(t, math.IsInf(float64(v), 0))
			}
		}
		counts := table.Counts()
		require.NotContains(t, counts, 0, "a class has rows")
	})
}

func BenchmarkReadCSV(b *testing.B) {
	var text strings.Builder
	text.WriteString("gap,calls,kind,a,b,c,d,e\n")
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 20_000 {
		fmt.Fprintf(&text, "%g,%d,%s,%g,%g,%g,%g,%g\n", random.ExpFloat64(), i, []string{"normal", "bot"}[i%2],
			random.Float32(), random.Float32(), random.Float32(), random.Float32(), random.Float32())
	}
	o := options
	o.Features = []string{"gap", "calls", "a", "b", "c", "d", "e"}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if _, err := ReadCSV(strings.NewReader(text.String()), o); err != nil {
			b.Fatal(err)
		}
	}
}
