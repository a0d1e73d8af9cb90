package apispec

import (
	"fmt"
	"strings"
)

// notes count what is left out, by why.
type notes struct {
	order []string
	found map[string]*note
}

type note struct {
	count int
	first string // where
}

// most kinds of notes; there are fewer but for hostile descriptions.
const mostNotes = 200

// add notes one thing that is left out. Why is a sentence without its end, such as "uniqueItems is not checked".
func (n *notes) add(why, where string) {
	if n.found == nil {
		n.found = make(map[string]*note)
	}
	known := n.found[why]
	if known == nil {
		if len(n.order) == mostNotes {
			return
		}
		known = &note{first: where}
		n.found[why] = known
		n.order = append(n.order, why)
	}
	known.count++
}

func (n *notes) sentences() []string {
	var all []string
	for _, why := range n.order {
		found := n.found[why]
		times := "once"
		if found.count > 1 {
			times = fmt.Sprintf("%d times, first", found.count)
		}
		all = append(all, why+": "+times+" at "+found.first)
	}
	return all
}

// shown makes a name from a description fit to be read: one line, not long.
func shown(name string) string {
	const most = 80
	name = strings.Join(strings.Fields(strings.Map(printable, name)), " ")
	if runes := []rune(name); len(runes) > most {
		name = string(runes[:most]) + "…"
	}
	return name
}
