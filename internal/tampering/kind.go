package tampering

import "math/rand/v2"

// Kind is a way to tamper with a field.
type Kind struct {
	Name string
	// Hard kinds leave a value that looks like any other.
	Hard bool
	// Why it is wrong whatever the application does.
	Why string

	change func(at *spot) (change, bool)
}

// spot is a field of a call at the front door that may be tampered with.
type spot struct {
	*leaf
	survey *Survey
	scene  *scene
	call   *call
	field  *fieldFacts
	api    *apiFacts
	rng    *rand.Rand
}

// change is what is done to a field.
type change struct {
	value *value // instead of the one there; nil takes the field away
	// add is the name of a member that is added to the object there.
	add string
	// nothing is true for a value that nothing is found by.
	nothing bool
	// owner is the number of the trace in which the owner of the value made such a call, -1 if it is nobody's.
	owner int
	// after is true for a call that is made once more when the original has ended.
	after bool
}

func set(v *value) change { return change{value: v, owner: -1} }

// find is set for a value that nothing is found by.
func find(v *value) change { return change{value: v, owner: -1, nothing: true} }

var none change

// Kinds are all ways to tamper, in the order of the tables. Those of MINES and WebNorm are among them: ids of others and of
// nobody, prices, amounts, values, types and formats that a client's own code would never send.
func Kinds() []Kind {
	return []Kind{
		{
			Name: "random id", change: randomID,
			Why: "The field refers to something: 9 of 10 of its ids are seen in other traces as well. This one was never given out.",
		},
		{
			Name: "foreign id", Hard: true, change: foreignID,
			Why: "The field's values belong to one user each. This one belongs to somebody else, who used it in the same field, and the caller " +
				"has never been shown it. The caller is none of those who look at what others have.",
		},
		{
			Name: "plausible price", Hard: true, change: plausiblePrice,
			Why: "What is paid is determined: in the whole recording, what the request names costs one and the same. This is what something else costs.",
		},
		{
			Name: "negative", change: negative,
			Why: "The field was never below zero.",
		},
		{
			Name: "huge", change: huge,
			Why: "A million times more than the most that was seen, at least a billion, in what is no telephone number.",
		},
		{
			Name: "zero", change: zero,
			Why: "A price or an amount that never was zero.",
		},
		{
			Name: "other type", change: otherType,
			Why: "The field always was of one JSON type, or always a number in a path or query; this is of another one.",
		},
		{
			Name: "unknown value", change: unknownValue,
			Why: "The field has a small set of values that came again and again. This one is random letters, or a number far from all of " +
				"them. No names of people and accounts, no free text.",
		},
		{
			Name: "malformed", change: malformed,
			Why: "The field always was a UUID, or always a date. This is none: a digit that is no hexadecimal one, or the 45th of the 13th month.",
		},
		{
			Name: "empty", change: empty,
			Why: "A member of a body, no free text, that never was empty.",
		},
		{
			Name: "null", change: makeNull,
			Why: "A member of a body that always was there and never null; no false, zero or empty text, which may stand for nothing.",
		},
		{
			Name: "dropped", change: drop,
			Why: "A member of a body that every call has had; no free text, and no false, zero or empty text, which may stand for nothing.",
		},
		{
			Name: "added", change: add,
			Why: "The body's members are the same in all calls. A member such as isAdmin is none of them: mass assignment.",
		},
		{
			Name: "injection", change: inject,
			Why: "SQL, script, path traversal, a lookup of log4j or a command, in a field that never had such characters.",
		},
		{
			Name: "overlong", change: overlong,
			Why: "At least 20 times as long as the longest that was seen, and 1,000 bytes or more.",
		},
		{
			Name: "past date", change: pastDate,
			Why: "The field always was the day of the call or, in one of ten calls or more, a later one; this is more than a year before.",
		},
		{
			Name: "same twice", change: sameTwice,
			Why: "Two fields that have the same values and never the same one in a call, such as from and to, are made equal.",
		},
		{
			Name: "replay", Hard: true, change: replay,
			Why: "The same call once more, after the first has ended, of an API that changes something and never is called twice for the same id.",
		},
	}
}
