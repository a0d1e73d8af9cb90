package player

import (
	"context"
	"sync"

	"github.com/spanwarden/spanwarden/examples/bank/internal/plan"
)

// wallet has a place for the token of each login of a plan.
type wallet map[string]*place

// place is where a login leaves its token, for the lines that go on with it.
type place struct {
	line  int           // which logs in
	known chan struct{} // closed when there is a token, or none will come

	mu    sync.Mutex
	left  int // times that the line will yet try
	token string
}

func newWallet(p *plan.Plan) wallet {
	w := make(wallet)
	for i := range p.Calls {
		call := &p.Calls[i]
		if !isLogin(call) {
			continue
		}
		if w[call.Login] == nil {
			w[call.Login] = &place{line: call.Line, known: make(chan struct{})}
		}
		w[call.Login].left++
	}
	return w
}

// keep is told how a login ended: with a token, or without. A session that logs in anew goes on with the new one.
func (w wallet) keep(login, token string) {
	p := w[login]
	p.mu.Lock()
	defer p.mu.Unlock()
	p.left--
	first := p.token == "" && token != ""
	if token != "" {
		p.token = token
	}
	if first || p.token == "" && p.left == 0 {
		close(p.known)
	}
}

// token returns the token for a call, or nothing if its login failed. A call of another line than that which logs in
// waits until that is known.
func (w wallet) token(ctx context.Context, call *plan.Call) string {
	p := w[call.Login]
	if p == nil {
		return ""
	}
	if p.line != call.Line {
		select {
		case <-p.known:
		case <-ctx.Done():
			return ""
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.token
}
