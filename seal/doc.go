// Package seal answers one question: how is what we store kept from everybody who does not hold the key, and how do we
// know that nobody changed it? It is the only room that touches a cipher.
//
// Three things live here. Recordings: NBR1, the sealed file that is written a record a second while people speak
// (Header, Writer, Reader, WAV, Verify, Recover; docs/RECORDING-FORMAT.md is the contract, byte for byte), and the
// Folder they lie in. Keys: Slots opens ROOT (by passphrase, key file, systemd
// credential, TPM, or the recovery key put together from its shares), the Ring of versioned keys hangs from it, and a key of the ring wraps the
// data key of a recording, seals a field cell or blinds a telephone number for the index. The Spool: a sealed,
// append-only file for events that cannot go to the database now.
//
// seal never writes a key or a plaintext to a disk, never logs, never decides who may read, and knows no SQL: wrapped
// keys are kept through the Vault port. Nothing in the packet path waits for it: a Writer belongs to one goroutine,
// allocates nothing per record and does not sync.
//
// Under GOFIPS140=v1.0.0 with GODEBUG=fips140=on everything here runs in the validated module except Argon2id, which
// turns a passphrase into a slot's key: Argon2 is not an approved function, and golang.org/x/crypto lies outside the
// module's boundary. An installation that must have no such step opens ROOT by a key file or a systemd credential.
//
// Start with writer.go, then walker.go (the one place that authenticates records), then ring.go.
package seal
