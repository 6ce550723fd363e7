-- +goose Up
-- The times in which Seatbridge only compares: runs read ConnectWise, say what they would have written, and write nothing.
CREATE TABLE comparings (
    id       INTEGER PRIMARY KEY,
    since    INTEGER NOT NULL,
    by       TEXT    NOT NULL,             -- who chose it, an e-mail address
    until    INTEGER,                      -- when writing was switched on; NULL: it goes on
    ended_by TEXT    NOT NULL DEFAULT ''   -- who did so
) STRICT;
CREATE UNIQUE INDEX comparings_open ON comparings (until IS NULL) WHERE until IS NULL;

-- A run of such a time is a preview that nobody writes: its changes say what it would have written.
ALTER TABLE runs ADD COLUMN compares INTEGER NOT NULL DEFAULT FALSE;
