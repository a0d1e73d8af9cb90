//go:build !race

package lowrate

// many clients.
const many = 100_000
