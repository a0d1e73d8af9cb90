package plan

import (
	"time"

	"github.com/spanwarden/spanwarden/examples/bank/internal/store"
)

// Attacks that consist in how often is called and what is walked through, after those of API-TAD.
func trafficKinds() []kind {
	const least = 30 * time.Minute // what a slow walk takes to be one
	return []kind{
		{
			Kind: Kind{
				Name: "flood", Title: "28 clients at once ask for statements",
				Expect: []string{byDoS, byTraffic},
			},
			raid: flood, lasts: 2 * time.Minute, least: 2 * time.Minute,
		},
		{
			Kind: Kind{
				Name: "theft_loud", Title: "walks through accounts, 600 a minute",
				Expect: []string{byTraffic, byDoS}, Hole: readWithoutOwner,
			},
			raid: theftLoud, lasts: 90 * time.Second, least: 90 * time.Second,
		},
		{
			Kind: Kind{
				Name: "theft_slow", Title: "walks through accounts, 3 a minute",
				Expect: []string{byTraffic, byLowRate}, Hole: readWithoutOwner,
			},
			raid: theftSlow, least: least,
		},
		{
			Kind: Kind{
				Name: "theft_distributed", Title: "the same by 40 clients, 12 an hour each",
				Expect: []string{byTraffic}, Hole: readWithoutOwner,
			},
			raid: theftDistributed, least: least,
		},
		{
			Kind: Kind{
				Name: "probing", Title: "tries paths as scanners do, 4 a minute",
				Expect: []string{byTraffic, byLowRate},
			},
			raid: probing, lasts: 20 * time.Minute, least: 20 * time.Minute,
		},
		{
			Kind: Kind{
				Name: "password_guessing", Title: "guesses passwords, 5 a minute",
				Expect: []string{byTraffic, byLowRate},
			},
			raid: passwordGuessing, lasts: 20 * time.Minute, least: 20 * time.Minute,
		},
	}
}

// anew is how long a stolen login is used before the attacker logs in anew: tokens do not last for ever.
const anew = 8 * time.Hour

// settle is how long attackers take from their logins to their first attacking calls, at most.
const settle = 4 * time.Second

// flood is many clients who ask, each for its own, for what costs the bank most.
func flood(r *raid) {
	const clients, gap = 28, 1500 * time.Millisecond
	end := r.at + r.length
	for range clients {
		v := r.intrude(r.at+between(r.random, 0, settle/2), r.attackers.reader(), r.address(), pick(r.random, browsers))
		v.logIn()
		v.pause = between(v.random, settle/4, settle/2)
		r.every(v, end, r.gap(gap), 0.2, func(int) { v.statement(store.CurrentAccount(v.user), 50) })
	}
}

// every makes an attacking call again and again until the end, so far apart, give or take a part of it.
func (r *raid) every(v *visit, end, gap time.Duration, part float64, do func(i int)) {
	for i := 0; v.now+v.pause < end; i++ {
		v.strike(r.index, func() { do(i) })
		v.pause = max(time.Millisecond, around(v.random, gap, part))
	}
}

// step i of the walk through all accounts, which begins anew after the last one.
func (r *raid) walk(v *visit, i int) {
	v.account(store.CurrentAccount(1) + int64(i%(2*r.options.Users)))
}

// theftLoud uses several connections, since on one the answers would have to be waited for.
func theftLoud(r *raid) {
	const connections, gap, agent = 4, 100 * time.Millisecond, "python-requests/2.32.4"
	address, user := r.address(), r.attackers.reader()
	first := r.intrude(r.at, user, address, agent)
	first.logIn()
	for c := range connections {
		v := first
		if c > 0 {
			v = r.connect(r.at, address, agent)
			v.user, v.login = user, first.login
		}
		v.pause = settle + time.Duration(c)*r.gap(gap) - (v.now - r.at)
		r.every(v, r.at+r.length, connections*r.gap(gap), 0.1, func(i int) { r.walk(v, connections*i+c) })
	}
}

