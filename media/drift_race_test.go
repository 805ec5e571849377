//go:build race

package media

const hoursOfDrift = 1 // the race detector makes twelve take most of a minute
