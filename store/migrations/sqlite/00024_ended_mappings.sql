-- +goose Up
-- Who was mapped to an agreement, and until when: what a line billed that was never written for anybody stays in the books of
-- whoever was mapped there last.
CREATE TABLE ended_mappings (
    agreement_id    INTEGER NOT NULL,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    ended_at        INTEGER NOT NULL,
    PRIMARY KEY (agreement_id, organization_id)
) STRICT;
CREATE INDEX ended_mappings_organization ON ended_mappings (organization_id);
