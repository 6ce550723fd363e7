-- +goose Up
-- What waits for a person, by default: what is dangerous. NULL is off.
ALTER TABLE settings ADD COLUMN hold_lower_percent  INTEGER DEFAULT 30 CHECK (hold_lower_percent > 0);  -- lower by so many percent and seats or more
ALTER TABLE settings ADD COLUMN hold_lower_seats    INTEGER DEFAULT 3 CHECK (hold_lower_seats > 0);
ALTER TABLE settings ADD COLUMN hold_higher_percent INTEGER DEFAULT 50 CHECK (hold_higher_percent > 0); -- higher by so many percent and seats or more
ALTER TABLE settings ADD COLUMN hold_higher_seats   INTEGER DEFAULT 20 CHECK (hold_higher_seats > 0);
ALTER TABLE settings ADD COLUMN hold_many_lines     INTEGER DEFAULT 5 CHECK (hold_many_lines > 0);      -- so many lines of a run or more, and more
ALTER TABLE settings ADD COLUMN hold_many_percent   INTEGER DEFAULT 20 CHECK (hold_many_percent > 0);   -- than so many percent of all, go down
ALTER TABLE settings ADD COLUMN hold_negative       INTEGER NOT NULL DEFAULT TRUE; -- ConnectWise would bill a negative quantity
ALTER TABLE settings ADD COLUMN hold_source_zero    INTEGER NOT NULL DEFAULT TRUE; -- a source says only zeros
ALTER TABLE settings ADD COLUMN hold_found          INTEGER NOT NULL DEFAULT TRUE; -- something says that the seats are billed elsewhere
ALTER TABLE settings ADD COLUMN hold_terms          INTEGER NOT NULL DEFAULT TRUE; -- unusual terms that nobody confirmed

-- A limit in percent that somebody chose holds in both directions, from one seat on.
UPDATE settings SET hold_lower_percent = hold_percent, hold_lower_seats = 1, hold_higher_percent = hold_percent, hold_higher_seats = 1
    WHERE hold_percent IS NOT NULL;
ALTER TABLE settings DROP COLUMN hold_percent;

-- The others are as somebody saved them, or become what is now the default. Only the activity log tells the two apart.
UPDATE settings SET hold_seats = COALESCE(hold_seats, 100), hold_zero = TRUE, hold_first = TRUE
    WHERE NOT EXISTS (SELECT 1 FROM activity WHERE category = 'settings' AND action LIKE 'Saved the approvals.%');

-- A line that Seatbridge created is its own from the beginning.
ALTER TABLE lines ADD COLUMN created INTEGER NOT NULL DEFAULT FALSE;
UPDATE lines SET created = EXISTS (SELECT 1 FROM changes c WHERE c.agreement_id = lines.agreement_id AND c.product_id = lines.product_id
    AND c.addition_id = lines.addition_id AND c.kind = 'create' AND c.state = 'written');
