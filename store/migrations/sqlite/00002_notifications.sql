-- +goose Up
-- Where people are told about runs and problems. An address that a webhook is posted to holds a token and is sealed whole.
CREATE TABLE notification_channels (
    id            INTEGER PRIMARY KEY,
    kind          TEXT    NOT NULL CHECK (kind IN ('email', 'webhook', 'slack', 'teams')),
    name          TEXT    NOT NULL,
    events        TEXT    NOT NULL,            -- JSON array: the events that are told
    mail_host     TEXT    NOT NULL DEFAULT '', -- e-mail only, as all of mail_
    mail_port     INTEGER NOT NULL DEFAULT 0,
    mail_security TEXT    NOT NULL DEFAULT '',
    mail_user     TEXT    NOT NULL DEFAULT '',
    mail_from     TEXT    NOT NULL DEFAULT '',
    mail_to       TEXT    NOT NULL DEFAULT '[]', -- JSON array of addresses
    url_sealed    BLOB    NOT NULL,            -- webhook, Slack and Teams
    secret_sealed BLOB    NOT NULL,            -- the mail account's password, or the key that signs a webhook's messages
    created_at    INTEGER NOT NULL,
    sent_at       INTEGER,                     -- last message that was taken
    error_what    TEXT    NOT NULL DEFAULT '', -- why the last message was not; empty: it was, or there was none
    error_do      TEXT    NOT NULL DEFAULT '',
    error_detail  TEXT    NOT NULL DEFAULT '',
    error_at      INTEGER
) STRICT;

-- The outbox: one row a message and channel, gone when it is delivered or given up.
CREATE TABLE notifications (
    id         INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL REFERENCES notification_channels (id) ON DELETE CASCADE,
    message    TEXT    NOT NULL, -- JSON, as billing wrote it
    created_at INTEGER NOT NULL,
    tries      INTEGER NOT NULL DEFAULT 0,
    due_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX notifications_due ON notifications (due_at, id);
CREATE INDEX notifications_channel ON notifications (channel_id);

-- What a channel was told last, and when, so that nothing is told too often.
CREATE TABLE notification_topics (
    channel_id INTEGER NOT NULL REFERENCES notification_channels (id) ON DELETE CASCADE,
    topic      TEXT    NOT NULL,
    told_at    INTEGER NOT NULL,
    PRIMARY KEY (channel_id, topic)
) STRICT;
CREATE INDEX notification_topics_told ON notification_topics (told_at);
