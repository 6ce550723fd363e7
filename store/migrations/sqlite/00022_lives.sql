-- +goose Up
-- An organization's life may be entered after it was lived: created_at is when it began, as far as anybody knows, and entered_at when
-- Seatbridge was told of it. Who says when it began decides whether a member of an earlier day moves the beginning back.
ALTER TABLE organizations ADD COLUMN start_said INTEGER NOT NULL DEFAULT FALSE; -- created_at was said; otherwise it is supposed
ALTER TABLE organizations ADD COLUMN trial_end_said INTEGER NOT NULL DEFAULT FALSE; -- trial_ends_at was said; otherwise it follows from the start
ALTER TABLE organizations ADD COLUMN entered_at INTEGER;

-- The activity log has the first word about each organization. An import moved the beginning back to the first member.
UPDATE organizations SET entered_at = MAX(created_at, COALESCE((SELECT MIN(at) FROM activity WHERE organization_id = organizations.id), created_at));
