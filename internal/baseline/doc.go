// Package baseline learns invariants from normal traffic.
package baseline
