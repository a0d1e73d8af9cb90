// Package tampering evaluates rules honestly: it tampers with calls of a recording, as MINES and WebNorm do (Zhang et al.,
// "MINES: Explainable Anomaly Detection through Web API Invariant Inference", arXiv:2512.06906; Liao et al., "Detecting
// and Explaining Anomalies Caused by Web Tamper Attacks via Building Consistency-based Normality", ASE 2024), and counts
// what a book of rules finds of that, and what alarms it raises in normal traffic.
//
// # The protocol
//
//  1. Whole traces are divided by time, [Split]: the first ones are learned from, copies are made of the others.
//  2. A [Survey] of the whole recording tells which changes are wrong by construction. It belongs to the tamperer; nothing
//     that is judged sees it. [Kinds] says of each kind why it is wrong. A value that is equally legitimate is never put in:
//     kinds pass by names of people, free text, masked values, parameters that are optional, and callers who look at what
//     belongs to others.
//  3. [Survey.Tamper] copies whole traces and changes one field of the call at the front door, which is a server span with
//     nothing above it. Kinds, APIs and fields come as evenly as they can.
//  4. The change is carried on: an id into all requests of child calls and statements that have it, any other value to
//     where, in the whole recording, it always comes from that field. A read of what belongs to somebody else has the
//     answer that the owner got. A call that finds nothing by the new value has the shortest answer without ids that the
//     API ever gave, else empty lists; any other repeats the new value where it repeated the old one. What child calls
//     were sent of an answer changes with it.
//  5. A copy has ids of its own and begins one microsecond after its original, so that the one does not know of what the
//     other did. Replays begin a second after their originals have ended.
//  6. Beside each tampered copy stands a sham: the same copy, with all of its values written anew, and none changed. It
//     must not raise any alarm that its original does not raise.
//  7. [Judge] judges the normal traces alone, for false alarms, and then with copies among them, a tenth of the traces at
//     most. A copy is found if it violates a rule that its original does not violate; it is explained if such a rule read a
//     field that was tampered with.
//
// Windows are of twenty consecutive normal calls each; with their share comes the bound that their number allows.
package tampering
