-- +goose Up
-- Queues, prompts, what agents do, and who was not served. A clinic's features and a trunk's carrier stand in their bodies; the
-- laws of consent and the emergency line in meta.

CREATE TABLE queues (
  id      TEXT NOT NULL PRIMARY KEY,
  rank    INTEGER NOT NULL,
  body    TEXT NOT NULL,
  removed INTEGER
) STRICT;

-- A prompt is 16-bit mono sound at 16 kHz, plain (music) or sealed (a greeting may name people). The newest that was not
-- removed is the one of its clinic ('' is the house), name and language; older ones stay, so that a removal can be undone.
CREATE TABLE prompts (
  id         TEXT NOT NULL PRIMARY KEY,
  clinic     TEXT NOT NULL,
  name       TEXT NOT NULL,
  language   TEXT NOT NULL,
  kind       TEXT NOT NULL,
  source     TEXT NOT NULL,
  codec      TEXT NOT NULL,
  samples    INTEGER NOT NULL,
  sha256     BLOB NOT NULL,
  sound      BLOB,
  sound_cell BLOB,
  text_cell  BLOB,
  made       INTEGER NOT NULL,
  made_by    TEXT NOT NULL,
  removed    INTEGER,
  removed_by TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX prompts_place ON prompts (clinic, name, language, made) WHERE removed IS NULL;

-- What an agent said of herself; ready, offered and talking are derived from live calls and never stand here.
CREATE TABLE agent_states (
  person TEXT NOT NULL PRIMARY KEY,
  state  TEXT NOT NULL,
  reason TEXT NOT NULL,
  since  INTEGER NOT NULL,
  until  INTEGER
) STRICT;

CREATE TABLE voice_messages (
  id        TEXT NOT NULL PRIMARY KEY,
  call      TEXT NOT NULL,
  clinic    TEXT NOT NULL,
  recording TEXT NOT NULL,
  urgency   TEXT NOT NULL,
  made      INTEGER NOT NULL,
  taken     INTEGER,
  taken_by  TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX voice_messages_made ON voice_messages (made, id);
CREATE INDEX voice_messages_open ON voice_messages (made) WHERE taken IS NULL;

-- The ledger of callers: who rang and spoke with nobody, until a named person has seen to it.
CREATE TABLE unserved (
  call        TEXT NOT NULL PRIMARY KEY,
  clinic      TEXT NOT NULL,
  arrived     INTEGER NOT NULL,
  why         TEXT NOT NULL,
  state       TEXT NOT NULL,
  owner       TEXT NOT NULL DEFAULT '',
  settled     INTEGER,
  settled_by  TEXT NOT NULL DEFAULT '',
  answer_call TEXT NOT NULL DEFAULT '',
  reason_cell BLOB
) STRICT;
CREATE INDEX unserved_arrived ON unserved (arrived, call);
CREATE INDEX unserved_open ON unserved (arrived) WHERE state = 'open';

ALTER TABLE calls ADD COLUMN direction TEXT NOT NULL DEFAULT 'in';
ALTER TABLE calls ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE calls ADD COLUMN of_call TEXT NOT NULL DEFAULT '';
ALTER TABLE recordings ADD COLUMN kind TEXT NOT NULL DEFAULT '';
