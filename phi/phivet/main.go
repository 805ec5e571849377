// Command phivet is the privacy review that a machine can do: `make check` runs it over every room as
// `go vet -vettool`. It answers whether a clear value of package phi, or the raw text of a SIP message, could reach a log
// line, an error or a label. It never decides what may be shown to whom: that is the route table's. Start at check.go.
package main

import "golang.org/x/tools/go/analysis/unitchecker"

func main() { unitchecker.Main(Analyzer) }
