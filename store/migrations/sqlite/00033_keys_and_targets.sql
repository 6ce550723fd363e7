-- +goose Up
-- What a start opens to see that its key is the right one, whatever else is sealed. There is none until a start has opened all
-- secrets there are.
CREATE TABLE key_canary (
    id     INTEGER PRIMARY KEY CHECK (id = 1),
    sealed BLOB    NOT NULL
) STRICT;

-- Targets that were saved before addresses were judged when they are dialled work until they are changed, wherever they stand.
ALTER TABLE integration ADD COLUMN any_address INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE provider ADD COLUMN any_address INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE notification_channels ADD COLUMN any_address INTEGER NOT NULL DEFAULT FALSE;
UPDATE integration SET any_address = TRUE;
UPDATE provider SET any_address = TRUE;
UPDATE notification_channels SET any_address = TRUE;
