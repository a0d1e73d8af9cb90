//go:build !race

package apitrafficprocessor

const raceDetector = false
