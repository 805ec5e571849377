// Package keep answers one question: what is left when the machine is gone, or when somebody at the machine lies?
//
// Backup: everything that the data folder holds goes into a repository, encrypted and authenticated, in a folder or in
// an S3-compatible store (Repository, Back, Verify, Prune; docs/BACKUP-FORMAT.md is the contract). Restore puts it into
// a new folder, whole or not at all, and Drill proves that it would. Witness: checkpoints of the audit log leave the
// house, so that a log that was cut or rolled back is found out.
//
// keep holds no key: seal encrypts, and a repository opens by ROOT alone. It writes no plaintext outside the data folder
// it restores into, decides nothing about calls, and never stands in the way of one: it reads slowly and yields.
//
// Start with repo.go (how a repository is laid out), then backup.go, restore.go and drill.go.
package keep
