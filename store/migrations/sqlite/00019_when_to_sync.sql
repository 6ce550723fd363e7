-- +goose Up
-- When the month before is written, UTC: on this day of the month, half an hour after this hour. And what becomes of it then.
ALTER TABLE settings ADD COLUMN sync_day     INTEGER NOT NULL DEFAULT 1 CHECK (sync_day BETWEEN 1 AND 28);
ALTER TABLE settings ADD COLUMN sync_hour    INTEGER NOT NULL DEFAULT 0 CHECK (sync_hour BETWEEN 0 AND 23);
ALTER TABLE settings ADD COLUMN sync_set_at  INTEGER; -- when somebody chose day and hour last; NULL: nobody did
ALTER TABLE settings ADD COLUMN remind_days  INTEGER NOT NULL DEFAULT 2 CHECK (remind_days BETWEEN 0 AND 28); -- before the next invoicing day; 0: off
ALTER TABLE settings ADD COLUMN close_months INTEGER NOT NULL DEFAULT FALSE; -- a month by itself, when nothing of it is open
