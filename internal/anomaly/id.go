package anomaly

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// ID identifies the finding: a SHA-256, cut to 16 bytes, of what makes it this finding and no other. The same finding
// has the same id in every process, so a batch that is sent again repeats an anomaly and does not add one.
//
// A condemned span is identified by its trace, the rule and the span. An alarm over a window is identified by kind,
// detector, rule, service, client, group and begin of the alarm; each report of it by state and window as well. Score, wording
// and evidence are not part of the id. Neither half of the id is ever zero, so both can serve as trace and span id.
func (e *Event) ID() [16]byte {
	b := make([]byte, 0, 256)
	b = appendText(b, string(e.Kind))
	b = appendText(b, e.Detector)
	b = appendText(b, e.Rule)
	if e.Parent.isZero() {
		b = appendText(b, e.Service)
		b = appendText(b, e.Client)
		b = appendTime(b, e.Begun)
		b = appendText(b, string(e.State))
		b = appendTime(b, e.WindowStart)
		if e.Group != "" {
			b = appendText(b, e.Group)
		}
	} else {
		b = append(b, e.Parent.TraceID[:]...)
		b = append(b, e.Parent.SpanID[:]...)
	}
	sum := sha256.Sum256(b)
	id := [16]byte(sum[:16])
	if binary.BigEndian.Uint64(id[:8]) == 0 {
		id[7] = 1
	}
	if binary.BigEndian.Uint64(id[8:]) == 0 {
		id[15] = 1
	}
	return id
}

// IDString returns ID as 32 lower-case hexadecimal digits, the value of anomaly.id.
func (e *Event) IDString() string {
	id := e.ID()
	return hex.EncodeToString(id[:])
}

// appendText puts the length in front, so that no two lists of texts run together into the same bytes.
func appendText(b []byte, s string) []byte {
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

func appendTime(b []byte, t time.Time) []byte {
	return binary.BigEndian.AppendUint64(b, uint64(timestamp(t)))
}
