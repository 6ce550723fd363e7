-- +goose Up
-- Which organizations a company may be, going by their names. Worked out anew once names have changed.
CREATE TABLE suggestions (
    company_id      INTEGER NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    score           INTEGER NOT NULL CHECK (score BETWEEN 0 AND 100),
    certain         INTEGER NOT NULL,
    reason          TEXT    NOT NULL,
    PRIMARY KEY (company_id, organization_id)
) STRICT;
CREATE INDEX suggestions_organization ON suggestions (organization_id);

-- What a person has turned down. It outlives the company's row, which an import can drop and find again.
CREATE TABLE rejected_suggestions (
    company_id      INTEGER NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    rejected_at     INTEGER NOT NULL,
    rejected_by     TEXT    NOT NULL, -- e-mail address
    PRIMARY KEY (company_id, organization_id)
) STRICT;
CREATE INDEX rejected_suggestions_organization ON rejected_suggestions (organization_id);

-- How often names have changed, and the state of the names that the suggestions are of.
CREATE TABLE suggestion_state (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    names     INTEGER NOT NULL DEFAULT 1,
    suggested INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO suggestion_state (id) VALUES (1);

-- +goose StatementBegin
CREATE TRIGGER organizations_added AFTER INSERT ON organizations BEGIN
    UPDATE suggestion_state SET names = names + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER organizations_renamed AFTER UPDATE ON organizations
WHEN OLD.name <> NEW.name OR (OLD.deleted_at IS NULL) <> (NEW.deleted_at IS NULL) BEGIN
    UPDATE suggestion_state SET names = names + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER companies_added AFTER INSERT ON companies BEGIN
    UPDATE suggestion_state SET names = names + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER companies_renamed AFTER UPDATE ON companies
WHEN OLD.name <> NEW.name OR OLD.identifier <> NEW.identifier BEGIN
    UPDATE suggestion_state SET names = names + 1;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER companies_dropped AFTER DELETE ON companies BEGIN
    UPDATE suggestion_state SET names = names + 1;
END;
-- +goose StatementEnd
