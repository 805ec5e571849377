-- +goose Up
-- Ids are opaque lower-case text, times are microseconds since 1970 UTC, columns that end in _cell are sealed field
-- cells (seal), columns that end in _body or are named data, plan, sound, scopes, clinics are JSON without PHI.

CREATE TABLE meta (
  name  TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;

CREATE TABLE wrapped_keys (
  purpose TEXT    NOT NULL,
  clinic  TEXT    NOT NULL,
  version INTEGER NOT NULL,
  created INTEGER NOT NULL,
  retired INTEGER,
  sealed  BLOB,
  audited INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (purpose, clinic, version)
) STRICT;

CREATE TABLE clinics (
  id      TEXT NOT NULL PRIMARY KEY,
  rank    INTEGER NOT NULL,
  name    TEXT NOT NULL,
  body    TEXT NOT NULL,
  removed INTEGER
) STRICT;

CREATE TABLE numbers (
  number TEXT NOT NULL,
  trunk  TEXT NOT NULL,
  rank   INTEGER NOT NULL,
  clinic TEXT NOT NULL REFERENCES clinics (id),
  answer TEXT NOT NULL,
  PRIMARY KEY (number, trunk)
) STRICT;

CREATE TABLE trunks (
  id          TEXT NOT NULL PRIMARY KEY,
  rank        INTEGER NOT NULL,
  name        TEXT NOT NULL,
  body        TEXT NOT NULL,
  secret_cell BLOB,
  secret_set  INTEGER,
  removed     INTEGER
) STRICT;

CREATE TABLE people (
  id         TEXT NOT NULL PRIMARY KEY,
  rank       INTEGER NOT NULL,
  role       TEXT NOT NULL,
  active     INTEGER NOT NULL,
  name_cell  BLOB,
  phone_cell BLOB,
  body       TEXT NOT NULL,
  paused     INTEGER,
  paused_why TEXT,
  removed    INTEGER
) STRICT;

CREATE TABLE devices (
  user        TEXT NOT NULL PRIMARY KEY,
  rank        INTEGER NOT NULL,
  person      TEXT NOT NULL REFERENCES people (id),
  md5_until   INTEGER,
  secret_cell BLOB,
  enrolled    INTEGER,
  last_seen   INTEGER,
  revoked     INTEGER
) STRICT;

CREATE TABLE schedules (
  id      TEXT NOT NULL PRIMARY KEY,
  rank    INTEGER NOT NULL,
  clinic  TEXT NOT NULL,
  removed INTEGER
) STRICT;

CREATE TABLE schedule_versions (
  schedule TEXT    NOT NULL REFERENCES schedules (id),
  version  INTEGER NOT NULL,
  made     INTEGER NOT NULL,
  author   TEXT    NOT NULL,
  body     TEXT    NOT NULL,
  PRIMARY KEY (schedule, version)
) STRICT;

CREATE TABLE overrides (
  schedule TEXT    NOT NULL REFERENCES schedules (id),
  id       TEXT    NOT NULL,
  rank     INTEGER NOT NULL,
  person   TEXT    NOT NULL,
  starts   INTEGER NOT NULL,
  ends     INTEGER NOT NULL,
  body     TEXT    NOT NULL,
  removed  INTEGER,
  PRIMARY KEY (schedule, id)
) STRICT;

CREATE TABLE book_versions (
  version   INTEGER NOT NULL PRIMARY KEY,
  made      INTEGER NOT NULL,
  author    TEXT    NOT NULL,
  summary   TEXT    NOT NULL,
  body_cell BLOB    NOT NULL
) STRICT;

CREATE TABLE calls (
  id           TEXT NOT NULL PRIMARY KEY,
  state        TEXT NOT NULL,
  clinic       TEXT NOT NULL,
  trunk        TEXT NOT NULL,
  trunk_name   TEXT NOT NULL,
  known_by     TEXT NOT NULL,
  protection   TEXT NOT NULL,
  from_cell    BLOB,
  from_index   BLOB,
  dialled_cell BLOB,
  plan         TEXT NOT NULL,
  rules        TEXT NOT NULL,
  arrived      INTEGER NOT NULL,
  answered     INTEGER,
  ended        INTEGER,
  outcome      TEXT NOT NULL,
  by_whom      TEXT NOT NULL,
  served       INTEGER NOT NULL,
  recording    TEXT NOT NULL
) STRICT;
CREATE INDEX calls_arrived ON calls (arrived, id);
CREATE INDEX calls_clinic ON calls (clinic, arrived, id);
CREATE INDEX calls_from ON calls (from_index, arrived) WHERE from_index IS NOT NULL;
CREATE INDEX calls_live ON calls (state) WHERE state = 'live';

CREATE TABLE legs (
  call     TEXT    NOT NULL REFERENCES calls (id),
  n        INTEGER NOT NULL,
  user     TEXT    NOT NULL,
  person   TEXT    NOT NULL,
  invited  INTEGER,
  answered INTEGER,
  ended    INTEGER,
  cause    TEXT    NOT NULL,
  code     INTEGER NOT NULL,
  sound    TEXT,
  PRIMARY KEY (call, n)
) STRICT;

CREATE TABLE call_events (
  call TEXT    NOT NULL,
  n    INTEGER NOT NULL,
  at   INTEGER NOT NULL,
  kind TEXT    NOT NULL,
  leg  TEXT    NOT NULL,
  data TEXT,
  late INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (call, n)
) STRICT;

CREATE TABLE recordings (
  id          TEXT NOT NULL PRIMARY KEY,
  call        TEXT NOT NULL,
  clinic      TEXT NOT NULL,
  part        INTEGER NOT NULL,
  previous    TEXT NOT NULL,
  file_id     BLOB NOT NULL UNIQUE,
  file_name   TEXT NOT NULL UNIQUE,
  header_hash BLOB NOT NULL,
  wrapped_key BLOB,
  key_version INTEGER NOT NULL,
  state       TEXT NOT NULL,
  opened      INTEGER NOT NULL,
  live        INTEGER,
  ended       INTEGER,
  records     INTEGER NOT NULL DEFAULT 0,
  samples     INTEGER NOT NULL DEFAULT 0,
  sha256      BLOB,
  transcript  BLOB,
  reason      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX recordings_call ON recordings (call);
CREATE INDEX recordings_opened ON recordings (opened, id);
CREATE INDEX recordings_open ON recordings (state) WHERE state IN ('opening', 'live');

CREATE TABLE tokens (
  id      TEXT NOT NULL PRIMARY KEY,
  hash    BLOB NOT NULL UNIQUE,
  name    TEXT NOT NULL,
  scopes  TEXT NOT NULL,
  clinics TEXT NOT NULL,
  made    INTEGER NOT NULL,
  expires INTEGER,
  revoked INTEGER
) STRICT;

CREATE TABLE audit_leaves (
  seq         INTEGER NOT NULL PRIMARY KEY,
  at          INTEGER NOT NULL,
  action      TEXT    NOT NULL,
  object      TEXT    NOT NULL,
  clinic      TEXT    NOT NULL,
  actor       TEXT    NOT NULL,
  correlation TEXT    NOT NULL,
  leaf        TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_object ON audit_leaves (object, seq) WHERE object <> '';
CREATE INDEX audit_correlation ON audit_leaves (correlation, seq) WHERE correlation <> '';

CREATE TABLE audit_hashes (
  idx  INTEGER NOT NULL PRIMARY KEY,
  hash BLOB    NOT NULL
) STRICT;

CREATE TABLE audit_checkpoints (
  size INTEGER NOT NULL PRIMARY KEY,
  made INTEGER NOT NULL,
  note TEXT    NOT NULL
) STRICT;
