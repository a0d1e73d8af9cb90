package baseline

import "math/bits"

// moment is what a claim needs to know of the call that it is judged on.
type moment struct {
	session uint64
	user    uint64 // one bit, by hash; 0: not known
	ref     Ref
}

// Ref is a call that somebody may want to look at.
type Ref struct {
	Trace [16]byte
	Span  [8]byte
	Start int64 // ns since the epoch
	API   int32 // index in the learner's list
}

// Bounds of what a claim may break and live: it may yet be a rule that a few tampered calls broke.
const (
	fewBreaks  = 3  // always
	breakShare = 12 // one in so many
	keptRefs   = 40
)

// Support counts on how much something was seen.
type Support struct {
	Calls int
	// Sessions estimates the number of sessions, by linear counting while that can tell.
	Sessions int
	Bits     [2]uint64
	Runs     int    // of calls of one session after another
	Last     uint64 // session that was counted last
}

func (s *Support) add(m *moment) {
	s.Calls++
	if s.Runs > 0 && s.Last == m.session {
		return
	}
	s.Runs++
	s.Last = m.session
	word, bit := m.session>>6%2, uint64(1)<<(m.session%64)
	if s.Bits[word]&bit == 0 {
		s.Bits[word] |= bit
		s.Sessions = min(s.Runs, max(s.Sessions+1, linear(bits.OnesCount64(s.Bits[0])+bits.OnesCount64(s.Bits[1]), 128)))
	} else if s.Sessions >= manySessions {
		s.Sessions = max(s.Sessions, s.Runs)
	}
}

// manySessions are more than the bits can tell apart.
const manySessions = 500

// Claim is something that may hold of every call.
type Claim struct {
	Held  Support
	Broke Support
	Refs  []Ref // of the first calls that broke it
	Found []string
}

// observe takes in a call on which the claim held, or what the call had instead.
func (c *Claim) observe(m *moment, held bool, found string) {
	if held {
		c.Held.add(m)
		return
	}
	c.Broke.add(m)
	if len(c.Refs) < keptRefs {
		c.Refs = append(c.Refs, m.ref)
		c.Found = append(c.Found, shorten(found))
	}
}

// before takes in the calls that had broken it when nobody asked yet; the first ones are known.
func (c *Claim) before(calls int, firsts []Ref) {
	c.Broke.Calls, c.Broke.Sessions, c.Broke.Runs = calls, calls, calls
	for _, ref := range firsts[:min(calls, len(firsts))] {
		c.Refs, c.Found = append(c.Refs, ref), append(c.Found, "")
	}
}

// alive is true while the claim may become a rule, or one with exceptions.
func (c *Claim) alive() bool {
	return c.Broke.Calls <= fewBreaks || c.Broke.Calls*breakShare <= c.Held.Calls
}

const longestFound = 80

// shorten keeps the beginning of a text, as its own.
func shorten(s string) string {
	if len(s) > longestFound {
		s = s[:longestFound] + "…"
	}
	return string(append([]byte(nil), s...))
}
