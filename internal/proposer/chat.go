package proposer

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// message is one of a conversation.
type message struct {
	Role    string `json:"role"` // system, user, assistant
	Content string `json:"content"`
}

// chatRequest is what is sent: https://platform.openai.com/docs/api-reference/chat/create.
type chatRequest struct {
	Model               string          `json:"model"`
	Messages            []message       `json:"messages"`
	Temperature         *float64        `json:"temperature,omitempty"`
	MaxTokens           int             `json:"max_tokens,omitempty"`
	MaxCompletionTokens int             `json:"max_completion_tokens,omitempty"`
	ResponseFormat      *responseFormat `json:"response_format,omitempty"`
	Stream              bool            `json:"stream"`
}

type responseFormat struct {
	Type string `json:"type"`
}

// chatResponse is as much of an answer as is read. Cost is what some gateways add.
type chatResponse struct {
	Choices []struct {
		FinishReason string `json:"finish_reason"`
		Message      struct {
			Content *string `json:"content"`
			Refusal *string `json:"refusal"`
		} `json:"message"`
	} `json:"choices"`
	Usage *struct {
		PromptTokens     float64 `json:"prompt_tokens"`
		CompletionTokens float64 `json:"completion_tokens"`
		Cost             float64 `json:"cost"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

// usage is what an answer took, as the endpoint tells.
type usage struct {
	metered            bool
	prompt, completion int
	cost               float64
}

// amiss is an answer that the model may mend when it is asked again.
type amiss struct{ problem string }

func (e *amiss) Error() string { return "the answer " + e.problem }

// errRefused is an answer that the model does not want to give; asking again would not change that.
var errRefused = errors.New("the model refuses to answer")

// readChat returns the text of an answer.
func readChat(body []byte, maxTokens int) (text string, used usage, err error) {
	var response chatResponse
	if err := json.Unmarshal(body, &response); err != nil {
		return "", used, fmt.Errorf("the endpoint's answer is no JSON of a chat completion: %s", clip(err.Error(), maxToldRule))
	}
	if u := response.Usage; u != nil {
		used = usage{metered: true, prompt: count(u.PromptTokens), completion: count(u.CompletionTokens), cost: max(0, u.Cost)}
	}
	if len(response.Choices) == 0 {
		if len(response.Error) > 0 && string(response.Error) != "null" {
			return "", used, fmt.Errorf("the endpoint answers with an error: %s", problemIn(body))
		}
		return "", used, &amiss{"is empty: it has no choices"}
	}
	choice := &response.Choices[0]
	switch content := choice.Message.Content; {
	case choice.Message.Refusal != nil && *choice.Message.Refusal != "":
		return "", used, fmt.Errorf("%w: %s", errRefused, clip(*choice.Message.Refusal, maxToldRule))
	case choice.FinishReason == "content_filter":
		return "", used, fmt.Errorf("%w: its content filter ended the answer", errRefused)
	case choice.FinishReason == "length":
		return "", used, &amiss{fmt.Sprintf("was cut off at %d tokens: propose fewer rules, the most important ones", maxTokens)}
	case content == nil || *content == "":
		return "", used, &amiss{"is empty"}
	default:
		return *content, used, nil
	}
}

// count returns a number of tokens; what makes no sense is none.
func count(tokens float64) int {
	const most = 1e9
	if !(tokens > 0) || tokens > most {
		return 0
	}
	return int(math.Round(tokens))
}
