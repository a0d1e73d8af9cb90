package plan

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// The bank's calls, one method each. Those that make something return the id that it will have.

type credentials struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// order is the body of a transfer. The amount is any, since attackers do not keep to integers.
type order struct {
	FromAccount int64  `json:"fromAccount"`
	ToAccount   int64  `json:"toAccount"`
	Amount      any    `json:"amount"`
	Note        string `json:"note"`
}

// purchase is the body of a payment.
type purchase struct {
	AccountID int64 `json:"accountId"`
	ProductID int64 `json:"productId"`
	Quantity  int64 `json:"quantity"`
	Price     int64 `json:"price"`
}

func (p *purchase) total() int64 { return p.Quantity * p.Price }

type complaint struct {
	Amount int64  `json:"amount"`
	Reason string `json:"reason"`
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func (v *visit) get(path string) { v.send(Call{Method: http.MethodGet, Path: path}) }

func (v *visit) post(path string, body any) {
	v.send(Call{Method: http.MethodPost, Path: path, Body: object(body)})
}

func (v *visit) logIn() { v.logInWith(store.Password(v.user)) }

func (v *visit) logInWith(password string) {
	v.post("/login", credentials{store.Username(v.user), password})
}

func (v *visit) logOut() { v.send(Call{Method: http.MethodPost, Path: "/logout"}) }

func (v *visit) accounts() { v.get("/accounts") }

func (v *visit) account(id int64) { v.get("/accounts/" + number(id)) }

func (v *visit) statement(account int64, limit int) {
	v.get("/accounts/" + number(account) + "/statement?limit=" + strconv.Itoa(limit))
}

func (v *visit) transfer(o order) (id string) { return v.create("transfer", "/transfers", o) }

func (v *visit) authorise(transfer, code string) {
	v.post("/transfers/"+transfer+"/authorise", map[string]string{"code": code})
}

func (v *visit) execute(transfer string) {
	v.send(Call{Method: http.MethodPost, Path: "/transfers/" + transfer + "/execute"})
}

func (v *visit) products() { v.get("/products") }

func (v *visit) pay(p purchase) (id string) { return v.create("payment", "/payments", p) }

func (v *visit) payment(id string) { v.get("/payments/" + id) }

func (v *visit) refund(payment string, c complaint) {
	v.create("refund", "/payments/"+payment+"/refund", c)
}

// create asks for something new under an idempotency key.
func (v *visit) create(kind, path string, body any) (id string) {
	header, id := v.key(kind)
	v.send(Call{Method: http.MethodPost, Path: path, Body: object(body), Header: header})
	return id
}

func (v *visit) profile() { v.get("/profile") }

func (v *visit) changeProfile(fields any) {
	v.send(Call{Method: http.MethodPatch, Path: "/profile", Body: object(fields)})
}

func (v *visit) search(text string) { v.get("/search?q=" + url.QueryEscape(text)) }

func (v *visit) customer(id int64) { v.get("/customers/" + number(id)) }

func (v *visit) branch(id int) { v.get("/branches/" + strconv.Itoa(id)) }
