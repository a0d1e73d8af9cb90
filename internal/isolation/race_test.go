//go:build race

package isolation

// many services with forests; fewer under the race detector, which is slow.
const many = 5
