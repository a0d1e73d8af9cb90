package apispec_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/spanwarden/spanwarden/internal/apispec"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

var update = flag.Bool("update", false, "write the golden files anew")

// What is made of two descriptions is what stands in the files beside them.
func TestRulesReadAsTheyDid(t *testing.T) {
	t.Parallel()
	for name, read := range map[string]func() (*apispec.Spec, error){
		"shop.openapi": func() (*apispec.Spec, error) {
			return apispec.OpenAPI(filepath.Join("testdata", "shop.openapi.yaml"), apispec.Options{Services: []string{"shop"}})
		},
		"shop.ddl": func() (*apispec.Spec, error) {
			return apispec.DDL(filepath.Join("ddl", "testdata", "postgresql.sql"), apispec.Options{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			spec, err := read()
			require.NoError(t, err)
			fit(t, spec)
			var got strings.Builder
			require.NoError(t, rulefile.Write(&got, &rulefile.File{Rules: spec.Rules()}))
			for _, sentence := range spec.Skipped() {
				got.WriteString("# " + sentence + "\n")
			}
			golden := filepath.Join("testdata", name+".rules.yaml")
			if *update {
				require.NoError(t, os.WriteFile(golden, []byte(got.String()), 0o600))
			}
			want, err := os.ReadFile(golden)
			require.NoError(t, err)
			assert.Equal(t, string(want), got.String())
		})
	}
}
