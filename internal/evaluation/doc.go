// Package evaluation says how good a classifier is: by the usual figures of a
// confusion matrix and of ranks, defined as scikit-learn defines them, and by
// stratified cross-validation.
package evaluation
