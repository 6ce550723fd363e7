-- +goose Up
-- Lines that the next sync sets to 0, because the organizations on them are mapped to another agreement now.
ALTER TABLE lines ADD COLUMN release INTEGER NOT NULL DEFAULT FALSE;
