package invariant

import (
	"errors"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/cost"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/interpreter"

	"github.com/spanwarden/spanwarden/internal/document"
)

// Sizes that the estimate of a rule's cost takes for usual: no call is refused for being larger, its evaluation only
// ends at [Options].CostLimit.
const (
	usualText = 256 // bytes
	usualList = 100 // elements
)

// lookUpCost is the cost of a question to the store: about that of ten fields.
const lookUpCost = 10

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
	case types.StructKind:
		return &cost.SizeEstimate{Min: 1, Max: 1}
	}
	return nil
}

// EstimateCallCost is part of [cost.Estimator]: the standard's costs, and ours like those of comparisons.
//
//nolint:gocritic // The signature is the interface's.
func (usual) EstimateCallCost(function, _ string, _ *cost.AstNode, _ []cost.AstNode) *cost.CallEstimate {
	switch function {
	case "same", "isUUID", "isDate", "isEmail", "day":
		return &cost.CallEstimate{CostEstimate: cost.Estimate{Min: 1, Max: usualText / 10}}
	}
	if function == "row" || function == "shown" || function == "earlier" {
		return &cost.CallEstimate{CostEstimate: cost.FixedCostEstimate(lookUpCost)}
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

// actual is what functions cost when they are evaluated, where that depends on what they are given.
type actual struct{}

// CallCost is part of [cost.ActualCostEstimator]; nil is the standard's cost.
func (actual) CallCost(function, _ string, args []ref.Val, _ ref.Val) *uint64 {
	var units uint64
	switch function {
	case "same", strictNames[operators.Equals], strictNames[operators.NotEquals]:
		units = min(extent(args[0]), extent(args[1]))
	case strictNames[operators.In]:
		units = extent(args[1])
	case askFunction:
		units = lookUpCost - 1 + extent(args[1])
	case "size", "lowerAscii", "upperAscii", "trim", "isUUID", "isDate", "isEmail":
		units = extent(args[0])
	case overloads.Matches: // linear in the text, with a factor
		units = 3 * extent(args[0])
	default:
		return nil
	}
	units++
	return &units
}

// extent is about how long it takes to go through a value: a unit for each element, or for ten bytes of a text.
func extent(v ref.Val) uint64 {
	switch v := v.(type) {
	case types.String:
		return uint64(len(v)) / 10
	case big:
		return uint64(len(v)) / 10
	case *listNode:
		return nodes(v.node)
	case *objectNode:
		return nodes(v.node)
	case traits.Sizer:
		if n, ok := v.Size().(types.Int); ok {
			return uint64(n)
		}
	}
	return 0
}

// nodes counts a node and all within it.
func nodes(n document.Node) uint64 {
	count := uint64(1)
	if kind := n.Kind(); kind == document.List || kind == document.Object {
		for i := range n.Len() {
			count += nodes(n.Item(i))
		}
	}
	return count
}
