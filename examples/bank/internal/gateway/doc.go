// Package gateway is the bank's public API: it knows who is calling and passes requests on to the account and the
// transaction service. openapi.yaml describes it.
//
// The bank has these holes on purpose, so that there is something to find. Each is marked in the code by "Hole:" and its
// name, and there are to be no others.
//
//	name                   call                                what is missing
//	read-without-owner     GET /accounts/{accountId}           a look at whose account it is
//	skipped-step           POST /transfers/{id}/execute        a look at whether the transfer was authorised
//	price-from-client      POST /payments                      the product's own price: the client's is charged
//	pays-from-any-account  POST /payments                      a look at whose account pays
//	refund-without-state   POST /payments/{id}/refund          a look at whether the payment was refunded before
//	mass-assignment        PATCH /profile                      a list of what may be changed: role and dailyLimit are too
//	sql-concatenation      GET /search?q=                      a parameter: the text goes into the SQL statement
//	unbounded-text         POST /transfers                     a limit to the note, other than the body's
//	unchecked-mandate      any, with X-On-Behalf-Of: <userId>  a look at whether that user gave a power of attorney
package gateway
