// Package seal answers one question: how is what we store kept from everybody who does not hold the key, and how do we
// know that nobody changed it? It is the only room that touches a cipher.
//
// Three things live here. Recordings: NBR1, the sealed file that is written a record a second while people speak
// (Header, Writer, Reader, WAV, Verify, Recover; docs/RECORDING-FORMAT.md is the contract, byte for byte), and the
// Folder they lie in. Keys: Slots opens ROOT (by passphrase, key file, systemd credential, TPM, or the recovery key put
// together from its shares on paper), the Ring of versioned keys hangs from it, and a key of the ring wraps the data key
// of a recording, seals a field cell or blinds a telephone number for the index. The Spool: a sealed, append-only file
// for events that cannot go to the database now.
//
// seal never writes a key or a plaintext to a disk, never logs, never decides who may read, and knows no SQL: wrapped
// keys are kept through the Vault port. Nothing in the packet path waits for it: a Writer belongs to one goroutine,
// allocates nothing per record and does not sync.
//
// Under GOFIPS140=v1.0.0 with GODEBUG=fips140=on everything that is stored is sealed in the validated module. Outside it
// are Argon2id (a passphrase's slot), HPKE with X25519 (recovery key, escrow slots, the spool of a sealed house) and the
// arithmetic of shares: docs/FIPS.md says which installation needs none of them.
//
// Start with writer.go, then walker.go (the one place that authenticates records), then ring.go.
package seal
