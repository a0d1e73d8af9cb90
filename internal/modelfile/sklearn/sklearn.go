// Package sklearn holds export.py, which exports scikit-learn's tree ensembles as
// models that internal/modelfile reads.
package sklearn

import _ "embed"

//go:embed export.py
var script string

// Script is export.py, for those who have Spanwarden without its sources.
func Script() string { return script }
