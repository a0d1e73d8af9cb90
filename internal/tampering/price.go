package tampering

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// prices are the money in objects that answers showed, by the names of the money and of a text beside it.
type prices map[tariff]map[string]map[string]bool // text, then amounts

// tariff is what has a price: the name of a text in objects that have money of another name.
type tariff struct{ thing, money string }

// bill is an amount of money in a request, with the texts of the request.
type bill struct {
	amount string
	things []string
}

const maxObjects = 100_000 // texts with a price

func (p prices) add(o *value) {
	for i, v := range o.items {
		if v.kind != number || !isMoney(o.names[i]) {
			continue
		}
		for j, beside := range o.items {
			if beside.kind != text || beside.text == "" || len(beside.text) > 100 {
				continue
			}
			t := tariff{o.names[j], o.names[i]}
			if p[t] == nil {
				p[t] = make(map[string]map[string]bool)
			}
			amounts := p[t][beside.text]
			if amounts == nil {
				if len(p[t]) == maxObjects {
					continue
				}
				amounts = make(map[string]bool)
				p[t][beside.text] = amounts
			}
			amounts[v.key()] = true
		}
	}
}

func newBill(c *call, amount *value) bill {
	b := bill{amount: amount.key()}
	for _, l := range c.fields() {
		if l.value.kind == text && l.value.text != "" {
			b.things = append(b.things, l.value.text)
		}
	}
	return b
}

// findPrices finds what determines the money in requests: of at least ten bills that name a thing with one single price in
// the whole recording, 19 of 20 say that price.
func (s *Survey) findPrices() {
	tariffs := slices.SortedFunc(maps.Keys(s.objects), func(a, b tariff) int {
		return cmp.Or(strings.Compare(a.thing, b.thing), strings.Compare(a.money, b.money))
	})
	for key, bills := range s.bills {
		for _, t := range tariffs {
			priced, right := 0, 0
			for i := range bills {
				if price := s.price(t, bills[i].things); price != "" {
					priced++
					if price == bills[i].amount {
						right++
					}
				}
			}
			if priced >= 10 && right*20 >= priced*19 {
				s.costs[key] = append(s.costs[key], t)
			}
		}
	}
	s.bills = nil
}

// price is what the only thing among texts costs that always costs the same, "" if there is none.
func (s *Survey) price(t tariff, things []string) (price string) {
	for _, thing := range things {
		if amounts := s.objects[t][thing]; len(amounts) == 1 {
			for amount := range amounts {
				if price != "" && price != amount {
					return ""
				}
				price = amount
			}
		}
	}
	return price
}

// plausiblePrice is what something else costs.
func plausiblePrice(at *spot) (change, bool) {
	if at.field == nil || !at.value.isNumber() || at.value.key() == "0" {
		return none, false
	}
	for _, t := range at.survey.costs[fieldKey{at.call.api, at.path}] {
		if at.survey.price(t, newBill(at.call, at.value).things) != at.value.key() {
			continue
		}
		var all, usual []string // usual: other calls had them
		for amount := range at.survey.others(t) {
			if amount == at.value.key() || amount == "0" {
				continue
			}
			all = append(all, amount)
			if at.field.values[amount] != nil {
				usual = append(usual, amount)
			}
		}
		if len(usual) > 0 {
			all = usual
		}
		if len(all) > 0 {
			slices.Sort(all)
			return set(at.value.like(all[at.rng.IntN(len(all))])), true
		}
	}
	return none, false
}

// others are all amounts of a tariff.
func (s *Survey) others(t tariff) map[string]bool {
	all := make(map[string]bool)
	for _, amounts := range s.objects[t] {
		maps.Copy(all, amounts)
	}
	return all
}
