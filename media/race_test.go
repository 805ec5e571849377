//go:build race

package media

// poolAllowance: under the race detector sync.Pool, which pion/srtp's AES-CM leans on, throws items away on purpose.
const poolAllowance = 2
