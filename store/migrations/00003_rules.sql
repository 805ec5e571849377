-- +goose Up
-- A version of a schedule holds its layers and overrides. Its edits, of which there may be thousands, stand in rows of
-- their own, each with the versions between which it counts: what a past version had can be asked without keeping the
-- whole list with every version. Versions made before have theirs in the body.

ALTER TABLE schedule_versions ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE schedule_versions ADD COLUMN correlation TEXT NOT NULL DEFAULT '';
ALTER TABLE schedule_versions ADD COLUMN book INTEGER NOT NULL DEFAULT 0;
ALTER TABLE schedule_versions ADD COLUMN edits_in TEXT NOT NULL DEFAULT 'body';

ALTER TABLE book_versions ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE book_versions ADD COLUMN correlation TEXT NOT NULL DEFAULT '';
-- 0: the body is a whole book; else it differs from that version; -1: a whole book of before, schedules and all.
ALTER TABLE book_versions ADD COLUMN base INTEGER NOT NULL DEFAULT -1;

-- The schedule '' is everybody's: absences and deactivations, counted in versions of the book.
CREATE TABLE edits (
  schedule TEXT    NOT NULL,
  rank     INTEGER NOT NULL,
  since    INTEGER NOT NULL,
  till     INTEGER,
  id       TEXT    NOT NULL,
  body     TEXT    NOT NULL,
  PRIMARY KEY (schedule, rank, since)
) STRICT;

CREATE TABLE gap_acks (
  id       TEXT    NOT NULL PRIMARY KEY,
  schedule TEXT    NOT NULL,
  severity TEXT    NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  reason   TEXT    NOT NULL,
  author   TEXT    NOT NULL,
  made     INTEGER NOT NULL
) STRICT;
CREATE INDEX gap_acks_schedule ON gap_acks (schedule, ends);

CREATE TABLE offers (
  id       TEXT    NOT NULL PRIMARY KEY,
  schedule TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  closes   INTEGER,
  made     INTEGER NOT NULL,
  moves    INTEGER NOT NULL,
  body     TEXT    NOT NULL
) STRICT;
CREATE INDEX offers_state ON offers (state, closes);
CREATE INDEX offers_schedule ON offers (schedule, made);

CREATE TABLE feeds (
  id      TEXT    NOT NULL PRIMARY KEY,
  kind    TEXT    NOT NULL,
  subject TEXT    NOT NULL,
  hash    BLOB    NOT NULL UNIQUE,
  made    INTEGER NOT NULL,
  author  TEXT    NOT NULL,
  revoked INTEGER
) STRICT;

CREATE TABLE feed_entries (
  feed     TEXT    NOT NULL REFERENCES feeds (id),
  uid      TEXT    NOT NULL,
  sequence INTEGER NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  hash     BLOB    NOT NULL,
  state    TEXT    NOT NULL,
  changed  INTEGER NOT NULL,
  PRIMARY KEY (feed, uid)
) STRICT;

CREATE TABLE ladders (
  id       TEXT    NOT NULL PRIMARY KEY,
  kind     TEXT    NOT NULL,
  subject  TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  due      INTEGER,
  revision INTEGER NOT NULL,
  changed  INTEGER NOT NULL,
  body     TEXT    NOT NULL
) STRICT;
CREATE INDEX ladders_due ON ladders (due) WHERE due IS NOT NULL;
CREATE INDEX ladders_subject ON ladders (subject);

-- What the scan found and has told, so that a restart does not tell it again.
CREATE TABLE gaps (
  schedule TEXT    NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  clinic   TEXT    NOT NULL,
  severity TEXT    NOT NULL,
  state    TEXT    NOT NULL,
  changed  INTEGER NOT NULL,
  PRIMARY KEY (schedule, starts)
) STRICT;
CREATE INDEX gaps_open ON gaps (state) WHERE state IN ('found', 'began');
