// Package reference is a bounded memory of what calls and statements showed of entities: rows of named collections, such
// as orders, with their fields, their owners and whom they were shown to, each as of a time.
//
// What is written in a [Transaction], usually one trace, is seen by others once it is committed; a discarded one leaves
// nothing but doubt. All times are event time in ns since the epoch. They are taken as they are: whoever writes caps those
// of clocks that run ahead.
//
// # As of
//
// A field has, as of a time t, the value of the last write at or before t; of several at one time the one that was
// committed last. Each field keeps its last two different values with the times from when to when they were seen. Writes
// may be committed in any order of their times: where two values are too few to tell what there was, or where a
// transaction that is still open may change it, the answer is [Unknown], and never a wrong one.
//
// # What is not there
//
// That a row was not found says something only if it would have been there. A miss is [Missing] in a collection that is
// covered: so far all of the rows that others asked for were there, and nothing of it was ever lost (see
// [Transaction.Row]). In a collection of callers, and for [Transaction.Shown], it is Missing if all that the caller did
// was seen: its first call came long enough after the store began. Elsewhere a miss is [Unknown].
package reference
