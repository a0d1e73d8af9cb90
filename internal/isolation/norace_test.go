//go:build !race

package isolation

// many services with forests.
const many = 50
