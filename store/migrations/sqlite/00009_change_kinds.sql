-- +goose Up
-- A change's kind said for a line that gets nothing what its state says, too: it has none now. A row whose agreement could not
-- be read was 'skipped', with the state 'failed'. Dropping the column drops its CHECK, which cannot be altered.
ALTER TABLE changes RENAME COLUMN kind TO kind_before;
ALTER TABLE changes ADD COLUMN kind TEXT NOT NULL DEFAULT '' CHECK (kind IN ('', 'create', 'update'));
UPDATE changes SET kind = kind_before WHERE kind_before IN ('create', 'update');
ALTER TABLE changes DROP COLUMN kind_before;
