// Package document reads what a call carries, JSON bodies, form bodies and query
// strings, into one flat tree that rules walk.
//
// Whoever writes these texts may be the attacker, so a text is read within
// [Limits] or not at all: time and memory are linear in the limits, whatever is
// nested, repeated or escaped. A [Document] is used over and over and then
// allocates nothing: nodes lie in one slice, text without escapes points into the
// source, unescaped text lies in one buffer.
//
// # What is lent
//
// A [Node] belongs to the reading it came from: after the next [Document.JSON],
// [Document.Form] or [Document.Reset] it is no longer valid and answers like the
// zero Node. The strings of [Node.Text] and [Node.Name] are lent as well, since
// the next reading writes over the buffer they may lie in: strings.Clone what is
// to be kept.
package document
