-- +goose Up
-- People who log in, what they may, and what keys still hold. Secrets that must be shown again (TOTP, passkeys) and
-- password hashes are sealed cells; secrets that are only compared are SHA-256 of random bits.

CREATE TABLE accounts (
  person        TEXT    NOT NULL PRIMARY KEY,
  state         TEXT    NOT NULL,
  password_cell BLOB,
  password_set  INTEGER,
  must_change   INTEGER NOT NULL DEFAULT 0,
  made          INTEGER NOT NULL,
  last_login    INTEGER,
  last_from     TEXT    NOT NULL DEFAULT '',
  terminated    INTEGER
) STRICT;

CREATE TABLE invitations (
  id      TEXT    NOT NULL PRIMARY KEY,
  person  TEXT    NOT NULL,
  author  TEXT    NOT NULL,
  hash    BLOB    NOT NULL UNIQUE,
  made    INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  used    INTEGER,
  revoked INTEGER
) STRICT;
CREATE INDEX invitations_person ON invitations (person, made);

-- A factor that was removed keeps its row without its secret.
CREATE TABLE factors (
  id          TEXT    NOT NULL PRIMARY KEY,
  person      TEXT    NOT NULL,
  kind        TEXT    NOT NULL,
  label       TEXT    NOT NULL,
  secret_cell BLOB,
  last_step   INTEGER NOT NULL,
  made        INTEGER NOT NULL,
  last_used   INTEGER,
  removed     INTEGER
) STRICT;
CREATE INDEX factors_person ON factors (person, made);

CREATE TABLE recovery_codes (
  person TEXT NOT NULL,
  hash   BLOB NOT NULL,
  made   INTEGER NOT NULL,
  used   INTEGER,
  PRIMARY KEY (person, hash)
) STRICT;

-- A login that becomes live gets another hash: the pending secret opens nothing any more.
CREATE TABLE logins (
  id         TEXT    NOT NULL PRIMARY KEY,
  person     TEXT    NOT NULL,
  hash       BLOB    NOT NULL UNIQUE,
  state      TEXT    NOT NULL,
  made       INTEGER NOT NULL,
  seen       INTEGER NOT NULL,
  stepped_up INTEGER,
  ended      INTEGER,
  why        TEXT    NOT NULL DEFAULT '',
  source     TEXT    NOT NULL,
  agent      TEXT    NOT NULL,
  factor     TEXT    NOT NULL
) STRICT;
CREATE INDEX logins_person ON logins (person, made);
CREATE INDEX logins_open ON logins (person) WHERE ended IS NULL;

CREATE TABLE grants (
  id          TEXT    NOT NULL PRIMARY KEY,
  person      TEXT    NOT NULL,
  role        TEXT    NOT NULL,
  clinics     TEXT    NOT NULL,
  since       INTEGER NOT NULL,
  till        INTEGER,
  proposed_by TEXT    NOT NULL,
  approved_by TEXT    NOT NULL,
  made        INTEGER NOT NULL,
  ended       INTEGER
) STRICT;
CREATE INDEX grants_person ON grants (person, since);

-- The body is the whole proposal, with the reasons that people typed; the columns beside it are searched.
CREATE TABLE proposals (
  id         TEXT    NOT NULL PRIMARY KEY,
  kind       TEXT    NOT NULL,
  subject    TEXT    NOT NULL,
  author     TEXT    NOT NULL,
  state      TEXT    NOT NULL,
  revision   INTEGER NOT NULL,
  made       INTEGER NOT NULL,
  body_cell  BLOB    NOT NULL
) STRICT;
CREATE INDEX proposals_state ON proposals (state, made);
CREATE INDEX proposals_author ON proposals (author, state);

CREATE TABLE trainings (
  person  TEXT    NOT NULL,
  course  TEXT    NOT NULL,
  passed  INTEGER NOT NULL,
  expires INTEGER,
  author  TEXT    NOT NULL,
  PRIMARY KEY (person, course, passed)
) STRICT;

CREATE TABLE acknowledgements (
  person  TEXT    NOT NULL,
  policy  TEXT    NOT NULL,
  version TEXT    NOT NULL,
  made    INTEGER NOT NULL,
  PRIMARY KEY (person, policy, version)
) STRICT;

-- A stretch from making ready to its end is a shift as worked. At most one is open per person.
CREATE TABLE readiness (
  id      TEXT    NOT NULL PRIMARY KEY,
  person  TEXT    NOT NULL,
  login   TEXT    NOT NULL,
  device  TEXT    NOT NULL,
  since   INTEGER NOT NULL,
  till    INTEGER NOT NULL,
  mode    TEXT    NOT NULL,
  why     TEXT    NOT NULL,
  clinics TEXT    NOT NULL,
  ended   INTEGER
) STRICT;
CREATE UNIQUE INDEX readiness_open ON readiness (person) WHERE ended IS NULL;
CREATE INDEX readiness_person ON readiness (person, since);

-- Who made a token: it goes with her.
ALTER TABLE tokens ADD COLUMN person TEXT NOT NULL DEFAULT '';

-- The version of the index key that from_index was made with; 0: not known, it counts as any.
ALTER TABLE calls ADD COLUMN index_version INTEGER NOT NULL DEFAULT 0;

-- Every key that signed the log: from which leaf on, and with which verifier key. Sealed, so that nobody adds one.
CREATE TABLE audit_keys (
  version   INTEGER NOT NULL PRIMARY KEY,
  made      INTEGER NOT NULL,
  body_cell BLOB    NOT NULL
) STRICT;

-- Sealed details lie inside leaves and can never be sealed anew: what they were sealed with, and until when that was.
CREATE TABLE detail_keys (
  purpose TEXT    NOT NULL,
  clinic  TEXT    NOT NULL,
  version INTEGER NOT NULL,
  details INTEGER NOT NULL,
  last    INTEGER NOT NULL,
  PRIMARY KEY (purpose, clinic, version)
) STRICT;

-- Details that stand already lie under the keys of fields: "detail" is base64 of 01, the version in four bytes, and more.
INSERT INTO detail_keys (purpose, clinic, version, details, last)
SELECT 'fields', clinic,
  (instr(a, substr(d, 2, 1)) - 17) * 268435456 + (instr(a, substr(d, 3, 1)) - 1) * 4194304 +
  (instr(a, substr(d, 4, 1)) - 1) * 65536 + (instr(a, substr(d, 5, 1)) - 1) * 1024 +
  (instr(a, substr(d, 6, 1)) - 1) * 16 + (instr(a, substr(d, 7, 1)) - 1) / 4 AS v,
  count(*), max(at)
FROM (SELECT clinic, at, substr(leaf, instr(leaf, '"detail":"') + 10, 8) AS d,
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/' AS a
  FROM audit_leaves WHERE leaf LIKE '%"detail":"%')
WHERE substr(d, 1, 1) = 'A' AND instr(a, substr(d, 2, 1)) BETWEEN 17 AND 32
GROUP BY clinic, v;
