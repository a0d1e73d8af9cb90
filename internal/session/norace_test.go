//go:build !race

package session

// many clients.
const many = 100_000
