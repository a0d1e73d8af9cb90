// Package sampletraffic makes the spans of a shop of microservices, for
// benchmarks: whole traces of many clients over several dozen routes, written in
// old and new semantic conventions, 6 to 16 attributes a span.
//
// A [Stream] hands out a limited number of prepared batches again and again.
// Each time the batch gets ids never seen before and a later time, which costs a
// few nanoseconds a span, so that whoever measures is not measuring the maker.
package sampletraffic
