//go:build stories

package main

import (
	"fmt"
	"io"
	"os/exec"
	"testing"
	"time"
)

// lock is another process that holds the database: the sqlite3 command in the middle of a transaction.
type lock struct {
	t   *testing.T
	cli *process
	in  io.WriteCloser
}

func (s *stand) lock() *lock {
	s.t.Helper()
	cmd := exec.Command("sqlite3", databasePath(s.dir))
	in, err := cmd.StdinPipe()
	fail(s.t, err)
	l := &lock{s.t, start(s.t, cmd), in}
	fmt.Fprint(in, ".timeout 10000\nBEGIN IMMEDIATE;\nSELECT 'he' || 'ld';\n")
	l.cli.await("held", 15*time.Second)
	return l
}

// release gives the database back, unchanged.
func (l *lock) release() {
	l.t.Helper()
	fmt.Fprint(l.in, "ROLLBACK;\n")
	_ = l.in.Close()
	<-l.cli.gone
}
