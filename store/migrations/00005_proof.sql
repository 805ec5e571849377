-- +goose Up
-- The proof of the audit log. first and until are seqs, until is behind the last; digest is SHA-256 of the file.
CREATE TABLE audit_epochs (
  epoch INTEGER NOT NULL PRIMARY KEY,
  first INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_segments (
  first       INTEGER NOT NULL PRIMARY KEY,
  until       INTEGER NOT NULL,
  newest      INTEGER NOT NULL,
  file        TEXT    NOT NULL,
  digest      BLOB    NOT NULL,
  key_version INTEGER NOT NULL,
  sealed      INTEGER NOT NULL,
  removed     INTEGER
) STRICT;

CREATE TABLE review_items (
  id         TEXT    NOT NULL PRIMARY KEY,
  rule       TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  clinic     TEXT    NOT NULL,
  found      INTEGER NOT NULL,
  body       TEXT    NOT NULL,
  settled    INTEGER,
  settled_by TEXT    NOT NULL DEFAULT '',
  reason     TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX review_open ON review_items (found) WHERE settled IS NULL;
