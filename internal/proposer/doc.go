// Package proposer asks a language model for invariants: an optional guesser that knows what names mean, beside the
// templates of the learner. It is the proposing half of MINES (Zhang et al., "MINES: Explainable Anomaly Detection through
// Web API Invariant Inference", arXiv:2512.06906), over any endpoint that speaks the chat completions of OpenAI.
//
// The model sees a schema: the names of APIs, fields, tables and columns with their types, and no value of any call unless
// [Settings].ShowValues says so. It is asked about APIs by themselves, and about APIs beside the tables, rows and other
// APIs that they seem to be related to. What is refuted goes back to it for a bounded number of rounds.
//
// Neither side is trusted. Names come from telemetry, so whoever calls an API chooses some of them: they travel as strings
// of a JSON document that is marked as data, bounded in length and number, and what could be a value or prose stays here.
// What comes back is read within bounds as JSON, may speak of no other APIs than those that were asked about, is compiled
// with limits of its cost, and counts only once it held on recorded traffic. Whatever the model was talked into, the worst
// that it can do is to cost what the settings allow and be of no use.
//
// The client is net/http and one request: a library of the whole interface would bring six modules to everybody who
// builds a collector from this one, and its redirects and unbounded answers would have to be taken away again.
package proposer
