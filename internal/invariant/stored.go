package invariant

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"

	"github.com/spanwarden/spanwarden/internal/document"
	"github.com/spanwarden/spanwarden/internal/reference"
	"github.com/spanwarden/spanwarden/internal/sqltext"
)

// texts writes texts of what is no text. They stay as they are, so that the store may borrow them.
type texts struct{ buffer []byte }

// textsTogether is how many bytes of texts are written into one piece of memory.
const textsTogether = 4 << 10

// room makes room for a text of so many bytes.
func (t *texts) room(bytes int) {
	if cap(t.buffer)-len(t.buffer) < bytes {
		t.buffer = make([]byte, 0, max(bytes, textsTogether))
	}
}

// since is what was written behind a place. What is written later lies behind it, or elsewhere.
func (t *texts) since(at int) string {
	text := t.buffer[at:]
	return unsafe.String(unsafe.SliceData(text), len(text))
}

// joined is one text behind the other.
func (t *texts) joined(a, b string) string {
	t.room(len(a) + len(b))
	at := len(t.buffer)
	t.buffer = append(append(t.buffer, a...), b...)
	return t.since(at)
}

// mostDigits of a number that is no big one.
const mostDigits = 32

func (t *texts) int(n int64) string {
	t.room(mostDigits)
	at := len(t.buffer)
	t.buffer = strconv.AppendInt(t.buffer, n, 10)
	return t.since(at)
}

// float is the text that [same] compares a number by.
func (t *texts) float(f float64) string {
	t.room(mostDigits)
	at := len(t.buffer)
	t.buffer, _ = identifier(types.Double(f), t.buffer)
	return t.since(at)
}

// stored is what the store keeps of a value: [reference.Absent] of what is missing, [reference.Unclear] of what is not
// known, or is no single value.
func (t *texts) stored(v ref.Val) reference.Value {
	switch v := v.(type) {
	case types.String:
		return reference.Value{Kind: reference.Text, Text: string(v)}
	case types.Int:
		return reference.Value{Kind: reference.Int, Text: t.int(int64(v))}
	case types.Uint:
		return reference.Value{Kind: reference.Int, Text: strconv.FormatUint(uint64(v), 10)}
	case big:
		return reference.Value{Kind: reference.Int, Text: string(v)}
	case types.Double:
		return reference.Value{Kind: reference.Float, Text: t.float(float64(v))}
	case types.Bool:
		return reference.Value{Kind: reference.Bool, Text: strconv.FormatBool(bool(v))}
	case types.Null:
		return reference.Value{Kind: reference.Null}
	case types.Timestamp:
		return reference.Value{Kind: reference.Int, Text: t.int(v.UnixNano())}
	case types.Duration:
		return reference.Value{Kind: reference.Int, Text: t.int(int64(v.Duration))}
	case absentColumn:
		return reference.Value{Kind: reference.Absent}
	case *types.Err:
		if v == errMissing {
			return reference.Value{Kind: reference.Absent}
		}
	}
	return reference.Value{Kind: reference.Unclear}
}

// ofNode is stored for a value in a body, without a box around it. Its text is lent by the document.
func (t *texts) ofNode(n document.Node) reference.Value {
	switch n.Kind() {
	case document.Text:
		return reference.Value{Kind: reference.Text, Text: t.copied(n.Text())}
	case document.Int, document.Uint, document.Big:
		return reference.Value{Kind: reference.Int, Text: t.copied(n.Text())}
	case document.Double:
		return reference.Value{Kind: reference.Float, Text: t.float(n.Double())}
	case document.Bool:
		return reference.Value{Kind: reference.Bool, Text: strconv.FormatBool(n.Bool())}
	case document.Null:
		return reference.Value{Kind: reference.Null}
	}
	return reference.Value{Kind: reference.Unclear}
}

// copied is a copy of a text. Long ones have a place of their own.
func (t *texts) copied(text string) string {
	if len(text) > textsTogether/4 {
		return strings.Clone(text)
	}
	return t.joined(text, "")
}

// ofSQL is stored for a literal or a parameter of a statement.
func (t *texts) ofSQL(v *sqltext.Value) reference.Value {
	switch v.Kind {
	case sqltext.Text:
		return reference.Value{Kind: reference.Text, Text: v.Text}
	case sqltext.Bool:
		return reference.Value{Kind: reference.Bool, Text: v.Text}
	case sqltext.Null:
		return reference.Value{Kind: reference.Null}
	case sqltext.Int, sqltext.Float:
		return t.stored(valueOfSQL(v)) // 007 is the number 7
	}
	return reference.Value{Kind: reference.Unclear}
}

// value is what rules see of what is stored.
func (f form) value(v reference.Value) ref.Val {
	if f != plain {
		n, err := strconv.ParseInt(v.Text, 10, 64)
		switch {
		case err != nil || v.Kind != reference.Int:
			return errMismatch
		case f == moment:
			return types.Timestamp{Time: time.Unix(0, n).UTC()}
		}
		return types.Duration{Duration: time.Duration(n)}
	}
	switch v.Kind {
	case reference.Text:
		return types.String(v.Text)
	case reference.Int:
		return wholeNumber(v.Text)
	case reference.Float:
		if f, err := strconv.ParseFloat(v.Text, 64); err == nil && !math.IsInf(f, 0) {
			return types.Double(f)
		}
		return errMismatch
	case reference.Bool:
		return types.Bool(v.Text == "true")
	case reference.Null:
		return types.NullValue
	}
	return errMissing
}

// wholeNumber is a number of the first type that holds its digits.
func wholeNumber(digits string) ref.Val {
	if n, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return types.Int(n)
	}
	if n, err := strconv.ParseUint(digits, 10, 64); err == nil {
		return types.Uint(n)
	}
	if digits == "" {
		return errMismatch
	}
	return big(digits)
}
