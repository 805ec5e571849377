-- +goose Up
-- What must be kept, what may go, and who got what. Cells here are under the house's key: they outlive a clinic that leaves.

CREATE TABLE holds (
  id          TEXT NOT NULL PRIMARY KEY,
  kind        TEXT NOT NULL,
  object      TEXT NOT NULL,
  clinic      TEXT NOT NULL,
  reason_cell BLOB,
  placed      INTEGER NOT NULL,
  placed_by   TEXT NOT NULL,
  released    INTEGER,
  released_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX holds_object ON holds (kind, object) WHERE released IS NULL;

CREATE TABLE retention (
  clinic      TEXT NOT NULL,
  artefact    TEXT NOT NULL,
  version     INTEGER NOT NULL,
  days        INTEGER NOT NULL,
  made        INTEGER NOT NULL,
  author      TEXT NOT NULL,
  approved_by TEXT NOT NULL,
  PRIMARY KEY (clinic, artefact, version)
) STRICT;

CREATE TABLE disclosures (
  id             TEXT NOT NULL PRIMARY KEY,
  made           INTEGER NOT NULL,
  clinic         TEXT NOT NULL,
  kind           TEXT NOT NULL,
  object         TEXT NOT NULL,
  call           TEXT NOT NULL,
  author         TEXT NOT NULL,
  recipient_cell BLOB,
  purpose_cell   BLOB
) STRICT;
CREATE INDEX disclosures_made ON disclosures (made, id);
CREATE INDEX disclosures_call ON disclosures (call) WHERE call <> '';

CREATE TABLE break_glass (
  id          TEXT NOT NULL PRIMARY KEY,
  person      TEXT NOT NULL,
  kind        TEXT NOT NULL,
  object      TEXT NOT NULL,
  clinic      TEXT NOT NULL,
  reason_cell BLOB,
  opened      INTEGER NOT NULL,
  until       INTEGER NOT NULL,
  closed      INTEGER,
  reviewed    INTEGER,
  reviewed_by TEXT NOT NULL DEFAULT '',
  verdict     TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX break_glass_open ON break_glass (person) WHERE closed IS NULL;
CREATE INDEX break_glass_unreviewed ON break_glass (opened) WHERE reviewed IS NULL;

-- An agent sees the calls that she took.
CREATE INDEX legs_person ON legs (person, call) WHERE answered IS NOT NULL;
