//go:build !race

package media

const hoursOfDrift = 12
