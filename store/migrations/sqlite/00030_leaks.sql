-- +goose Up
-- What scans of the whole ConnectWise instance read, and what people said of leaks.

CREATE TABLE leak_scans (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL CHECK (state IN ('running', 'done', 'failed', 'cancelled')),
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    started_by TEXT NOT NULL,
    products INTEGER NOT NULL DEFAULT 0,
    mapped TEXT NOT NULL DEFAULT '[]',
    problem TEXT NOT NULL DEFAULT ''
) STRICT;

-- One row for each agreement of the instance; read_at is NULL as long as its additions are still to be read, so that a scan that was cut
-- off goes on where it stood.
CREATE TABLE leak_readings (
    scan_id INTEGER NOT NULL REFERENCES leak_scans (id) ON DELETE CASCADE,
    agreement_id INTEGER NOT NULL,
    company_id INTEGER NOT NULL,
    currency TEXT NOT NULL,
    bills INTEGER NOT NULL,
    matters INTEGER NOT NULL,
    read_at INTEGER,
    lines INTEGER NOT NULL DEFAULT 0,
    record TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (scan_id, agreement_id)
) STRICT;

CREATE TABLE leak_products (
    product_id INTEGER PRIMARY KEY,
    identifier TEXT NOT NULL,
    description TEXT NOT NULL,
    price TEXT,
    called INTEGER NOT NULL,
    read_at INTEGER NOT NULL
) STRICT;

CREATE TABLE leak_answers (
    leak TEXT PRIMARY KEY,
    facts TEXT NOT NULL,
    note TEXT NOT NULL,
    answered_by TEXT NOT NULL,
    answered_at INTEGER NOT NULL
) STRICT;
