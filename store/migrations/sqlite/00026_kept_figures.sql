-- +goose Up
-- Where sources disagree about a month, a person says whose figure is right. It holds as long as the figures are those that it was said of.
CREATE TABLE kept_figures (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    month           TEXT    NOT NULL,
    source          TEXT    NOT NULL,            -- as in usage_reports, or a name of Seatbridge's own record
    facts           TEXT    NOT NULL,            -- the figures that it was said of, part by part
    note            TEXT    NOT NULL DEFAULT '',
    kept_at         INTEGER NOT NULL,
    kept_by         TEXT    NOT NULL,            -- e-mail address or an API token's name
    PRIMARY KEY (organization_id, month)
) STRICT;

-- +goose StatementBegin
CREATE TRIGGER kept_figures_added AFTER INSERT ON kept_figures BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER kept_figures_changed AFTER UPDATE ON kept_figures BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER kept_figures_removed AFTER DELETE ON kept_figures BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = OLD.organization_id;
END;
-- +goose StatementEnd
