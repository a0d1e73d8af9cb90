package main

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"time"
)

// length of the log.
const length = 3 * time.Hour

// attack is a stretch of the log.
type attack struct {
	what    string
	address string
	after   time.Duration // from the beginning
	lasts   time.Duration
	rate    int // requests a minute
	request func(i int) (line string, status int)
}

var attacks = []attack{
	{
		"slow probing for files, two requests a minute", "203.0.113.66", 40 * time.Minute, 30 * time.Minute, 2,
		func(i int) (string, int) { return fmt.Sprintf("GET /backup-%c.zip", 'a'+i%26), 404 },
	},
	{
		"slow walk through accounts, two requests a minute", "198.51.100.23", 60 * time.Minute, 45 * time.Minute, 2,
		func(i int) (string, int) { return fmt.Sprintf("GET /api/accounts/%d", 1000+i), 200 },
	},
	{
		"flood of the search, three minutes", "192.0.2.99", 130 * time.Minute, 3 * time.Minute, 3000,
		func(int) (string, int) { return "GET /api/search", 200 },
	},
}

// pages that visitors look at, the more popular the earlier.
var pages = []string{"GET /", "GET /api/products", "GET /api/products/%d", "GET /api/search", "GET /app.js", "POST /api/orders", "GET /api/orders/%d", "GET /old-link"}

// writeLog writes an access log in the combined format that begins at that time
// and returns how many lines it has. It is the same log every time.
func writeLog(path string, begin time.Time) (int, error) {
	rng := rand.New(rand.NewPCG(1, 1))
	type entry struct {
		at   time.Time
		line string
	}
	var entries []entry
	add := func(at time.Time, address, request string, status, size int) {
		entries = append(entries, entry{at, fmt.Sprintf(`%s - - [%s] "%s HTTP/1.1" %d %d "-" "Mozilla/5.0"`,
			address, at.Format("02/Jan/2006:15:04:05 -0700"), request, status, size)})
	}
	for minute := range int(length / time.Minute) {
		for range 40 + rng.IntN(40) {
			at := begin.Add(time.Duration(minute)*time.Minute + time.Duration(rng.IntN(60))*time.Second)
			page := pages[min(rng.IntN(len(pages)), rng.IntN(len(pages)))]
			status := 200
			if strings.Contains(page, "old") {
				status = 404
			}
			if strings.Contains(page, "%d") {
				page = fmt.Sprintf(page, rng.IntN(500))
			}
			add(at, fmt.Sprintf("100.64.%d.%d", rng.IntN(4), rng.IntN(250)), page, status, 500+rng.IntN(4000))
		}
	}
	for _, a := range attacks {
		n := int(a.lasts.Minutes()) * a.rate
		for i := range n {
			request, status := a.request(i)
			add(begin.Add(a.after+a.lasts*time.Duration(i)/time.Duration(n)), a.address, request, status, 1500)
		}
	}
	slices.SortStableFunc(entries, func(a, b entry) int { return a.at.Compare(b.at) })

	file, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	out := bufio.NewWriter(file)
	for _, e := range entries {
		fmt.Fprintln(out, e.line)
	}
	if err := out.Flush(); err != nil {
		return 0, err
	}
	return len(entries), file.Close()
}
