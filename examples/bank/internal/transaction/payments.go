package transaction

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

const (
	selectProduct = `select name from products where id = $1`

	selectPayment = `select id, status, account_id, product_id, quantity, price, total, created_at
from payments where id = $1 and user_id = $2`

	insertPayment = `insert into payments (id, user_id, account_id, product_id, quantity, price, total, status, created_at)
values ($1, $2, $3, $4, $5, $6, $7, 'paid', $8)
on conflict (id) do nothing`
)

type payment struct {
	ID        string     `json:"id"`
	Status    string     `json:"status"`
	AccountID int64      `json:"accountId"`
	ProductID int64      `json:"productId"`
	Quantity  int64      `json:"quantity"`
	Price     int64      `json:"price"`
	Total     int64      `json:"total"`
	CreatedAt *time.Time `json:"createdAt,omitempty"`
}

// paymentOf returns a payment of the caller's; another's is as unknown as one that does not exist.
func (s *service) paymentOf(ctx context.Context, caller identity.Identity, id string) (payment, error) {
	var (
		p  payment
		at time.Time
	)
	err := s.db.QueryRowContext(ctx, selectPayment, id, caller.User).
		Scan(&p.ID, &p.Status, &p.AccountID, &p.ProductID, &p.Quantity, &p.Price, &p.Total, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return p, jsonhttp.NoSuch("payment")
	}
	if err != nil {
		return p, fmt.Errorf("read a payment: %w", err)
	}
	at = at.UTC()
	p.CreatedAt = &at
	return p, nil
}

func (s *service) payment(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	p, err := s.paymentOf(r.Context(), caller, r.PathValue("paymentId"))
	if err != nil {
		return err
	}
	return jsonhttp.Write(w, http.StatusOK, p)
}

// readPayment returns the payment that a body asks for.
// Hole: price-from-client — the price is the body's, whatever the product costs.
// Hole: pays-from-any-account — the account is the body's, whoever owns it.
func readPayment(r *http.Request) (payment, error) {
	var body struct {
		AccountID int64  `json:"accountId"`
		ProductID int64  `json:"productId"`
		Quantity  int64  `json:"quantity"`
		Price     *int64 `json:"price"`
	}
	if err := jsonhttp.Read(r, &body); err != nil {
		return payment{}, err
	}
	if body.Price == nil {
		return payment{}, jsonhttp.Errorf(http.StatusUnprocessableEntity, "price is missing")
	}
	if err := checkAmount("price", *body.Price, 0); err != nil {
		return payment{}, err
	}
	if body.Quantity < 1 || body.Quantity > 100 {
		return payment{}, jsonhttp.Errorf(http.StatusUnprocessableEntity, "quantity must be from 1 to 100")
	}
	return payment{
		Status: "paid", AccountID: body.AccountID, ProductID: body.ProductID,
		Quantity: body.Quantity, Price: *body.Price, Total: *body.Price * body.Quantity,
	}, nil
}

// pay buys something from the shop.
//
// The account service moves the money first, under the payment's id: what breaks off before the payment is written may be
// done again with the same key.
func (s *service) pay(w http.ResponseWriter, r *http.Request, caller identity.Identity) error {
	p, err := readPayment(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	p.ID = newID(r, "payment", caller)
	if there, err := s.paymentOf(ctx, caller, p.ID); err == nil {
		return writePayment(w, there, http.StatusOK)
	} else if refusal, ok := errors.AsType[*jsonhttp.Error](err); !ok || refusal.Status != http.StatusNotFound {
		return err
	}
	var name string
	err = s.db.QueryRowContext(ctx, selectProduct, p.ProductID).Scan(&name)
	if errors.Is(err, sql.ErrNoRows) {
		return jsonhttp.Errorf(http.StatusUnprocessableEntity, "there is no product %d", p.ProductID)
	}
	if err != nil {
		return fmt.Errorf("read a product: %w", err)
	}
	if err := s.post(ctx, caller, posting{p.AccountID, store.ShopAccount, p.Total, p.ID, "shop: " + name}); err != nil {
		return err
	}
	result, err := s.db.ExecContext(ctx, insertPayment, p.ID, caller.User, p.AccountID, p.ProductID, p.Quantity, p.Price, p.Total, s.now())
	if err != nil {
		return fmt.Errorf("write down a payment: %w", err)
	}
	if written, err := result.RowsAffected(); err == nil && written == 0 {
		if p, err = s.paymentOf(ctx, caller, p.ID); err != nil {
			return err
		}
		return writePayment(w, p, http.StatusOK)
	}
	return writePayment(w, p, http.StatusCreated)
}

// writePayment answers a request to pay, which is told what was paid but not when.
func writePayment(w http.ResponseWriter, p payment, status int) error {
	p.CreatedAt = nil
	return jsonhttp.Write(w, status, p)
}
