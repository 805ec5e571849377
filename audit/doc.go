// Package audit answers two questions: what must be remembered, and can anybody have edited the memory?
//
// What: Actions is the closed list. An Event becomes a leaf, canonical JSON without PHI in clear. Whether: the leaves
// form a Merkle tree as in RFC 6962 (golang.org/x/mod/sumdb/tlog), and each group of leaves ends in a Checkpoint, a
// C2SP signed note (Ed25519) of the tree's size and root. Verify walks a whole log and names the first seq that does
// not hold; Prove and CheckProof do the same for one leaf.
//
// It never does I/O, never holds a key longer than a Signer lives, and does not know where leaves are kept: store
// writes them in the transaction of the change that they speak of.
//
// Its limits: a log cut back to an earlier checkpoint, with everything after it gone, looks whole here. Only a
// checkpoint that was witnessed elsewhere shows it (Log.Witness).
//
// Start with Event, then Leaf, Tree and Verify.
package audit
