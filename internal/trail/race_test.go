//go:build race

package trail

// many clients; fewer under the race detector, which is slow.
const many = 10_000
