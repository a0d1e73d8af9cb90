package reference

import (
	"crypto/sha256"
	"strconv"
)

// Kind is the type of a value.
type Kind uint8

// The kinds of values.
const (
	Absent  Kind = iota // no value: written, it takes the value away
	Null                //
	Bool                //
	Int                 //
	Float               //
	Text                //
	Unclear             // some value that could not be read: written, it makes the field unknown

	kinds
)

// Value is a scalar. Two are the same if Kind and Text are.
type Value struct {
	Kind Kind
	Text string // canonical: by which identifiers are compared across kinds
}

// MaxText is the longest text of a value, key or caller that is kept, in bytes. A longer value is [Unclear]; longer keys
// and callers are known by their hash.
const MaxText = 256

// Entry is a field of a row with its value.
type Entry struct {
	Field Field
	Value Value
}

// Key is the key of a row that is known by one or several scalars. It is the text of a single one, of whatever kind. No row
// has the key "", which is that of no parts, and of parts without a text that identifies something.
func Key(parts ...Value) string {
	for i := range parts {
		switch parts[i].Kind {
		case Absent, Null, Unclear:
			return ""
		case Bool, Int, Float, Text:
		}
	}
	switch len(parts) {
	case 0:
		return ""
	case 1:
		return short(parts[0].Text)
	}
	var joined []byte
	for i := range parts {
		joined = strconv.AppendInt(joined, int64(len(parts[i].Text)), 10)
		joined = append(joined, ':')
		joined = append(joined, parts[i].Text...)
	}
	return short(string(joined))
}

// short returns the text, or what stands for it if it is too long.
func short(text string) string {
	if len(text) <= MaxText {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return "\x00sha256:" + string(sum[:])
}
