package rulefile

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// inFile is whether a place is in the file; the end of a line and of the file are.
func inFile(src *source, line, column int) bool {
	at := src.seek(line, column)
	return line >= 1 && column >= 1 && at.line == line && at.column == column
}

func FuzzParse(f *testing.F) {
	example, err := os.ReadFile("testdata/invariants.yaml")
	require.NoError(f, err)
	f.Add(example)
	for _, bad := range slices.Concat(badFiles, badReferences) {
		if len(bad.content) < 1<<10 {
			f.Add([]byte(bad.content))
		}
	}
	for _, bad := range noYAML {
		f.Add([]byte(bad.content))
	}
	f.Fuzz(func(t *testing.T, content []byte) {
		src := newSource(content)
		file, err := Parse("f.yaml", content)
		if err != nil {
			assert.Nil(t, file)
			all := each(t, err)
			assert.LessOrEqual(t, len(all), MaxErrors)
			for _, e := range all {
				assert.True(t, inFile(src, e.Line, e.Column), e)
				assert.NotContains(t, e.Error(), "\n")
				assert.Less(t, len(e.Error()), 1<<10)
			}
			return
		}
		for i := range file.Rules {
			r := &file.Rules[i]
			assert.True(t, inFile(src, r.Line, r.Column))
			for _, api := range r.APIs {
				assert.True(t, inFile(src, api.Line, api.Column))
			}
			for _, e := range []Expression{r.When, r.Check} {
				for place := range 40 {
					if line, column := e.At(place%5, place); e.Text != "" {
						assert.True(t, inFile(src, line, column))
					}
				}
			}
		}
		for i := range file.References {
			r := &file.References[i]
			assert.True(t, inFile(src, r.Line, r.Column))
			for _, s := range r.Sources {
				assert.True(t, inFile(src, s.Line, s.Column))
			}
		}
		text := written(t, file)
		again, err := Parse("f.yaml", []byte(text))
		require.NoError(t, err, text)
		assert.Equal(t, referencesWithoutPositions(file), referencesWithoutPositions(again), text)
		if !strings.Contains(text, ".nan") { // which equals nothing
			assert.Equal(t, withoutPositions(file), withoutPositions(again), text)
		}
	})
}
