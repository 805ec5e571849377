// Package book reads the rules as a file: TOML in, policy.Book out, and back. It answers "what does this file say, what is
// wrong with it, and what would it change?".
//
// The file is declarative: it holds everything, what is not in it is gone once it is applied. Reading is strict: an unknown
// key, a value of the wrong type and a rule that makes no sense are all named at once, each with line, column and field, and
// one of them is enough for nothing to be applied. Names and telephone numbers never appear in a mistake or a difference.
// The package does no I/O and stores nothing. Start with Parse; configs/demo.toml is the annotated contract.
package book
