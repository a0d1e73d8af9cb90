package plan

import (
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// Attacks on who one is and what one may.
func sessionKinds() []kind {
	return []kind{
		tampering("mass_assignment_role", "makes itself a clerk by its profile", massAssignment, func(r *raid) {
			v := r.intrude(r.at, r.attackers.climber(), r.address(), pick(r.random, browsers))
			r.around(v, func(v *visit) {
				v.profile()
				r.repeat(v, 1, func() { v.changeProfile(promotion(v)) })
			})
			v.depart(0.5)
		}),
		tampering("mass_assignment_limit", "raises its daily limit by its profile", massAssignment, func(r *raid) {
			r.amid(func(v *visit) {
				v.profile()
				r.repeat(v, 1, func() {
					v.changeProfile(map[string]any{"email": store.Username(v.user) + "@mail.example", "dailyLimit": 100 * store.DailyLimit})
				})
			})
		}),
		tampering("elevated_role", "makes itself a clerk, looks up customers", massAssignment, elevatedRole),
		tampering("forged_token", "writes another role into its token", refused, tamper(2, func(r *raid, v *visit) {
			v.send(Call{Method: "GET", Path: "/customers/" + number(r.victim(v)), Forge: "clerk"})
		})),
		tampering("forged_traceparent", "reads accounts as if it were a service", readWithoutOwner,
			tamper(5, func(r *raid, v *visit) {
				trace := hexadecimal(v.random, 16)
				v.send(Call{
					Method: "GET", Path: "/accounts/" + number(accountOf(v, r.victim(v))), TraceID: trace,
					Header: map[string]string{"traceparent": "00-" + trace + "-" + hexadecimal(v.random, 8) + "-01"},
				})
			})),
	}
}

func promotion(v *visit) any {
	return map[string]any{"displayName": pick(v.random, names), "role": "clerk"}
}

// elevatedRole needs two sessions: a token has the role that its user had at the login.
func elevatedRole(r *raid) {
	user, address, agent := r.attackers.climber(), r.address(), pick(r.random, browsers)
	before := r.intrude(r.at, user, address, agent)
	r.around(before, func(v *visit) {
		v.profile()
		v.strike(r.index, func() { v.changeProfile(promotion(v)) })
	})
	before.logOut()
	after := r.intrude(before.now+between(r.random, 5*time.Second, 20*time.Second), user, address, agent)
	after.line = before.line // not before the other session is over, however slow the bank is
	r.around(after, func(v *visit) {
		r.repeat(v, 3, func() { v.customer(r.victim(v)) })
	})
	after.depart(0.5)
}
