-- +goose Up
-- Which organizations' ledgers changed, in what order: who remembers figures asks here what to count anew.
-- Triggers keep it, so that no writer can forget to.
CREATE TABLE ledger_changes (
    organization_id INTEGER PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    version         INTEGER NOT NULL
) STRICT;
CREATE INDEX ledger_changes_version ON ledger_changes (version);
INSERT INTO ledger_changes (organization_id, version) SELECT id, 1 FROM organizations;

-- +goose StatementBegin
CREATE TRIGGER organizations_created AFTER INSERT ON organizations BEGIN
    INSERT INTO ledger_changes (organization_id, version) VALUES (NEW.id, (SELECT COALESCE(MAX(version), 0) + 1 FROM ledger_changes))
    ON CONFLICT (organization_id) DO UPDATE SET version = excluded.version;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER organizations_changed AFTER UPDATE ON organizations BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER organization_terms_added AFTER INSERT ON organization_terms BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER organization_terms_changed AFTER UPDATE ON organization_terms BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER organization_terms_removed AFTER DELETE ON organization_terms BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = OLD.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seats_added AFTER INSERT ON seats BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seats_changed AFTER UPDATE ON seats BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seats_removed AFTER DELETE ON seats BEGIN
    UPDATE ledger_changes SET version = (SELECT MAX(version) + 1 FROM ledger_changes) WHERE organization_id = OLD.organization_id;
END;
-- +goose StatementEnd
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
