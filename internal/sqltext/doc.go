// Package sqltext reads what a database statement touches from its text: the operation, the tables, and which columns
// it pins to or sets to which values.
//
// The texts are those that spans carry: sanitised, cut off in mid-token, of four dialects. There is no grammar and no
// error: a tolerant lexer makes tokens, and a shallow extractor reads the clauses that matter. What it does not
// understand is hidden, so that a rule about it does not apply; it is never taken for absent, nor for a value.
//
// A pair of a WHERE means: this column equals this value in every row that this reference to the table touches. So a
// pair stands at the top level of the WHERE or of the ON of a join, joined by AND. Under OR and NOT, in any other
// comparison, and next to an expression, the column is there but hidden. In a text that is not whole
// ([Statement.Truncated], [Statement.Limited]) all columns are hidden, because the rest may hold an OR or a UNION. A
// text that was cut where a whole statement could end cannot be told from a whole one, except by its length: one that is
// exactly as long as attribute values usually may be, such as 1024 bytes or characters, is taken for cut.
//
// Joins carry values: where the text equates two columns, by an AND of the WHERE or the ON of an inner join, and pins
// one of them, the other is pinned too, with a pair of its own that stands behind those of the text. An outer join
// carries them only to the table that may be missing, for those who ask for the column by the name of that table.
// Columns that USING, NATURAL or a sub-select equates with those of the statement around it carry nothing.
//
// Time is linear in the text, of which the first 64 KiB are read. All strings are valid UTF-8, and none of them keeps
// the text alive.
package sqltext
