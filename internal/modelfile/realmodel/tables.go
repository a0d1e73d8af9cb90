package realmodel

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the names of tables end in, behind the name of their model.
const (
	scoresSuffix        = ".scores.csv.gz"
	contributionsSuffix = ".shap.csv.gz"
)

// Names returns the names of the models with tables. The test has to ask for as many as it expects, or it would check
// none where none is found.
func Names(t *testing.T) []string {
	paths, err := filepath.Glob("testdata/*" + scoresSuffix)
	require.NoError(t, err)
	for i, p := range paths {
		paths[i] = strings.TrimSuffix(filepath.Base(p), scoresSuffix)
	}
	return paths
}

func unzip(tb testing.TB, name string) []byte {
	file, err := os.Open(filepath.Join("testdata", name))
	require.NoError(tb, err)
	defer file.Close()
	z, err := gzip.NewReader(file)
	require.NoError(tb, err)
	data, err := io.ReadAll(z)
	require.NoError(tb, err)
	return data
}

func table(t *testing.T, name string) [][]float64 {
	lines, err := csv.NewReader(bytes.NewReader(unzip(t, name))).ReadAll()
	require.NoError(t, err)
	rows := make([][]float64, len(lines))
	for i, line := range lines {
		for _, s := range line {
			v, err := strconv.ParseFloat(s, 64)
			require.NoError(t, err)
			rows[i] = append(rows[i], v)
		}
	}
	return rows
}

// rows are what all models of a library are asked about.
func rows(t *testing.T) [][]float32 {
	var all [][]float32
	for _, values := range table(t, "rows.csv.gz") {
		row := make([]float32, len(values))
		for i, v := range values {
			row[i] = float32(v)
		}
		all = append(all, row)
	}
	require.Len(t, all, 300)
	return all
}
