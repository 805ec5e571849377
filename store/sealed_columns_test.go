package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"nightbell/access"
	"nightbell/audit"
	"nightbell/phi"
	"nightbell/policy"
)

// cellReaders reads all of a column's cells the way the program does.
var cellReaders = []struct {
	table, column string
	read          func(*Store) error
}{
	{"trunks", "secret_cell", func(s *Store) error {
		return errors.Join(second(s.TrunkSecret(ctx, "carrier")), second(s.TrunkSecret(ctx, "second")))
	}},
	{"people", "name_cell", func(s *Store) error { return second(s.Book(ctx)) }},
	{"people", "phone_cell", func(s *Store) error { return second(s.Book(ctx)) }},
	{"devices", "secret_cell", func(s *Store) error {
		return errors.Join(second(s.DeviceSecret(ctx, "amy-desk")), second(s.DeviceSecret(ctx, "wu-desk")))
	}},
	{"book_versions", "body_cell", readHistory},
	{"calls", "from_cell", func(s *Store) error { return second(s.Calls(ctx, CallQuery{Limit: 1000})) }},
	{"calls", "dialled_cell", func(s *Store) error { return second(s.Calls(ctx, CallQuery{Limit: 1000})) }},
	{"accounts", "password_cell", func(s *Store) error {
		return errors.Join(second(s.Account(ctx, "amy")), second(s.Account(ctx, "wu")))
	}},
	{"factors", "secret_cell", func(s *Store) error {
		return errors.Join(second(s.Factors(ctx, "amy")), second(s.Factors(ctx, "wu")))
	}},
	{"proposals", "body_cell", func(s *Store) error { return second(s.Proposals(ctx)) }},
	{"audit_keys", "body_cell", func(s *Store) error { return second(s.VerifyAudit(ctx, nil)) }},
	{"holds", "reason_cell", func(s *Store) error { return second(s.Holds(ctx, EveryHold)) }},
	{"disclosures", "recipient_cell", func(s *Store) error { return second(s.Disclosures(ctx, DisclosureQuery{})) }},
	{"disclosures", "purpose_cell", func(s *Store) error { return second(s.Disclosures(ctx, DisclosureQuery{})) }},
	{"break_glass", "reason_cell", func(s *Store) error { return second(s.BreakGlasses(ctx, time.Time{})) }},
	{"prompts", "sound_cell", readPrompts},
	{"prompts", "text_cell", readPrompts},
	{"unserved", "reason_cell", func(s *Store) error { return second(s.UnservedCallers(ctx, UnservedQuery{})) }},
}

func readPrompts(s *Store) error {
	list, err := s.Prompts(ctx, PromptQuery{Removed: true})
	for _, p := range list {
		err = errors.Join(err, second(s.PromptSound(ctx, p.ID)))
		if p.Text.IsZero() {
			err = errors.Join(err, ErrDamaged)
		}
	}
	return err
}

var ctx = context.Background()

func readHistory(s *Store) error {
	versions, err := textsOf(ctx, s.read, "SELECT 'b' || version FROM book_versions")
	for _, v := range versions {
		if e := second(s.BookAt(ctx, v)); !errors.Is(e, ErrNotFound) {
			err = errors.Join(err, e)
		}
	}
	return err
}

