-- +goose Up
-- An uploaded file may be a list of organizations, which tells their lives.
CREATE TABLE intakes_of_kinds (
    id          INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL CHECK (kind IN ('members', 'usage', 'organizations')),
    name        TEXT    NOT NULL,                -- of the file where it came from
    size        INTEGER NOT NULL,                -- in bytes
    state       TEXT    NOT NULL CHECK (state IN ('uploaded', 'checked', 'done', 'discarded')),
    survey      TEXT    NOT NULL,                -- JSON, as billing wrote it
    choices     TEXT    NOT NULL,                -- JSON, as billing wrote it
    findings    TEXT    NOT NULL DEFAULT 'null', -- JSON, as billing wrote it: what a check found
    uploaded_at INTEGER NOT NULL,
    uploaded_by TEXT    NOT NULL,                -- e-mail address
    ended_at    INTEGER
) STRICT;
INSERT INTO intakes_of_kinds (id, kind, name, size, state, survey, choices, findings, uploaded_at, uploaded_by, ended_at)
    SELECT id, kind, name, size, state, survey, choices, findings, uploaded_at, uploaded_by, ended_at FROM intakes;
DROP TABLE intakes;
ALTER TABLE intakes_of_kinds RENAME TO intakes;
CREATE INDEX intakes_uploaded ON intakes (uploaded_at);
