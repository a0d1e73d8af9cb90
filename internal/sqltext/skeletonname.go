package sqltext

import "encoding/binary"

// name writes a word or a quoted name in lower case. Constants are values, but not behind IS and IS NOT.
func (k *skeleton) name(t *token) {
	w := max(t.word, t.quoted)
	if w.does(isConstant) {
		if id := k.last.id(); id != kwIs && id != kwNot {
			k.value()
			return
		}
	}
	size := int(t.end - t.start)
	switch {
	case k.list != nameDot:
		if !k.room(size + 1) {
			return
		}
	case k.size+size >= MaxSkeleton:
		k.done = full
		return
	}
	if t.kind == tokenWord || k.isPlain(t) {
		t.mate = int32(k.size)
		k.lower(int(t.start), size)
	} else {
		k.quoted(k.text[t.start:t.end])
	}
	k.last, k.list = w, noList
}

// lower writes a part of the text in small letters.
func (k *skeleton) lower(at, size int) {
	for i := 0; i < size; i += 8 {
		x := load(k.text, at+i)
		binary.LittleEndian.PutUint64(k.buffer[k.size+i:], lowered(x, lettersOf(x)))
	}
	k.size += size
}

// word writes a word that is no constant; first are its first eight bytes in small letters.
func (k *skeleton) word(t *token, first uint64, size int) {
	at := k.size
	switch {
	case k.list == nameDot:
		if at+size+1 > MaxSkeleton {
			k.done = full
			return
		}
	case at+size+2 > MaxSkeleton:
		k.done = full
		return
	case at > 0:
		k.buffer[at] = ' '
		at++
	}
	binary.LittleEndian.PutUint64(k.buffer[at:], first)
	t.mate = int32(at)
	k.last, k.list = t.word, noList
	if size > 8 {
		k.size = at + 8
		k.lower(int(t.start)+8, size-8)
		return
	}
	k.size = at + size
}

// isPlain: the name in quotes can be written as it is. It may not look like a number or a placeholder.
func (k *skeleton) isPlain(t *token) bool {
	at, end := int(t.start), int(t.end)
	if at == end || classes[k.text[at]]&letter == 0 {
		return false
	}
	for at < end {
		x := load(k.text, at)
		n := before(othersOf(x, lettersOf(x)))
		if n < 8 {
			return at+n >= end
		}
		at += 8
	}
	return true
}

// quoted writes what stood in quotes as a word.
func (k *skeleton) quoted(s string) {
	if s == "" || classes[s[0]]&digit != 0 || s[0] == '$' {
		k.put('_')
	}
	for i := range len(s) {
		c := lower[s[i]]
		if classes[c]&inWord == 0 {
			c = '_'
		}
		k.put(c)
	}
}

// dot writes the dot of a name without spaces.
func (k *skeleton) dot(behindName bool) {
	if behindName && k.size < MaxSkeleton {
		k.put('.')
		k.last, k.list = 0, nameDot
		return
	}
	k.mark('.')
}