// theftSlow is a machine that has time.
func theftSlow(r *raid) {
	const gap = 20 * time.Second
	v := r.intrude(r.at, r.attackers.reader(), r.address(), pick(r.random, browsers))
	walked := 0
	for end := r.at + r.length; v.now < end && end-v.now >= v.pause; {
		v.logIn()
		v.pause = between(v.random, settle/4, settle)
		r.every(v, min(end, v.now+anew), r.gap(gap), 0.5, func(int) {
			r.walk(v, walked)
			walked++
		})
	}
}

// theftDistributed is many stolen logins of which none calls often.
func theftDistributed(r *raid) {
	const clients, gap = 40, 5 * time.Minute
	apart, end := r.gap(gap)/clients, r.at+r.length
	for c := range clients {
		turn := r.at + settle + time.Duration(c)*apart
		if turn >= end {
			return
		}
		begin := max(r.at, turn-between(r.random, settle, 30*time.Second))
		v := r.intrude(begin, r.attackers.reader(), r.address(), pick(r.random, browsers))
		v.logIn()
		good := begin + anew
		for i := c; turn < end; i += clients {
			if v.now > good {
				v.logIn()
				good = v.now + anew
			}
			v.pause = max(time.Second, turn+between(v.random, 0, apart)-v.now)
			if v.now+v.pause >= end {
				break
			}
			v.strike(r.index, func() { r.walk(v, i) })
			turn += apart * clients
		}
	}
}

// probing asks for what badly kept servers have.
func probing(r *raid) {
	const gap = 15 * time.Second
	v := r.connect(r.at, r.address(), "Mozilla/5.0 zgrab/0.x")
	first := v.random.IntN(len(scanned))
	r.every(v, r.at+r.length, r.gap(gap), 0.4, func(i int) { v.get(scanned[(first+i)%len(scanned)]) })
}

var scanned = []string{
	"/.env", "/.git/config", "/.git/HEAD", "/.aws/credentials", "/.DS_Store", "/.htpasswd", "/.ssh/id_rsa", "/.vscode/sftp.json",
	"/wp-login.php", "/wp-admin/setup-config.php", "/xmlrpc.php", "/phpmyadmin/index.php", "/admin", "/admin/login", "/administrator/",
	"/actuator/env", "/actuator/health", "/actuator/heapdump", "/server-status", "/debug/pprof/", "/debug/vars", "/metrics", "/status",
	"/api/v1/users", "/api/v2/users", "/api/swagger.json", "/swagger-ui.html", "/openapi.json", "/v2/api-docs", "/graphql", "/console/",
	"/config.json", "/config.yml", "/backup.zip", "/backup.sql", "/dump.sql", "/db.sqlite", "/old/", "/test.php", "/info.php", "/phpinfo.php",
	"/cgi-bin/luci", "/boaform/admin/formLogin", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/solr/admin/info/system",
	"/manager/html", "/jenkins/login", "/owa/auth/logon.aspx", "/autodiscover/autodiscover.xml", "/telescope/requests", "/_profiler/phpinfo",
	"/accounts", "/profile", "/products", "/customers/1", "/customers/2", "/accounts/1", "/search?q=test", "/payments/1", "/users/1",
}

// passwordGuessing tries what many people take for a password.
func passwordGuessing(r *raid) {
	const names, gap = 3, 12 * time.Second
	v := r.connect(r.at, r.address(), "Go-http-client/1.1")
	var users [names]int64
	for i := range users {
		users[i] = r.victim(v)
	}
	r.every(v, r.at+r.length, r.gap(gap), 0.4, func(i int) {
		v.user = users[i%names]
		v.logInWith(guessed[i/names%len(guessed)])
	})
}

var guessed = []string{
	"123456", "password", "12345678", "qwerty", "123456789", "12345", "1234", "111111", "1234567", "dragon", "123123", "baseball", "abc123",
	"football", "monkey", "letmein", "shadow", "master", "666666", "qwertyuiop", "123321", "mustang", "1234567890", "michael", "654321",
	"superman", "1qaz2wsx", "7777777", "121212", "000000", "qazwsx", "123qwe", "killer", "trustno1", "jordan", "jennifer", "zxcvbnm",
}