// populate puts at least two cells into every column.
func populate(t testing.TB, s *Store) {
	t.Helper()
	b := demoBook()
	b.Trunks = append(b.Trunks, policy.Trunk{ID: "second", Name: "Second"})
	apply(t, s, b)
	b.People[0].Phone = phi.NewPhone("+12125550166")
	apply(t, s, b)
	for _, id := range []string{"amy", "wu"} {
		joined(t, s, id)
		err := errors.Join(
			second(s.AddFactor(ctx, root, access.Factor{Person: id, Kind: access.TOTP, Secret: []byte("canary of " + id)})),
			second(s.Propose(ctx, root, proposal("proposal-"+id))),
			s.EnrolDevice(ctx, root, Enrolment{User: id + "-desk", Person: id, Secret: []byte("canary of " + id)}),
			second(s.PlaceHold(ctx, root, Hold{Kind: HoldClinic, Object: "elm", Reason: phi.NewText("held for " + id)})),
			second(s.Disclose(ctx, root, Disclosure{
				Kind: "export", Object: "recording:r1", Clinic: "elm", Recipient: phi.NewText("court of " + id), Purpose: phi.NewText("asked by " + id),
			})),
			second(s.OpenBreakGlass(ctx, root, BreakGlass{
				Person: id, Kind: HoldClinic, Object: "elm", Reason: phi.NewText("reason of " + id), Until: s.now().Add(30 * time.Minute),
			})),
			second(s.PutPrompt(ctx, root, Prompt{
				Clinic: "elm", Name: "greeting", Kind: SealedPrompt, Source: "text", Text: phi.NewText("words of " + id),
			}, []byte(strings.Repeat("sound of "+id, 2)))),
			s.AddUnserved(ctx, Unserved{Call: "lost-" + id, Clinic: "elm", Arrived: s.now(), Why: "caller_gone"}),
			s.SettleUnserved(ctx, root, Unserved{Call: "lost-" + id, State: WrittenOff, Reason: phi.NewText("rang again, said " + id)}),
		)
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{"carrier", "second"} {
		if err := s.SetTrunkSecret(ctx, root, id, []byte("canary of "+id)); err != nil {
			t.Fatal(err)
		}
	}
	j := s.Journal(nil)
	tell(j, "one", "+12125550111")
	tell(j, "two", "+12125550112")
	j.Close()
}

// seeded is the signer of a test's log: by the last seed, which knows the others.
func seeded(t testing.TB, s *Store, seeds ...byte) *audit.Signer {
	t.Helper()
	var all [][]byte
	for _, x := range seeds {
		all = append([][]byte{bytes.Repeat([]byte{x}, 32)}, all...)
	}
	signer, err := audit.NewSigner(audit.Origin(s.Instance()), all[0], all[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// A column whose name says that it holds cells is in the list, and a test reads it.
func TestNoColumnOfCellsIsForgotten(t *testing.T) {
	s := fresh(t)
	found, err := textsOf(ctx, s.read, `SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c
		WHERE m.type = 'table' AND c.name LIKE '%cell' ORDER BY 1`)
	if err != nil || len(found) < 15 {
		t.Fatal(found, err)
	}
	var listed, read []string
	for _, c := range sealedColumns {
		listed = append(listed, c.table+"."+c.column)
	}
	for _, c := range cellReaders {
		read = append(read, c.table+"."+c.column)
	}
	slices.Sort(listed)
	slices.Sort(read)
	if !slices.Equal(found, listed) {
		t.Errorf("in the schema: %v\nin sealedColumns: %v", found, listed)
	}
	if !slices.Equal(found, read) {
		t.Errorf("in the schema: %v\nin cellReaders: %v", found, read)
	}
	for _, c := range sealedColumns { // the expressions are columns of theirs
		if _, err := s.read.Exec("SELECT "+c.row+c.of(), "elm"); err != nil {
			t.Errorf("%s.%s: %v", c.table, c.column, err)
		}
	}
}

// Somebody with an editor swaps, bends or carries cells about: nothing of it is read as if it were whole.
func TestEveryBentCellIsRefused(t *testing.T) {
	opt := made(t)
	s := opened(t, opt)
	populate(t, s)
	if err := s.ChangeSigner(ctx, seeded(t, s, 5, 6)); err != nil {
		t.Fatal(err)
	}
	for _, c := range cellReaders {
		if err := c.read(s); err != nil {
			t.Fatalf("%s.%s as it was: %v", c.table, c.column, err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for i, c := range cellReaders {
		rows := cellsOf(t, opt.Path, c.table, c.column)
		if len(rows) < 2 {
			t.Fatalf("%s.%s: %d cells to swap", c.table, c.column, len(rows))
		}
		other := cellReaders[(i+3)%len(cellReaders)]
		foreign := cellsOf(t, opt.Path, other.table, other.column)[0]
		for what, edit := range map[string]map[int64][]byte{
			"two rows swapped":      {rows[0].row: rows[1].cell, rows[1].row: rows[0].cell},
			"one copied to another": {rows[1].row: rows[0].cell},
			"of another column":     {rows[0].row: foreign.cell},
			"a bit turned":          {rows[0].row: turned(rows[0].cell)},
			"cut":                   {rows[0].row: rows[0].cell[:len(rows[0].cell)-1]},
		} {
			path := copyOf(t, opt.Path, fmt.Sprint(i, strings.ReplaceAll(what, " ", "-")))
			for row, cell := range edit {
				rewrite(t, path, c.table, c.column, row, cell)
			}
			refused(t, path, c.table+"."+c.column+" "+what, c.read)
		}
	}
	for column, read := range map[string]func(*Store) error{"from_cell": cellReaders[5].read, "dialled_cell": cellReaders[6].read} {
		path := copyOf(t, opt.Path, "moved-"+column)
		bend(t, path, "UPDATE calls SET clinic = 'oak' WHERE id = 'one'")
		refused(t, path, "calls."+column+" moved to another clinic", read)
	}
}

// refused opens the bent file and wants its cells not to be given, nor quoted.
func refused(t *testing.T, path, what string, read func(*Store) error) {
	t.Helper()
	heard := make(ear, 100)
	s, err := Open(Options{Path: path, Trouble: heard.hear})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Unseal(fakeSealer{"k"}, seeded(t, s, 5, 6)); err != nil {
		t.Fatalf("%s: calls are not answered: %v", what, err)
	}
	err = read(s)
	if err == nil || !errors.Is(err, ErrDamaged) {
		t.Errorf("%s: %v", what, err)
	} else if strings.Contains(err.Error(), "canary of") || strings.Contains(err.Error(), "5550") {
		t.Errorf("%s: the error quotes it", what)
	}
}

type rowCell struct {
	row  int64
	cell []byte
}

func cellsOf(t *testing.T, path, table, column string) (list []rowCell) {
	t.Helper()
	db, err := openPool(path, 1, []pragma{{"busy_timeout", "5000", "5000"}})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	query := "SELECT rowid, " + column + " FROM " + table + " WHERE length(" + column + ") > 4 ORDER BY rowid DESC LIMIT 2"
	err = each(ctx, db, query, func(rows *sql.Rows) error {
		var r rowCell
		err := rows.Scan(&r.row, &r.cell)
		r.cell = bytes.Clone(r.cell)
		list = append(list, r)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func rewrite(t *testing.T, path, table, column string, row int64, cell []byte) {
	t.Helper()
	bend(t, path, fmt.Sprintf("UPDATE %s SET %s = X'%x' WHERE rowid = %d", table, column, cell, row))
}

func turned(cell []byte) []byte {
	c := bytes.Clone(cell)
	c[len(c)/2] ^= 1
	return c
}

func copyOf(t *testing.T, path, name string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), name+".db")
	if err := os.WriteFile(to, readAll(t, path), 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}
