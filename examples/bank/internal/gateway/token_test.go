package gateway

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/banktime"
)

func TestATokenIsGoodUntilItExpires(t *testing.T) {
	t.Parallel()
	now := time.Now()
	signer := tokens{key: []byte("key")}
	said := claims{User: 7, Session: "s", Role: "customer", Expires: now.Unix() + 60}
	token, err := signer.sign(said)
	require.NoError(t, err)
	for _, test := range []struct {
		signer tokens
		now    time.Time
		ok     bool
	}{
		{signer, now, true},
		{signer, now.Add(58 * time.Second), true},
		{signer, now.Add(60 * time.Second), false},
		{tokens{key: []byte("another")}, now, false},
	} {
		c, ok := test.signer.check(token, test.now)
		assert.Equal(t, test.ok, ok)
		if ok {
			assert.Equal(t, said, c)
		}
	}
}

func TestNoOtherTextIsAToken(t *testing.T) {
	t.Parallel()
	signer := tokens{key: []byte("key")}
	now := time.Now()
	token, err := signer.sign(claims{User: 7, Session: "s", Role: "customer", Expires: now.Unix() + 60})
	require.NoError(t, err)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.IntRange(0, len(token)-2).Draw(t, "at") // the last character has bits that mean nothing
		with := rapid.StringOfN(rapid.RuneFrom([]rune("Aa0_-.")), 0, 2, -1).Draw(t, "with")
		other := token[:at] + with + token[at+1:]
		if other == token {
			t.Skip("what was drawn does not change the token")
		}
		_, ok := signer.check(other, now)
		assert.False(t, ok, other)
	})
}

func TestTheLastRevokedSessionsAreRemembered(t *testing.T) {
	t.Parallel()
	var r revoked
	assert.False(t, r.has("0"))
	for i := range maxRevoked + 10 {
		r.add(fmt.Sprint(i))
		r.add(fmt.Sprint(i))
	}
	assert.False(t, r.has("9"))
	assert.True(t, r.has("10"))
	assert.True(t, r.has(fmt.Sprint(maxRevoked+9)))
	assert.Len(t, r.sessions, maxRevoked)
}

func TestAGatewayNeedsToKnowItsServices(t *testing.T) {
	t.Parallel()
	for missing, options := range map[string]Options{
		"clock": {Account: "http://a", Transaction: "http://t"},
		"URLs":  {Clock: banktime.Real(), Account: "http://a"},
	} {
		_, err := New(options)
		assert.ErrorContains(t, err, missing)
	}
}
