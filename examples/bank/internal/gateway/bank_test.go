package gateway_test

import "testing"

// TestBank tries every call of the public API, on each database.
func TestBank(t *testing.T) {
	t.Parallel()
	everyDatabase(t, func(t *testing.T, b *bank) {
		for _, part := range []struct {
			name string
			test func(t *testing.T, b *bank)
		}{
			{"public pages", publicPages},
			{"log in and out", logInAndOut},
			{"no token, no answer", noToken},
			{"the services know who is calling", identities},
			{"requests that cannot be understood", malformed},
			{"accounts", accounts},
			{"statement", statement},
			{"search", search},
			{"profile", profile},
			{"customers", customersForClerks},
			{"products", products},
			{"a transfer from its beginning to its end", transferSteps},
			{"refused transfers", refusedTransfers},
			{"authorisation", authorisation},
			{"the daily limit", dailyLimit},
			{"transfers are begun once", transfersOnce},
			{"payments", payments},
			{"refused payments", refusedPayments},
			{"payments are made once", paymentsOnce},
			{"refunds", refunds},
			{"refunds are made once", refundsOnce},
			{"hole: read-without-owner", readWithoutOwner},
			{"hole: skipped-step", skippedStep},
			{"hole: price-from-client", priceFromClient},
			{"hole: pays-from-any-account", paysFromAnyAccount},
			{"hole: refund-without-state", refundWithoutState},
			{"hole: mass-assignment", massAssignment},
			{"hole: sql-concatenation", sqlConcatenation},
			{"hole: unchecked-mandate", uncheckedMandate},
			{"hole: unbounded-text", unboundedText},
			{"many at the same time", manyAtOnce},
		} {
			t.Run(part.name, func(t *testing.T) { part.test(t, b) })
		}
		b.balanced(t)
	})
}
