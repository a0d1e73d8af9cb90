//go:build race

package session

// many clients; fewer under the race detector, which is slow.
const many = 10_000
