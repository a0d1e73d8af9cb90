package identity_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
)

func TestAnIdentityTravelsInAHeader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := identity.Identity{
			User:    rapid.Int64().Draw(t, "user"),
			Session: rapid.StringMatching(`[0-9a-f-]*`).Draw(t, "session"),
			Roles:   rapid.SliceOfN(rapid.StringMatching(`[a-z]+`), 1, 3).Draw(t, "roles"),
		}
		got, ok := identity.FromHeader(want.Header())
		assert.True(t, ok)
		assert.Equal(t, want, got)
	})
	_, ok := identity.FromHeader(http.Header{})
	assert.False(t, ok)
}

func TestTell(t *testing.T) {
	t.Parallel()
	i := identity.Identity{User: 7, Session: "s", Roles: []string{"clerk"}}
	i.Tell(t.Context(), nil)
	i.Tell(t.Context(), func(_ context.Context, userID, sessionID string, roles []string) {
		assert.Equal(t, []any{"7", "s", []string{"clerk"}}, []any{userID, sessionID, roles})
	})
	assert.True(t, i.Has(identity.Clerk))
	assert.False(t, i.Has("customer"))
}
