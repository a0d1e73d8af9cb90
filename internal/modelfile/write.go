package modelfile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/spanwarden/spanwarden/internal/forest"
)

// Write writes a model in Spanwarden's own format: equal forests give equal
// bytes, and [Parse] gives the same forest back. It refuses what Parse would
// refuse.
func Write(w io.Writer, f *forest.Forest) error {
	if err := f.Validate(); err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	return write(w, f, MaxBytes)
}

func write(w io.Writer, f *forest.Forest, limit int) error {
	if err := checkText(f); err != nil {
		return fmt.Errorf("write the model: %w", err)
	}
	sum, size := measure(f)
	head := fmt.Appendf(nil, `{"format":%q,"version":%d,"checksum":"%s%s","forest":`, formatName, version, sumPrefix, hex.EncodeToString(sum))
	tail := []byte("}\n")
	if size += len(head) + len(tail); size > limit {
		return fmt.Errorf("write the model: it takes %d MiB, more than the %d that are read: grow fewer or smaller trees", size>>20, limit>>20)
	}
	for part := range parts(f, head, tail) {
		if _, err := w.Write(part); err != nil {
			return fmt.Errorf("write the model: %w", err)
		}
	}
	return nil
}

// checkText refuses names that would not survive JSON, and an origin that would not be read.
func checkText(f *forest.Forest) error {
	if len(f.Origin) > MaxOrigin {
		return within("origin", errOrigin)
	}
	for _, text := range append(append([]string{f.Origin}, f.Features...), f.Classes...) {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%q is not UTF-8", text)
		}
	}
	return nil
}

// Digest is a short identity of a valid forest for logs and attributes: the first
// 12 hexadecimal digits of the checksum in the file that [Write] writes of it.
func Digest(f *forest.Forest) string {
	sum, _ := measure(f)
	return hex.EncodeToString(sum)[:12]
}

// measure is the SHA-256 and the length of the forest as it is written.
func measure(f *forest.Forest) (sum []byte, size int) {
	hash := sha256.New()
	for part := range parts(f, nil, nil) {
		hash.Write(part)
		size += len(part)
	}
	return hash.Sum(nil), size
}

// parts are the bytes of the forest, without white space and with something in
// front and behind. A part holds until the next one.
func parts(f *forest.Forest, head, tail []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		part := appendHead(slices.Clone(head), f)
		for i := range f.Trees {
			if i > 0 {
				part = append(part, ',')
			}
			if part = pack(f, &f.Trees[i]).append(part); !yield(part) {
				return
			}
			part = part[:0]
		}
		yield(append(append(part, "]}"...), tail...))
	}
}

func appendHead(b []byte, f *forest.Forest) []byte {
	b = appendText(append(b, `{"kind":`...), string(f.Kind))
	if f.Origin != "" {
		b = appendText(append(b, `,"origin":`...), f.Origin)
	}
	b = appendList(append(b, `,"features":`...), f.Features, appendText)
	if len(f.Classes) > 0 {
		b = appendList(append(b, `,"classes":`...), f.Classes, appendText)
	}
	if f.SampleSize != 0 {
		b = strconv.AppendInt(append(b, `,"sample_size":`...), int64(f.SampleSize), 10)
	}
	if len(f.Base) > 0 {
		b = appendList(append(b, `,"base":`...), f.Base, appendFloat)
	}
	return append(b, `,"trees":[`...)
}

func (c *columns) append(b []byte) []byte {
	b = append(b, '{')
	if c.output != forest.AllOutputs {
		b = append(strconv.AppendInt(append(b, `"output":`...), int64(c.output), 10), ',')
	}
	if c.order == depthFirst {
		b = append(appendText(append(b, `"order":`...), string(c.order)), ',')
	}
	b = appendList(append(b, `"feature":`...), c.feature, appendInt)
	b = appendList(append(b, `,"threshold":`...), c.threshold, appendFloat)
	if c.next != nil {
		b = appendList(append(b, `,"next":`...), c.next, appendInt)
	}
	if c.missingLeft != nil {
		b = appendList(append(b, `,"missing_left":`...), c.missingLeft, appendInt)
	}
	b = appendList(append(b, `,"cover":`...), c.cover, appendFloat)
	if c.values != nil {
		b = appendList(append(b, `,"values":`...), c.values, appendFloat)
	}
	return append(b, '}')
}

func appendList[T any](b []byte, list []T, one func([]byte, T) []byte) []byte {
	b = append(b, '[')
	for i, x := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = one(b, x)
	}
	return append(b, ']')
}

func appendInt(b []byte, n int32) []byte { return strconv.AppendInt(b, int64(n), 10) }

// appendFloat writes the shortest decimals that are read as the same number, with
// an exponent where ECMAScript has one (Number::toString), but -0 for -0.
func appendFloat[T float32 | float64](b []byte, x T) []byte {
	bits := 64
	if any(T(0)) == any(float32(0)) {
		bits = 32
	}
	switch size := math.Abs(float64(x)); {
	case x > 0 && size > math.MaxFloat64:
		return append(b, infinity...)
	case x < 0 && size > math.MaxFloat64:
		return append(b, negInfinity...)
	case size == 0 || size >= float64(T(1e-6)) && size < float64(T(1e21)):
		return strconv.AppendFloat(b, float64(x), 'f', -1, bits)
	}
	b = strconv.AppendFloat(b, float64(x), 'e', -1, bits)
	if n := len(b); b[n-3] == '-' && b[n-2] == '0' { // strconv writes e-07
		b = append(b[:n-2], b[n-1])
	}
	return b
}

// appendText writes a text; <, > and & as they are.
func appendText(b []byte, text string) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(text); err != nil { // never: a text has no error in it
		return append(b, `""`...)
	}
	return append(b, bytes.TrimSuffix(out.Bytes(), []byte("\n"))...)
}
