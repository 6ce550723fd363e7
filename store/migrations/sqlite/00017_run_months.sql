-- +goose Up
ALTER TABLE runs ADD COLUMN only_agreements TEXT NOT NULL DEFAULT ''; -- JSON array: these agreements only; '': all, or what agreement_id says
