package invariant

import (
	"errors"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/interpreter"
)

// Sizes that the estimate of a rule's cost takes for usual: no call is refused for being larger, its evaluation only
// ends at [Options].CostLimit.
const (
	usualText = 256 // bytes
	usualList = 100 // elements
)

// affordable refuses a rule that would cost too much on calls of usual size, such as one of three loops inside each
// other.
func (p place) affordable(key string, checked *cel.Ast) bool {
	estimate, err := p.env.EstimateCost(checked, usual{})
	if err != nil {
		p.tell(key, 1, 1, "the cost of the expression cannot be estimated: %v", err)
		return false
	}
	if estimate.Max > p.options.MaxCost {
		p.tell(key, 1, 1, "the expression may cost %d on a call whose lists have %d elements, and %d is the most: go through fewer lists inside each other",
			estimate.Max, usualList, p.options.MaxCost)
		return false
	}
	return true
}

// usual estimates the sizes of what comes from calls.
type usual struct{}

// EstimateSize is part of [cost.Estimator].
func (usual) EstimateSize(element cost.AstNode) *cost.SizeEstimate {
	switch element.Type().Kind() {
	case types.ListKind, types.MapKind:
		return &cost.SizeEstimate{Max: usualList}
	case types.StringKind, types.BytesKind:
		return &cost.SizeEstimate{Max: usualText}
	case types.DynKind:
		return &cost.SizeEstimate{Max: usualList}
	}
	return nil
}

// EstimateCallCost is part of [cost.Estimator]: the standard's costs, and ours like those of comparisons.
//
//nolint:gocritic // The signature is the interface's.
func (usual) EstimateCallCost(function, _ string, _ *cost.AstNode, _ []cost.AstNode) *cost.CallEstimate {
	switch function {
	case "same", "isUUID", "isDate", "isEmail":
		return &cost.CallEstimate{CostEstimate: cost.Estimate{Min: 1, Max: usualText / 10}}
	}
	return nil
}

// foreignReason maps errors that CEL makes to reasons.
func foreignReason(err error) Reason {
	if _, cancelled := errors.AsType[interpreter.EvalCancelledError](err); cancelled {
		return Cost
	}
	switch message := err.Error(); {
	case strings.HasPrefix(message, "no such overload"):
		return Mismatch
	case strings.HasPrefix(message, "no such key"), strings.HasPrefix(message, "no such attribute"), strings.HasPrefix(message, "index out of bounds"):
		return Missing
	}
	return Other
}
