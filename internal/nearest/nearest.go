// Package nearest guesses which of the words that are known somebody meant.
package nearest

import "strings"

// Hint is the end of an error about an unknown word: which known one it looks like, or which there are.
func Hint(word string, known []string) string {
	if near := Word(word, known); near != "" {
		return "did you mean " + near + "?"
	}
	switch n := len(known); n {
	case 0:
		return "there is none"
	case 1:
		return "there is " + known[0]
	default:
		return "there are " + strings.Join(known[:n-1], ", ") + " and " + known[n-1]
	}
}

// Word returns the known word that the given one is a slip of, in any case, or "".
func Word(word string, known []string) string {
	const longest = 40 // so long a word is no slip
	if len(word) > longest {
		return ""
	}
	word = strings.ToLower(word)
	best, bestDistance := "", 3
	for _, candidate := range known {
		distance := edits(word, strings.ToLower(candidate))
		// Of a short word more than a third would make it another word.
		if distance < bestDistance && distance <= max(len(candidate), len(word))/3 {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// edits counts the insertions, deletions, replacements and swaps of neighbours that make a of b (optimal string
// alignment).
func edits(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			change := last[j]
			if a[i] != b[j] {
				change++
			}
			row[j+1] = min(change, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
