-- +goose Up
-- An admin's own figure of an organization's month, with the reason; beats the usage report and the seats.
-- Rows stay: at most one a month is in force, the others were withdrawn or replaced.
CREATE TABLE corrections (
    id              INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    month           TEXT    NOT NULL,
    seats           INTEGER NOT NULL CHECK (seats >= 0),
    plan            TEXT    NOT NULL CHECK (plan IN ('business', 'enterprise')),
    reason          TEXT    NOT NULL CHECK (reason <> ''),
    corrected_at    INTEGER NOT NULL,
    corrected_by    TEXT    NOT NULL,            -- e-mail address
    withdrawn_at    INTEGER,                     -- NULL: in force
    withdrawn_by    TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX corrections_in_force ON corrections (organization_id, month) WHERE withdrawn_at IS NULL;
CREATE INDEX corrections_organization ON corrections (organization_id, month, id);

-- +goose StatementBegin
CREATE TRIGGER corrections_added AFTER INSERT ON corrections BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER corrections_changed AFTER UPDATE ON corrections BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER corrections_removed AFTER DELETE ON corrections BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = OLD.organization_id;
END;
-- +goose StatementEnd

-- Files that somebody uploaded to import. The file itself stands beside the database and goes when its import is
-- finished or discarded, or after a day.
CREATE TABLE intakes (
    id          INTEGER PRIMARY KEY,
    kind        TEXT    NOT NULL CHECK (kind IN ('members', 'usage')),
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
CREATE INDEX intakes_uploaded ON intakes (uploaded_at);

-- Which columns were chosen for files with these headings the last time.
CREATE TABLE intake_columns (
    kind    TEXT NOT NULL,
    header  TEXT NOT NULL, -- hash of the headings
    choices TEXT NOT NULL, -- JSON, as billing wrote it
    PRIMARY KEY (kind, header)
) STRICT;
