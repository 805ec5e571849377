//go:build !race

package media

// poolAllowance is how many allocations a packet are forgiven: none.
const poolAllowance = 0
