package apicall

import (
	"strconv"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Limits of the bound parameters of a statement.
const (
	// MaxParameters is the largest number of parameters of one statement.
	MaxParameters = 256
	// maxParameterText is how much of a text that lists parameters is read.
	maxParameterText = 64 << 10
)

// Parameters calls each for the bound parameters of a statement, at most [MaxParameters]. It takes them from the first
// of these that has any:
//   - db.query.parameter.<key>, in the order of the attributes
//   - db.statement.parameters (Python, TypeORM): an array, or text
//   - db.postgresql.values (Node.js): an array, or text
//   - pgx.query.parameters (Go): an array, or text
//
// The text is a list or a dictionary as JSON or Python write it, or values between spaces in square brackets, as Go
// prints a slice. The key of a list's element is its index: "0", "1" and so on. Numbers and booleans come as text, 1000
// also for 1e3 in an attribute; null and None as ""; what is nested in text as it is written. A value that was cut off
// with the end of the text is left out.
//
// Between spaces nobody can tell where a value ends: a caller whose name is "x 7" moves all parameters behind it. For
// this form alone, exact is false; base no verdict on it. A service that prints its parameters so can even be made to
// print what reads as JSON, but not with as many values as the statement has placeholders: compare the two numbers.
//
// Keys and values are valid until each returns.
func Parameters(m pcommon.Map, each func(key, value string)) (exact bool) {
	var (
		lists [3]pcommon.Value
		seen  [len(lists)]bool
		n     int
	)
	s := newTextScratch()
	defer s.release()
	for k, v := range m.All() {
		if key, ok := parameterKey(k); ok {
			if n < MaxParameters {
				each(key, s.text(v))
				n++
			}
		} else if i := parameterList(k); i >= 0 {
			lists[i], seen[i] = v, true
		}
	}
	for i := 0; i < len(lists) && n == 0; i++ {
		if seen[i] {
			n, exact = s.list(lists[i], each)
			if n > 0 {
				return exact
			}
		}
	}
	return true
}

// parameterKey returns the key of a parameter that has an attribute of its own.
func parameterKey(name string) (string, bool) {
	const prefix = "db.query.parameter."
	if len(name) <= len(prefix) {
		return "", false
	}
	return strings.CutPrefix(name, prefix)
}

// parameterList returns the rank of an attribute that has all parameters in it, or -1.
func parameterList(name string) int {
	switch name {
	case "db.statement.parameters":
		return 0
	case "db.postgresql.values":
		return 1
	case "pgx.query.parameters":
		return 2
	}
	return -1
}

// textScratch has room for one text that is handed to a callback.
type textScratch struct{ buf []byte }

var textScratches = sync.Pool{New: func() any { return &textScratch{buf: make([]byte, 0, 512)} }}

func newTextScratch() *textScratch {
	return textScratches.Get().(*textScratch)
}

// release gives the scratch back, unless a giant made it large.
func (s *textScratch) release() {
	if cap(s.buf) <= maxParameterText {
		textScratches.Put(s)
	}
}

// list reads an array of parameters or a text of them; n is how many there were.
func (s *textScratch) list(v pcommon.Value, each func(key, value string)) (n int, exact bool) {
	switch v.Type() {
	case pcommon.ValueTypeSlice:
		for _, element := range v.Slice().All() {
			if n == MaxParameters {
				break
			}
			each(indexKeys[n], s.text(element))
			n++
		}
	case pcommon.ValueTypeMap:
		for k, element := range v.Map().All() {
			if n == MaxParameters {
				break
			}
			each(k, s.text(element))
			n++
		}
	case pcommon.ValueTypeStr:
		return parseParameters(v.Str(), s, each)
	}
	return n, true
}

// indexKeys are the keys of the elements of a list.
var indexKeys = func() (keys [MaxParameters]string) {
	for i := range keys {
		keys[i] = strconv.Itoa(i)
	}
	return keys
}()

// text is the text of any attribute; it is valid until the next call.
func (s *textScratch) text(v pcommon.Value) string {
	switch v.Type() {
	case pcommon.ValueTypeStr:
		return v.Str()
	case pcommon.ValueTypeInt, pcommon.ValueTypeDouble, pcommon.ValueTypeBool:
		s.buf = appendScalar(s.buf[:0], v)
		return view(s.buf)
	case pcommon.ValueTypeBytes:
		return view(v.Bytes().AsRaw())
	case pcommon.ValueTypeMap, pcommon.ValueTypeSlice:
		return v.AsString()
	}
	return ""
}
