-- +goose Up
-- Bearer tokens of the HTTP API. The token itself is shown once; only its hash is kept.
CREATE TABLE api_tokens (
    id          INTEGER PRIMARY KEY,
    name        TEXT    NOT NULL,
    name_folded TEXT    NOT NULL UNIQUE CHECK (name_folded <> ''),
    token_hash  TEXT    NOT NULL UNIQUE,
    scopes      TEXT    NOT NULL,       -- JSON array
    created_at  INTEGER NOT NULL,
    created_by  TEXT    NOT NULL,
    expires_at  INTEGER,                -- NULL: never
    used_at     INTEGER                 -- last used; NULL: not yet
) STRICT;

-- What a request with an Idempotency-Key was answered, so that it is carried out once.
CREATE TABLE idempotency_keys (
    token_id     INTEGER NOT NULL REFERENCES api_tokens (id) ON DELETE CASCADE,
    key          TEXT    NOT NULL,
    request_hash TEXT    NOT NULL,      -- method, address and body
    created_at   INTEGER NOT NULL,
    status       INTEGER,               -- NULL: being carried out
    content_type TEXT    NOT NULL DEFAULT '',
    body         BLOB,
    PRIMARY KEY (token_id, key)
) STRICT;
CREATE INDEX idempotency_keys_created ON idempotency_keys (created_at);

-- The NordPass Provider API. Nothing about it is public, so all of it is the operator's configuration.
CREATE TABLE provider (
    id                 INTEGER PRIMARY KEY CHECK (id = 1),
    config             TEXT    NOT NULL, -- JSON, as billing wrote it
    private_key_sealed BLOB    NOT NULL,
    since              INTEGER NOT NULL  -- first saved: from that month on figures are expected from it
) STRICT;

-- Every attempt to fetch a usage report. Failed, empty and zero are three different things.
CREATE TABLE usage_fetches (
    id            INTEGER PRIMARY KEY,
    at            INTEGER NOT NULL,
    period        TEXT    NOT NULL,      -- 'YYYY-MM', or 'YYYY-MM-DD' for a daily report
    state         TEXT    NOT NULL CHECK (state IN ('failed', 'empty', 'zero', 'reported')),
    error_what    TEXT    NOT NULL DEFAULT '',
    error_do      TEXT    NOT NULL DEFAULT '',
    error_detail  TEXT    NOT NULL DEFAULT '',
    organizations INTEGER NOT NULL DEFAULT 0, -- rows of the report
    seats         INTEGER NOT NULL DEFAULT 0, -- their billable seats
    answer        BLOB,                  -- as received, gzip
    records       BLOB                   -- JSON as billing understood it, gzip
) STRICT;
CREATE INDEX usage_fetches_at ON usage_fetches (at);
CREATE INDEX usage_fetches_period ON usage_fetches (period, at);

ALTER TABLE usage_reports ADD COLUMN note TEXT NOT NULL DEFAULT ''; -- why the figure is what it is; empty: nothing to say
