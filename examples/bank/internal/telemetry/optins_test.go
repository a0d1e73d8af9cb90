package telemetry

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestParseOptIns(t *testing.T) {
	for text, want := range map[string]OptIns{
		"all": All, "none": None, " all ": All, "user": User, "user, rows": User | Rows, "rows,rows": Rows,
		"user,bodies,sizes,query,headers,parameters,rows,text": All,
	} {
		got, err := ParseOptIns(text)
		assert.NoError(t, err, text)
		assert.Equal(t, want, got, text)
	}
	for text, word := range map[string]string{"user,cookies": `"cookies"`, "": `""`, "user,": `""`, "User": `"User"`, "user,all": `"all"`} {
		_, err := ParseOptIns(text)
		assert.ErrorContains(t, err, "unknown group of attributes "+word, text)
		assert.ErrorContains(t, err, "user, bodies, sizes, query, headers, parameters, rows, text", text)
	}
}

func TestOptInsAreReadAsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		set := rapid.Custom(func(t *rapid.T) OptIns { return OptIns(rapid.Uint16Range(0, uint16(All)).Draw(t, "bits")) }).Draw(t, "set")
		got, err := ParseOptIns(set.String())
		if err != nil || got != set {
			t.Fatalf("%d is written as %q and read as %d, %v", set, set, got, err)
		}
	})
}
