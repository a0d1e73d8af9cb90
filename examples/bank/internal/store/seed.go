package store

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"
)

var (
	firstNames = []string{
		"Ada", "Bruno", "Carla", "David", "Elif", "Frida", "Goran", "Hanna", "Ivo", "Jana",
		"Kofi", "Lena", "Milan", "Nora", "Omar", "Paula", "Quinn", "Rosa", "Sami", "Tilda",
	}
	lastNames = []string{
		"Albers", "Brandt", "Castell", "Dvorak", "Engel", "Falk", "Grimaldi",
		"Huber", "Ilic", "Jansen", "Keller", "Lindqvist", "Moreau",
	}
	mailHosts = []string{"example.com", "example.net", "example.org"}
	cities    = []string{
		"Aachen", "Bremen", "Cottbus", "Dresden", "Erfurt", "Freiburg",
		"Goslar", "Halle", "Ingolstadt", "Jena", "Kassel", "Leipzig",
	}
	streets = []string{"Market Square", "Station Road", "Mill Lane", "Church Street", "Harbour Street"}
	goods   = []string{
		"espresso cups", "desk lamp", "notebook", "rucksack", "umbrella", "headphones",
		"kettle", "bicycle bell", "chessboard", "blanket", "fountain pen", "water bottle",
		"hammock", "wall clock", "toolbox", "cookbook", "yoga mat", "telescope",
		"record player", "garden chair", "jigsaw", "lantern", "picture frame", "teapot",
	}
)

// City returns the city of a branch, which five branches share.
func City(branch int64) string { return cities[int(max(branch, 1)-1)%len(cities)] }

// seed returns what a bank with that many customers holds, table by table in the order of their references.
func seed(users int, now time.Time) ([]*rows, error) {
	people, err := seedUsers(users, now)
	if err != nil {
		return nil, err
	}
	history := newHistory(users, now)
	return []*rows{people, seedAccounts(history.net(), users, now), history.entries(), seedBranches(), seedProducts()}, nil
}

func seedUsers(users int, now time.Time) (*rows, error) {
	t := &rows{name: "users", columns: []string{
		"id", "username", "password_hash", "display_name", "email", "phone", "role", "daily_limit", "created_at",
	}}
	since := now.Add(-historyLength)
	t.add(ShopUser, "shop", noPassword, "The Shop", "shop@example.com", "+49 30 5550000", "customer", int64(0), since)
	for id := int64(1); id <= int64(users); id++ {
		first, last := firstNames[int(id)%len(firstNames)], lastNames[int(id)%len(lastNames)]
		role := "customer"
		if IsClerk(id) {
			role = "clerk"
		}
		salt := sha256.Sum256(strconv.AppendInt([]byte("salt of "), id, 10))
		hash, err := hashPassword(Password(id), salt[:16])
		if err != nil {
			return nil, err
		}
		email := fmt.Sprintf("%s.%s%d@%s", strings.ToLower(first), strings.ToLower(last), id, mailHosts[int(id)%len(mailHosts)])
		t.add(id, Username(id), hash, first+" "+last, email, fmt.Sprintf("+49 30 555%04d", id), role, DailyLimit, since)
	}
	return t, nil
}

func seedAccounts(net map[int64]int64, users int, now time.Time) *rows {
	t := &rows{name: "accounts", columns: []string{"id", "user_id", "kind", "iban", "balance", "opened_at"}}
	since := now.Add(-historyLength)
	t.add(ShopAccount, ShopUser, "current", iban(ShopAccount), capital+net[ShopAccount], since)
	for id := int64(1); id <= int64(users); id++ {
		current, savings := CurrentAccount(id), SavingsAccount(id)
		t.add(current, id, "current", iban(current), net[current], since)
		t.add(savings, id, "savings", iban(savings), net[savings], since)
	}
	return t
}

// iban returns the international number of an account, with its check digits.
func iban(account int64) string {
	number := fmt.Sprintf("12345678%010d", account)
	rest := 0
	for _, digit := range number + "131400" { // "DE00" in digits
		rest = (rest*10 + int(digit-'0')) % 97
	}
	return fmt.Sprintf("DE%02d%s", 98-rest, number)
}

func seedBranches() *rows {
	t := &rows{name: "branches", columns: []string{"id", "name", "city", "street", "phone"}}
	for id := int64(1); id <= Branches; id++ {
		street := streets[int(id-1)/len(cities)%len(streets)]
		t.add(id, City(id)+", "+street, City(id), fmt.Sprintf("%s %d", street, 1+id*7%90), fmt.Sprintf("+49 30 556%04d", id))
	}
	return t
}

func seedProducts() *rows {
	t := &rows{name: "products", columns: []string{"id", "name", "price"}}
	for id := int64(1); id <= Products; id++ {
		t.add(id, goods[id-1], Price(id))
	}
	return t
}
