-- +goose Up
-- What each source said of an organization's month stands beside what the others said: one row per source, the latest of it.
-- Which of them decides is a setting. What was kept so far is the last one to arrive; who it was, nobody noted.
CREATE TABLE usage_reports_by_source (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    month           TEXT    NOT NULL,
    source          TEXT    NOT NULL,
    seats           INTEGER NOT NULL CHECK (seats >= 0),
    plan            TEXT    NOT NULL CHECK (plan IN ('business', 'enterprise')),
    note            TEXT    NOT NULL DEFAULT '', -- why the figure is what it is; empty: nothing to say
    reported_at     INTEGER NOT NULL,
    reported_by     TEXT    NOT NULL DEFAULT '', -- a person, a token or a service by name; empty: nobody noted it
    PRIMARY KEY (organization_id, month, source)
) STRICT;
INSERT INTO usage_reports_by_source (organization_id, month, source, seats, plan, note, reported_at)
    SELECT organization_id, month, source, seats, plan, note, reported_at FROM usage_reports;
DROP TABLE usage_reports;
ALTER TABLE usage_reports_by_source RENAME TO usage_reports;
CREATE INDEX usage_reports_month ON usage_reports (month);

-- +goose StatementBegin
CREATE TRIGGER usage_reports_added AFTER INSERT ON usage_reports BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER usage_reports_changed AFTER UPDATE ON usage_reports BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER usage_reports_removed AFTER DELETE ON usage_reports BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = OLD.organization_id;
END;
-- +goose StatementEnd

-- In which order the sources of figures are believed, the first one first: from a month on, until the next row's; '' is before all
-- months. Without a row it is the Provider API, the HTTP API, an uploaded file, Seatbridge's own record.
CREATE TABLE source_orders (
    month   TEXT PRIMARY KEY,
    sources TEXT NOT NULL -- JSON, names as in usage_reports
) STRICT;

-- What lowers a line waits where another source of figures says more.
ALTER TABLE settings ADD COLUMN hold_disputed INTEGER NOT NULL DEFAULT TRUE;
