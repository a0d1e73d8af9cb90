//go:build !race

package trail

// many clients.
const many = 100_000
