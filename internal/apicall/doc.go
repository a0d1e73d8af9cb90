// Package apicall is the one reading of spans and log records: it turns them into an API call or a database
// statement, whichever semantic conventions they were written in.
//
//   - An API call is a span of kind SERVER with an HTTP attribute, or an access-log record: either one with HTTP
//     attributes, or a line of an Apache or Nginx access log as its body.
//   - A database statement is a span of kind CLIENT that names a database system.
//
// Every field is read through a fall-back list, stable name first, whatever the order of the attributes. An empty
// value counts as absent, and what is absent is absent: never an error.
//
// Nothing here allocates. The strings of a [Call] or a [Statement] point into the span or record they were read from,
// or into the [Scratch] of the goroutine that read them.
package apicall
