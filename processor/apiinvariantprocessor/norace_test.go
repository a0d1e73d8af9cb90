//go:build !race

package apiinvariantprocessor

const raceDetector = false
