package nearest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

var keys = []string{"id", "kind", "service", "api", "when", "check", "message", "support", "disabled"}

func TestASlipIsKnownAndAnotherWordIsNot(t *testing.T) {
	for word, want := range map[string]string{
		"chekc": "check", "Check": "check", "checks": "check", "ap": "api", "sevice": "service", "": "", "x": "", "if": "", "severity": "",
		"meassage": "message", "disable": "disabled", "apis": "api",
	} {
		assert.Equal(t, want, Word(word, keys), word)
	}
}

func TestAHintIsTheSlipOrAllThereAre(t *testing.T) {
	assert.Equal(t, "did you mean check?", Hint("chekc", keys))
	assert.Equal(t, "there are a, b and c", Hint("severity", []string{"a", "b", "c"}))
	assert.Equal(t, "there is id", Hint("severity", []string{"id"}))
	assert.Equal(t, "there is none", Hint("severity", nil))
}
