package store

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

const (
	// historyLength is how long the bank has existed when it is created.
	historyLength = 180 * 24 * time.Hour
	// capital is what the shop had when the bank opened, besides its entries: enough for all refunds that anybody may get.
	capital int64 = 1_000_000_000_000
)

// posting is money that was moved from one account to another before the bank was created.
type posting struct {
	from, to int64
	amount   int64
	text     string
	at       time.Time
}

// history is what was booked before the bank was created, about twelve entries for each account.
type history struct {
	now      time.Time
	rng      *rand.Rand
	postings []posting
}

func newHistory(users int, now time.Time) *history {
	h := &history{now: now, rng: rand.New(rand.NewPCG(1, 1))}
	for id := int64(1); id <= int64(users); id++ {
		current, savings := CurrentAccount(id), SavingsAccount(id)
		for range 4 {
			product := 1 + h.rng.Int64N(Products)
			h.add(current, ShopAccount, Price(product), "shop: "+goods[product-1])
		}
		for range 4 {
			h.add(current, savings, 1_000*h.between(5, 40), "savings plan")
			h.add(ShopAccount, savings, h.between(300, 1_500), "interest")
		}
		for range 3 {
			h.add(savings, current, 1_000*h.between(5, 60), "from savings")
		}
		other := 1 + h.rng.Int64N(int64(users))
		if other != id {
			h.add(current, CurrentAccount(other), 100*h.between(5, 300),
				h.oneOf("rent", "dinner", "concert tickets", "birthday present", "shared flat", "petrol"))
		}
	}
	slices.SortStableFunc(h.postings, func(a, b posting) int { return cmp.Compare(a.at.UnixMilli(), b.at.UnixMilli()) })
	h.open(users)
	return h
}

func (h *history) between(least, most int64) int64 { return least + h.rng.Int64N(most-least+1) }

func (h *history) oneOf(texts ...string) string { return texts[h.rng.IntN(len(texts))] }

// add makes a posting at a random second.
func (h *history) add(from, to, amount int64, text string) {
	ago := time.Duration(h.between(3_600, int64(historyLength/time.Second)-86_400)) * time.Second
	h.postings = append(h.postings, posting{from, to, amount, text, h.now.Add(-ago).Truncate(time.Second)})
}

// open puts in front what was paid in when the accounts were opened, so much that they end up with what they start with.
func (h *history) open(users int) {
	net := h.net()
	begin := h.now.Add(-historyLength)
	var opening []posting
	for id := int64(1); id <= int64(users); id++ {
		current, savings := CurrentAccount(id), SavingsAccount(id)
		opening = append(opening,
			posting{ShopAccount, current, StartBalance - net[current], "opening", begin},
			posting{ShopAccount, savings, StartSavings - net[savings], "opening", begin})
	}
	h.postings = append(opening, h.postings...)
}

// net returns the sum of the entries of each account.
func (h *history) net() map[int64]int64 {
	net := make(map[int64]int64)
	for _, p := range h.postings {
		net[p.from] -= p.amount
		net[p.to] += p.amount
	}
	return net
}

// entries returns both entries of every posting, in the order of their time.
func (h *history) entries() *rows {
	t := &rows{name: "entries", columns: []string{"account_id", "counter_account", "amount", "text", "reference", "period", "booked_at"}}
	for i, p := range h.postings {
		reference := ResourceID("history", ShopUser, strconv.Itoa(i))
		t.add(p.from, p.to, -p.amount, p.text, reference, Period(p.at), p.at)
		t.add(p.to, p.from, p.amount, p.text, reference, Period(p.at), p.at)
	}
	return t
}
