package sqltext

import "strings"

// word reads a name, a keyword, or a string with a prefix, and returns the place behind it.
func (l *lexer) word(start int, k *skeleton) int {
	text := l.text
	x := load(text, start)
	letters := lettersOf(x)
	others := othersOf(x, letters)
	small := lowered(x, letters)
	size := before(others)
	end := start + size
	if end < len(text) && classes[text[end]]&(inWord|apostrophe) != 0 {
		end = l.wordEnd(end)
		size = end - start
		if end < len(text) && text[end] == '\'' && size <= 12 && l.prefixed(start, end) {
			return l.at
		}
	}
	n := len(l.tokens)
	t := l.add(tokenWord, start, end, 0)
	if n > 0 && l.tokens[n-1].kind == tokenDot {
		t.flags = qualified
	} else if size <= longestKeyword {
		key := cut(small, others)
		if keywordTable[slotOf(key)] != 0 { // most words end here
			t.word = lookUpKey(key, text[start:end])
			if t.word.does(isConstant) {
				return end // a dot may follow
			}
		}
	}
	if k.done < n {
		k.catchUp(l.tokens, n)
	}
	if k.done == n {
		k.done++
		k.word(t, small, size)
	}
	return end
}

// name adds a word that begins with another byte than a letter.
func (l *lexer) name(start, end int) {
	t := l.add(tokenWord, start, end, 0)
	if n := len(l.tokens); n > 1 && l.tokens[n-2].kind == tokenDot {
		t.flags = qualified
		return
	}
	t.word = lookUp(l.text[start:end])
}

// prefixed reads N'..', E'..', X'..', B'..' and the _charset'..' of MySQL.
func (l *lexer) prefixed(start, end int) bool {
	prefix := l.text[start:end]
	switch {
	case foldsTo(prefix, "n"):
		l.string(end, 0, false)
	case foldsTo(prefix, "e") && l.dialect.dollarQuotes():
		l.string(end, 0, true)
	case foldsTo(prefix, "x"), foldsTo(prefix, "b"):
		l.string(end, opaqueText, false)
	case prefix[0] == '_' && (l.dialect == MySQL || l.dialect == Generic):
		l.string(end, opaqueText, l.dialect == MySQL)
	default:
		return false
	}
	return true
}

// number reads digits, with a point and an exponent. Digits that run on into letters are a name.
func (l *lexer) number() {
	start, i := l.at, l.at
	var flags uint8
	i = l.digitsEnd(i)
	if i < len(l.text) && l.text[i] == '.' && !strings.HasPrefix(l.text[i:], "...") {
		flags = floating
		i = l.digitsEnd(i + 1)
	}
	if i < len(l.text) && l.text[i]|0x20 == 'e' {
		sign := i + 1
		if sign < len(l.text) && (l.text[sign] == '+' || l.text[sign] == '-') {
			sign++
		}
		if end := l.digitsEnd(sign); end > sign {
			flags, i = floating, end
		}
	}
	end := l.wordEnd(i)
	l.at = end
	switch {
	case end == i:
		l.add(tokenNumber, start, end, flags)
	case l.text[start] == '0' && start+1 == i && l.text[i]|0x20 == 'x' || flags != 0:
		l.add(tokenNumber, start, end, opaqueText)
	default:
		l.name(start, end)
	}
}

func (l *lexer) digitsEnd(i int) int {
	for i < len(l.text) && classes[l.text[i]]&digit != 0 {
		i++
	}
	return i
}

// wordEnd is behind the letters and digits at i.
func (l *lexer) wordEnd(i int) int {
	for i+8 <= len(l.text) {
		x := load(l.text, i)
		n := before(othersOf(x, lettersOf(x)))
		i += n
		if n < 8 {
			break
		}
	}
	for i < len(l.text) && classes[l.text[i]]&inWord != 0 {
		i++
	}
	return i
}

// dot reads the dot of a name, a number that begins with a point, or an ellipsis.
func (l *lexer) dot() {
	if l.peek(1) == '.' && l.peek(2) == '.' {
		l.ellipsis(3)
		return
	}
	n := len(l.tokens)
	touches := n > 0 && l.afterName()
	if !touches && classes[l.peek(1)]&digit != 0 {
		start := l.at
		l.at++
		l.number()
		t := &l.tokens[len(l.tokens)-1]
		t.start, t.kind, t.word = uint32(start), tokenNumber, 0
		t.flags = t.flags&opaqueText | floating
		return
	}
	if touches {
		t := &l.tokens[n-1]
		t.flags |= qualified
		t.word, t.quoted = 0, 0
	}
	l.single(tokenDot)
}
