-- +goose Up
-- The name under which a report has an organization, where a person said that it is this one all the same.
ALTER TABLE organizations ADD COLUMN reported_name TEXT NOT NULL DEFAULT '';
