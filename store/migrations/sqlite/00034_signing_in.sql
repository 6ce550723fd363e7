-- +goose Up
-- Who has to have a second factor.
ALTER TABLE settings ADD COLUMN second_factor TEXT NOT NULL DEFAULT 'off' CHECK (second_factor IN ('off', 'managers', 'everybody'));

-- When the person at a session last proved who they are: a password, a code, a passkey.
ALTER TABLE sessions ADD COLUMN proved_at INTEGER;

-- What passkeys know an account by: random, so that it says nothing of the account. NULL: it never had a passkey.
ALTER TABLE users ADD COLUMN passkey_handle BLOB;
CREATE UNIQUE INDEX users_passkey_handle ON users (passkey_handle) WHERE passkey_handle IS NOT NULL;

CREATE TABLE authenticators (
    user_id       INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    secret_sealed BLOB    NOT NULL,
    since         INTEGER NOT NULL,
    used_step     INTEGER NOT NULL   -- the half minute of the last code that was taken: it and earlier ones are refused
) STRICT;

CREATE TABLE recovery_codes (
    user_id   INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash TEXT    NOT NULL,
    used_at   INTEGER,
    PRIMARY KEY (user_id, code_hash)
) STRICT;

CREATE TABLE passkeys (
    id            INTEGER PRIMARY KEY,
    user_id       INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name          TEXT    NOT NULL,
    credential_id BLOB    NOT NULL UNIQUE,
    credential    TEXT    NOT NULL,  -- JSON: public key, counter, flags; nothing of it is secret
    created_at    INTEGER NOT NULL,
    used_at       INTEGER
) STRICT;
CREATE INDEX passkeys_user ON passkeys (user_id);

-- A token belongs to who made it. NULL: that person is gone, and the token opens nothing.
ALTER TABLE api_tokens ADD COLUMN user_id INTEGER REFERENCES users (id) ON DELETE SET NULL;
UPDATE api_tokens SET user_id = (SELECT u.id FROM users u WHERE u.email = api_tokens.created_by);
CREATE INDEX api_tokens_user ON api_tokens (user_id);
