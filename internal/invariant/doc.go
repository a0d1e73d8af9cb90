// Package invariant checks what must hold of every API call: rules in CEL over the call, its request and response, its
// caller, its database statements and its child calls. It is the checking half of MINES ("Explainable Anomaly Detection
// through Web API Invariant Inference", ICSE'26).
//
// A rule has one of three outcomes, and they are never confused: it [Holds], it is [Violated], or it is
// [NotApplicable], for one of the reasons that [Reason] names. What is not known never violates a rule:
//
//   - A field that the call does not have makes a rule not applicable, unless the rule asks for it with has().
//   - A body that was recorded but cannot be read is unknown: not applicable, also under has().
//   - A column that a completely read statement does not name is absent: unequal to everything, and no error. In text
//     that is truncated or sanitised its value is unknown.
//   - Lists of statements and of child calls are open where there may be more than was seen. What is said of some
//     element of an open list is not refuted by those that were seen, and what is said of all is not proved by them.
//     A call of which no statement was seen has an open list. A rule that says db.complete takes the list for complete.
//   - What earlier calls showed is known as of the start of the call. Of a row that nobody has seen nothing is known, but
//     where it would have been seen: then its fields are absent.
//   - A number and a text are neither equal nor unequal: [Same] compares identifiers across types.
//
// What most rules are made of is evaluated by functions of Go that are put together when the rule is compiled; CEL's
// interpreter evaluates all else, explains what is violated, and says what the outcome has to be.
//
// [Compile] turns rule files into a [Book]; a [Judge] evaluates its rules on calls that a [Reader] has read. Stateful rules
// look up rows in a [reference.Store], which a [Feeder] fills with what calls show.
package invariant
