package apispec

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"unicode"

	"github.com/spanwarden/spanwarden/internal/rulefile"
)

// ids gives every rule a name of its own.
type ids struct{ taken map[string]bool }

// of joins parts to an id: what an id cannot have becomes a dash, and what is too long for one a hash.
func (i *ids) of(parts ...string) string {
	if i.taken == nil {
		i.taken = make(map[string]bool)
	}
	var clean []string
	for _, part := range parts {
		if part = idPart(part); part != "" {
			clean = append(clean, part)
		}
	}
	whole := strings.Join(clean, ".")
	id := shortened(whole, "")
	for n := 2; i.taken[id]; n++ {
		id = shortened(whole, "-"+strconv.Itoa(n))
	}
	i.taken[id] = true
	return id
}

// shortened cuts an id to its limit, with a hash of the whole in place of the end.
func shortened(id, suffix string) string {
	if len(id)+len(suffix) <= rulefile.MaxIDBytes {
		return id + suffix
	}
	h := fnv.New32a()
	h.Write([]byte(id))
	end := fmt.Sprintf("-%08x%s", h.Sum32(), suffix)
	return id[:rulefile.MaxIDBytes-len(end)] + end
}

func idPart(text string) string {
	text = strings.ReplaceAll(text, "[]", ".each")
	clean := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '_', r == '.':
			return r
		case r == '{' || r == '}':
			return -1
		}
		return '-'
	}, text)
	return strings.Trim(clean, "-._")
}

// printable replaces what is no character for people.
func printable(r rune) rune {
	if !unicode.IsPrint(r) {
		return ' '
	}
	return r
}

// message cuts a message to its limit.
func message(text string) string {
	text = strings.Map(printable, text)
	if len(text) <= rulefile.MaxMessageBytes {
		return text
	}
	cut := rulefile.MaxMessageBytes - len("…")
	for cut > 0 && text[cut]&0xc0 == 0x80 {
		cut--
	}
	return text[:cut] + "…"
}

// listed are some words for people: "a, b and c".
func listed(words []string) string {
	const most = 10
	short := make([]string, 0, len(words))
	for i, word := range words {
		if i == most {
			return strings.Join(short, ", ") + " and " + strconv.Itoa(len(words)-most) + " more"
		}
		short = append(short, shown(word))
	}
	if n := len(short); n > 1 {
		return strings.Join(short[:n-1], ", ") + " and " + short[n-1]
	}
	return strings.Join(short, "")
}

// texted are texts as a list in a rule; many of them as a map, in which a text is found at once.
func texted(words []string) string {
	const many = 64
	quotes := make([]string, len(words))
	for i, word := range words {
		quotes[i] = strconv.Quote(word)
		if len(words) > many {
			quotes[i] += ": true"
		}
	}
	if len(words) > many {
		return "{" + strings.Join(quotes, ", ") + "}"
	}
	return "[" + strings.Join(quotes, ", ") + "]"
}
