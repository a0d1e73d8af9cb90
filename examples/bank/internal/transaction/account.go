package transaction

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/spanwarden/spanwarden/examples/bank/internal/identity"
	"github.com/spanwarden/spanwarden/examples/bank/internal/jsonhttp"
)

// ownerOf asks the account service whose account that is; an unknown account is a 422.
func (s *service) ownerOf(ctx context.Context, caller identity.Identity, account int64) (int64, error) {
	var answer struct {
		UserID int64 `json:"userId"`
	}
	_, err := s.account.Call(ctx, http.MethodGet, fmt.Sprintf("/accounts/%d", account), caller.Header(), nil, &answer)
	if refusal, ok := errors.AsType[*jsonhttp.Error](err); ok && refusal.Status == http.StatusNotFound {
		return 0, jsonhttp.Errorf(http.StatusUnprocessableEntity, "there is no account %d", account)
	}
	return answer.UserID, err
}

// posting is money to be moved. Its reference is the id of what it is for: the account service moves it once, however
// often it is asked.
type posting struct {
	FromAccount int64  `json:"fromAccount"`
	ToAccount   int64  `json:"toAccount"`
	Amount      int64  `json:"amount"`
	Reference   string `json:"reference"`
	Text        string `json:"text"`
}

// post asks the account service to move money. No transaction may be open meanwhile: it would be in that service's way.
func (s *service) post(ctx context.Context, caller identity.Identity, p posting) error {
	_, err := s.account.Call(ctx, http.MethodPost, "/postings", caller.Header(), p, nil)
	return err
}
