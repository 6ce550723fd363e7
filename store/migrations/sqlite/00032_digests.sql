-- +goose Up
-- Who gets a digest: a person who chose one, or a channel that carries one, whose events say how often.
CREATE TABLE digests (
    id         INTEGER PRIMARY KEY,
    user_id    INTEGER UNIQUE REFERENCES users (id) ON DELETE CASCADE,
    channel_id INTEGER UNIQUE REFERENCES notification_channels (id) ON DELETE CASCADE,
    every      TEXT    NOT NULL DEFAULT '' CHECK (every IN ('', 'daily', 'weekly')), -- of a person
    morning    TEXT    NOT NULL, -- the last day, 2026-10-31, whose digest was sent or found to be none
    said       TEXT    NOT NULL DEFAULT '[]', -- JSON: the names of what stood then, to tell what is new
    said_at    INTEGER, -- when one was sent last; NULL: never
    CHECK ((user_id IS NULL) <> (channel_id IS NULL))
) STRICT;

-- A message for one person, through the mail server of the channel: it is for him alone, at his address of then.
ALTER TABLE notifications ADD COLUMN user_id INTEGER REFERENCES users (id) ON DELETE CASCADE;
CREATE INDEX notifications_user ON notifications (user_id);
