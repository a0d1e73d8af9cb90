// Package minereport writes what was learned of a traffic as Markdown for people: each rule as a sentence with what
// speaks for it, the near-invariants with the calls that differ, what was rejected and what was never seen.
//
// Names of services, routes and fields, and values, are the callers' to choose. They are shown as text whatever is in
// them: as code, or with everything escaped that Markdown or HTML would read as markup, without what does not print, and
// cut to a bounded length.
package minereport
