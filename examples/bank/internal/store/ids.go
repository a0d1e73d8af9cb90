package store

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/google/uuid"
)

// What every freshly created bank holds. Money is in cents.
const (
	ShopUser    int64 = 0   // the shop has no password: nobody can log in as it
	ShopAccount int64 = 999 // receives payments and pays refunds

	Products = 24 // ids 1 to Products
	Branches = 60 // ids 1 to Branches

	StartBalance int64 = 500_000   // of each current account
	StartSavings int64 = 2_000_000 // of each savings account
	DailyLimit   int64 = 1_000_000 // of each customer's transfers
)

// Username returns the name under which a customer logs in; ids begin at 1.
func Username(id int64) string { return fmt.Sprintf("user%04d", id) }

// Password returns the password that a customer has in a freshly created bank.
func Password(id int64) string { return fmt.Sprintf("correct-horse-%04d", id) }

// IsClerk reports whether that user works for the bank and may look at customers: every fortieth does.
func IsClerk(id int64) bool { return id > 0 && id%40 == 0 }

// CurrentAccount returns the id of a user's current account.
func CurrentAccount(user int64) int64 { return 1000 + 2*user - 1 }

// SavingsAccount returns the id of a customer's savings account.
func SavingsAccount(user int64) int64 { return 1000 + 2*user }

// Price returns a product's price; it means nothing for an id outside 1 to Products.
func Price(product int64) int64 { return 495 + 1_000*(product*7%Products) }

// ResourceID returns the id of the "transfer", "payment" or "refund" that a user makes under an idempotency key, so that
// the same request made again finds it. User is the effective one.
func ResourceID(kind string, userID int64, key string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s:%d:%s", kind, userID, key)).String()
}

// codeKey is no secret: this is a demonstration, and the plan has to know what the customer's telephone shows.
const codeKey = "the bank's demonstration key for confirmation codes"

// Code returns the six digits that are "sent to the customer's telephone" to authorise a transfer.
func Code(transferID string) string {
	mac := hmac.New(sha256.New, []byte(codeKey))
	mac.Write([]byte(transferID))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(mac.Sum(nil))%1_000_000)
}
