// Package replay turns recorded spans into whole traces: calls with their statements and child calls, in the order of
// their time. The spans may be read in any order; all that is needed of them is kept.
package replay
