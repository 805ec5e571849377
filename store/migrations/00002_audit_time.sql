-- +goose Up
-- The audit log is asked for spans of time and by actor: without these a list of one morning reads the whole log.
CREATE INDEX audit_at ON audit_leaves (at, seq);
CREATE INDEX audit_actor ON audit_leaves (actor, seq) WHERE actor <> '';
