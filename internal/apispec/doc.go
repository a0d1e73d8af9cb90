// Package apispec makes rules of what is written down of an application before any traffic of it is seen: the description
// of its API (OpenAPI 3.0 and 3.1) and the statements that make its database (see package ddl).
//
//	spec, err := apispec.OpenAPI("openapi.yaml", apispec.Options{})
//	spec.Rules()   // openapi.createPayment.req.body.quantity.range: req.body.quantity >= 1 && req.body.quantity <= 100
//	spec.Columns() // req.body.quantity of POST /payments: integer, required
//	spec.Skipped() // uniqueItems is not checked: once at tags in the request's body of POST /products
//
// A rule says of the traffic what the description says of the API, and no more: what telemetry does not show, such as
// headers that nobody records, is no rule. Every rule compiles. What is not understood is left out and told.
//
// Files are read up to a size and a depth, nothing that they refer to is ever opened, and rules are bounded in number:
// whoever writes the description may be anybody.
package apispec
