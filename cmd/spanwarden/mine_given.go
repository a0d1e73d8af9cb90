package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spanwarden/spanwarden/internal/apispec"
	"github.com/spanwarden/spanwarden/internal/minereport"
	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// readGiven reads the rules that descriptions of the application give.
func (m *mining) readGiven() error {
	var errs []error
	fileOf := make(map[string]string) // by id of a rule
	for _, kind := range []struct {
		flag  string
		files []string
		read  func(string, apispec.Options) (*apispec.Spec, error)
	}{{"--openapi", m.openapi, apispec.OpenAPI}, {"--ddl", m.ddl, apispec.DDL}} {
		for _, named := range kind.files {
			path, options := ofService(named)
			spec, err := kind.read(path, options)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", kind.flag, err))
				continue
			}
			for i := range spec.Rules() {
				id := spec.Rules()[i].ID
				if other := fileOf[id]; other != "" {
					errs = append(errs, fmt.Errorf("%s: rule %s is given by %s and by %s: say whose they are, as in %s SERVICE=%s",
						kind.flag, id, other, path, kind.flag, path))
					break
				}
				fileOf[id] = path
			}
			m.givenRules = append(m.givenRules, spec.Rules()...)
			m.given = append(m.given, minereport.Given{File: shownFile(path), Rules: len(spec.Rules()), Notes: spec.Skipped()})
		}
	}
	if len(m.givenRules) > rulefile.MaxRules {
		errs = append(errs, fmt.Errorf("--openapi and --ddl give %d rules: %d are the most", len(m.givenRules), rulefile.MaxRules))
	}
	return errors.Join(errs...)
}

// ofService reads SERVICE=FILE, or FILE where the rules are about every service.
func ofService(named string) (path string, options apispec.Options) {
	service, path, found := strings.Cut(named, "=")
	if _, err := os.Stat(named); !found || err == nil || service == "" {
		return named, options
	}
	options.Services = []string{service}
	return path, options
}
