package sqltext

import (
	"strings"
	"unicode/utf8"
)

// whole is what is read of a text, in valid UTF-8, and whether it was cut.
func whole(text string) (string, bool) {
	cut := len(text) > MaxText || isUsualLimit(len(text))
	text = text[:min(len(text), MaxText)]
	if !isASCII(text) {
		cut = cut || isUsualLimit(utf8.RuneCountInString(text))
		text = strings.ToValidUTF8(text, "\uFFFD")
	}
	end := len(text)
	for end > 0 && classes[text[end-1]] == space {
		end--
	}
	short, ellipsis := strings.CutSuffix(text[:end], "…")
	return short, cut || ellipsis || strings.HasSuffix(short, "...") // which may stand in a comment
}

// isUsualLimit: SDKs, agents and exporters cut attribute values at this length, some of them in bytes, some in
// characters, and mostly leave no mark. A cut may fall where a whole statement could end, in front of the OR or the
// UNION that matters. So a text of just that length is taken for one that was cut: of all the statements that are whole,
// few have it, and a rule about those does not apply.
func isUsualLimit(length int) bool {
	switch length {
	case 128, 255, 256, 500, 512, 1000, 1024, 2000, 2048, 4000, 4096, 8000, 8192, 10000, 16384, 32768, 65535:
		return true
	}
	return false
}

func isASCII(text string) bool {
	for len(text) >= 8 {
		if load(text, 0)&tops != 0 {
			return false
		}
		text = text[8:]
	}
	return load(text, 0)&tops == 0
}
