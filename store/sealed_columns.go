package store

import "context"

// sealedColumn is a column of field cells: what a rotation brings over, a retirement counts, and a departure destroys.
// row and clinic are SQL expressions that give what Cell has in Row and Clinic.
type sealedColumn struct {
	table, column string
	row, clinic   string
}

const ofHouse = "''"

// sealedColumns lists every column that ends in _cell. A test walks the schema: a column that is not here fails it.
var sealedColumns = []sealedColumn{
	{"trunks", "secret_cell", "id", ofHouse},
	{"people", "name_cell", "id", ofHouse},
	{"people", "phone_cell", "id", ofHouse},
	{"devices", "secret_cell", "user", ofHouse},
	{"book_versions", "body_cell", "CAST(version AS TEXT)", ofHouse},
	{"calls", "from_cell", "id", "clinic"},
	{"calls", "dialled_cell", "id", "clinic"},
	{"accounts", "password_cell", "person", ofHouse},
	{"factors", "secret_cell", "id", ofHouse},
	{"proposals", "body_cell", "id", ofHouse},
	{"audit_keys", "body_cell", "CAST(version AS TEXT)", ofHouse},
	{"holds", "reason_cell", "id", ofHouse},
	{"disclosures", "recipient_cell", "id", ofHouse},
	{"disclosures", "purpose_cell", "id", ofHouse},
	{"break_glass", "reason_cell", "id", ofHouse},
	{"prompts", "sound_cell", "id", "clinic"},
	{"prompts", "text_cell", "id", "clinic"},
	{"unserved", "reason_cell", "call", "clinic"},
}

// holds reports whether cells of a clinic can lie in the column; the house's own lie in every one.
func (c sealedColumn) holds(clinic string) bool { return clinic == "" || c.clinic != ofHouse }

func (c sealedColumn) cell(row, clinic string) Cell {
	return Cell{Table: c.table, Column: c.column, Row: row, Clinic: clinic}
}

// of restricts to the cells of a clinic. The plus keeps SQLite to the order of rowids, which a pass goes by.
func (c sealedColumn) of() string {
	return " FROM " + c.table + " WHERE length(" + c.column + ") > 4 AND +" + c.clinic + " = ?"
}

// A cell begins with 01 and the version of its key in four bytes: security.md, "Keys".
func (c sealedColumn) version() string { return "substr(" + c.column + ", 2, 4)" }

func versionBytes(v uint32) []byte {
	return []byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
}

// cellVersion reads the version of the key from a cell; 0: it is none.
func cellVersion(cell []byte) uint32 {
	if len(cell) < 5 || cell[0] != 1 {
		return 0
	}
	return uint32(cell[1])<<24 | uint32(cell[2])<<16 | uint32(cell[3])<<8 | uint32(cell[4])
}

// countCells counts the cells of a clinic for which the condition on their version holds.
func (s *Store) countCells(ctx context.Context, clinic, condition string, version uint32) (int, error) {
	total := 0
	for _, c := range sealedColumns {
		if !c.holds(clinic) {
			continue
		}
		var n int
		query := "SELECT count(*)" + c.of() + " AND " + c.version() + condition
		if err := s.read.QueryRowContext(ctx, query, clinic, versionBytes(version)).Scan(&n); err != nil {
			return 0, named(err)
		}
		total += n
	}
	return total, nil
}
