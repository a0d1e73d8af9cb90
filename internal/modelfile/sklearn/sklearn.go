// Package sklearn holds export.py, which exports scikit-learn's tree ensembles as
// models that internal/modelfile reads.
package sklearn
