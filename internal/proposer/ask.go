package proposer

import (
	"context"
	"errors"
	"sync"
)

// mostFailures is how many questions may fail before no more are asked: a broken endpoint takes its time with each.
const mostFailures = 3

// stopped notes how many questions were not asked any more.
func (p *proposal) stopped(answers []answer) {
	left := 0
	for i := range answers {
		if !answers[i].asked {
			left++
		}
	}
	if left > 0 {
		p.fail("%d questions were not asked, since others failed", left)
	}
}

// answer is what came of a question.
type answer struct {
	text  string
	used  usage
	err   error
	asked bool
}

// ask asks all questions. The first goes alone, since it shows whether the endpoint is any good and what it takes. The
// error ends the asking.
func (p *proposal) ask(ctx context.Context, open []*question, round int) (answers []answer, stopped error) {
	answers = make([]answer, len(open))
	var mu sync.Mutex
	answered, failures := 0, 0
	one := func(i int) {
		messages := p.messages(open[i])
		text, used, err := p.endpoint.ask(ctx, messages)
		mu.Lock()
		defer mu.Unlock()
		answers[i] = answer{text, used, err, true}
		answered++
		if useless, ok := errors.AsType[*hopeless](err); ok {
			stopped = useless
		} else if isFailure(err) {
			if failures++; round == 1 && i == 0 || failures == mostFailures {
				stopped = err
			}
		}
		p.settings.Progress(Progress{
			Round: round, Rounds: p.settings.Rounds, Answered: answered, Questions: len(open), Rules: len(p.outcome.Rules),
		})
	}
	one(0)
	next := make(chan int)
	var workers sync.WaitGroup
	for range min(p.settings.Parallel, len(open)-1) {
		workers.Go(func() {
			for i := range next {
				mu.Lock()
				ended := stopped != nil || ctx.Err() != nil
				mu.Unlock()
				if !ended {
					one(i)
				}
			}
		})
	}
	for i := 1; i < len(open); i++ {
		next <- i
	}
	close(next)
	workers.Wait()
	return answers, stopped
}

// isFailure is whether a question was not answered at all.
func isFailure(err error) bool {
	_, mendable := errors.AsType[*amiss](err)
	return err != nil && !mendable && !errors.Is(err, errRefused)
}

// messages are what is sent for a question: the instructions, what is asked, and what was wrong with the last answer.
func (p *proposal) messages(q *question) []message {
	all := []message{{"system", p.instructions}, {"user", q.about}}
	switch {
	case q.wrong == "":
	case q.said == nil:
		all[1].Content += "\n" + q.wrong
	default:
		all = append(all, message{"assistant", string(q.said)}, message{"user", q.wrong})
	}
	return all
}

// meter adds up what an answer took.
func (p *proposal) meter(a *answer) {
	o := p.outcome
	switch {
	case a.used.metered:
		o.PromptTokens += a.used.prompt
		o.CompletionTokens += a.used.completion
	case a.asked && !isFailure(a.err):
		o.Unmetered++
	}
	cost := a.used.cost
	if cost == 0 {
		const million = 1e6
		prices := p.settings.Prices
		cost = (float64(a.used.prompt)*prices.Prompt + float64(a.used.completion)*prices.Completion) / million
	}
	o.Cost += cost
}
