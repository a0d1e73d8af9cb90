package proposer

import (
	_ "embed"
	"strings"
)

// language tells the model what it is for, how data is marked, and what rules are written in.
//
//go:embed language.txt
var language string

// rowsLanguage is the part about collections, for schemas that have some.
//
//go:embed rows.txt
var rowsLanguage string

// Marks of what is data. JSON has no < or > in it as it is written here.
const (
	dataBegins = "\n<schema>\n"
	dataEnds   = "\n</schema>\n"
)

const taskAlone = `Propose invariants for each API of the schema below, looking at one call at a time:
1. common-sense: values that make sense, such as positive amounts and counts, an end after its start, a total that is made of its parts, fields that are always there together, what a status goes with, an answer that repeats what was asked for;
2. format: how a value is written, such as a UUID, a date, an e-mail address, digits, a length, one of a few words;
3. environment: what the caller may do, such as an argument that is the caller's own user id, or a role that is required.
`

const taskBeside = `Propose invariants that join what stands in a pair of the schema below, as a foreign key joins two tables:
1. database: the API with a table, such as an argument that its statements use as a key, a condition on the owner in each statement, tables and operations that its calls may touch, a row that belongs to the caller;
2. related-API: the API with another API, such as an argument that an earlier answer showed to the same caller, a value that is what the earlier answer said, a child call that gets the same argument, an API that must have been called before.
Propose for the pairs only, and leave out those that have nothing to do with each other.
`

// instructions are what every question begins with.
func instructions(schema *Schema) string {
	rows := ""
	if len(schema.Collections) > 0 {
		rows = rowsLanguage
	}
	text := strings.ReplaceAll(language, "{{rows}}\n", rows)
	var lines strings.Builder
	for _, example := range examples {
		if !example.rows || rows != "" {
			lines.Write(plain(example.rule))
			lines.WriteByte('\n')
		}
	}
	return strings.ReplaceAll(text, "{{examples}}\n", lines.String())
}

// ruleText is a rule as the model writes it, and as it gets it back.
type ruleText struct {
	API     any    `json:"api"` // a text or a list of them
	Kind    string `json:"kind,omitempty"`
	When    string `json:"when,omitempty"`
	Check   string `json:"check"`
	Message string `json:"message,omitempty"`
}

// examples are about an application that is not the user's. Those with rows are for schemas that have collections.
var examples = []struct {
	rule ruleText
	rows bool
}{
	{rule: ruleText{
		API: "POST /transfers", Kind: "common-sense",
		Check: `req.body.amount > 0 && req.body.toAccount != req.body.fromAccount`, Message: "the amount of a transfer is not positive, or it goes nowhere",
	}},
	{rule: ruleText{
		API: "POST /bookings", Kind: "format", Check: `isDate(req.body.day) && req.body.seats.all(s, s.matches("^[0-9]{1,2}[A-F]$"))`,
		Message: "a seat or the day of a booking is not written as usual",
	}},
	{rule: ruleText{
		API: "GET /users/{userId}", Kind: "environment", When: `resp.status == 200`,
		Check: `same(req.path.userId, env.user.id) || "clerk" in env.user.roles`, Message: "somebody reads another user's data",
	}},
	{rule: ruleText{
		API: "GET /orders/{id}", Kind: "database",
		Check: `db.all(s, s.table != "orders" || same(s.where.id, req.path.id) && same(s.where.user_id, env.user.id))`, Message: "an order is read without its owner",
	}},
	{rule: ruleText{
		API: "POST /checkout", Kind: "related-API", When: `resp.status == 201`,
		Check: `calls.all(c, c.route != "/payments" || same(c.req.body.orderId, resp.body.orderId))`, Message: "a checkout pays for another order",
	}},
	{rows: true, rule: ruleText{
		API: "POST /orders/{id}/pay", Kind: "related-API",
		Check:   `shown("orders", req.path.id) && same(row("orders", req.path.id).price, req.body.price)`,
		Message: "an order is paid that was not shown to the caller, or at another price",
	}},
}
