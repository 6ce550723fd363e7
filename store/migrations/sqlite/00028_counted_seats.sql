-- +goose Up
-- The seats that a file of usage counts, free or not, and whether it names no plan: what is free, and on which plan, is for what is known
-- of the organization by the time of counting. 0: of reports that were read before, and of other sources, only what is billed is known.
ALTER TABLE usage_reports ADD COLUMN counted INTEGER NOT NULL DEFAULT 0;
ALTER TABLE usage_reports ADD COLUMN plan_supposed INTEGER NOT NULL DEFAULT FALSE;
