package plan

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// visit is one caller's calls one after another, on a line of its own, while they are being written down.
type visit struct {
	bank   *builder
	random *rand.Rand
	line   int
	client string
	agent  string
	login  string // empty: calls without a token
	user   int64  // who is logged in
	proxy  int64  // the user on whose behalf it claims to act; 0: its own
	raids  bool   // whether it is an attacker's
	attack int    // what the calls that follow are labelled with

	now   time.Duration // of the call before
	pause time.Duration // until the next one
	calls []Call

	conscience *conscience // when one may err; nil: never
}

// send writes down a call that comes after the usual pause.
func (v *visit) send(call Call) {
	v.now += v.pause
	v.pause = v.think()
	call.At, call.Line, call.Attack = v.now, v.line, v.attack
	call.Client, call.UserAgent, call.Login = v.client, v.agent, v.login
	if call.TraceID == "" {
		call.TraceID = hexadecimal(v.random, 16)
	}
	if v.proxy != 0 {
		header := map[string]string{"X-On-Behalf-Of": number(v.proxy)}
		maps.Copy(header, call.Header)
		call.Header = header
	}
	v.calls = append(v.calls, call)
}

// think returns how long a person looks at an answer. Attackers know what they want next.
func (v *visit) think() time.Duration {
	const median, sigma, least = 6, 0.9, 0.8 // seconds
	most := 60.
	if v.raids {
		most = 20
	}
	return time.Duration(logNormal(v.random, median, sigma, least, most)*1000) * time.Millisecond
}

// hurry lets the next call follow at once, as an app makes it without being asked.
func (v *visit) hurry() { v.pause = between(v.random, 40*time.Millisecond, 140*time.Millisecond) }

// strike labels the calls that do makes as an attack.
func (v *visit) strike(attack int, do func()) {
	v.attack = attack
	do()
	v.attack = -1
}

// owner is the user for whom the bank takes the caller.
func (v *visit) owner() int64 {
	if v.proxy != 0 {
		return v.proxy
	}
	return v.user
}

// key makes up an idempotency key, and the id that the bank will give what is made with it.
func (v *visit) key(kind string) (header map[string]string, id string) {
	var key uuid.UUID
	binary.BigEndian.PutUint64(key[:8], v.random.Uint64())
	binary.BigEndian.PutUint64(key[8:], v.random.Uint64())
	key[6], key[8] = key[6]&0x0f|0x40, key[8]&0x3f|0x80 // version 4, as a client makes it
	text := key.String()
	return map[string]string{"Idempotency-Key": text}, store.ResourceID(kind, v.owner(), text)
}

// hexadecimal returns so many random bytes; 8 or 16.
func hexadecimal(random *rand.Rand, bytes int) string {
	var id [16]byte
	binary.BigEndian.PutUint64(id[:8], random.Uint64())
	binary.BigEndian.PutUint64(id[8:], random.Uint64())
	return hex.EncodeToString(id[:bytes])
}

// object writes what a body holds as JSON.
func object(holds any) string {
	text, _ := json.Marshal(holds) // structs and maps of plain values cannot fail
	return string(text)
}
