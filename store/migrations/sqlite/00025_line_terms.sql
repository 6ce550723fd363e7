-- +goose Up
-- What of a line's quantity ConnectWise bills nothing of, when the line said so: it decides what a difference of a month comes to
-- (docs/billing-rules.md section 9).
ALTER TABLE line_history ADD COLUMN included TEXT NOT NULL DEFAULT '0'; -- so much of the quantity is included
ALTER TABLE line_history ADD COLUMN unbilled TEXT NOT NULL DEFAULT '';  -- nothing of it is billed: products (the agreement bills none) or customer (the line is not)

-- What readings know of it: a term as it is since it was read so, and what it was before, where it was another.
UPDATE line_history SET included = COALESCE((
    SELECT CASE WHEN line_history.seen_at >= t.since OR t.was = '' THEN t.value ELSE t.was END FROM terms t
    WHERE t.agreement_id = line_history.agreement_id AND t.addition_id = line_history.addition_id AND t.name = 'included'), '0');
UPDATE line_history SET unbilled = 'customer' WHERE (
    SELECT CASE WHEN line_history.seen_at >= t.since OR t.was = '' THEN t.value ELSE t.was END FROM terms t
    WHERE t.agreement_id = line_history.agreement_id AND t.addition_id = line_history.addition_id AND t.name = 'customer'
) IN ('DoNotBill', 'NoCharge');
UPDATE line_history SET unbilled = 'products' WHERE (
    SELECT CASE WHEN line_history.seen_at >= t.since OR t.was = '' THEN t.value ELSE t.was END FROM terms t
    WHERE t.agreement_id = line_history.agreement_id AND t.product_id = 0 AND t.name = 'products'
) IN ('DoNotBill', 'NoCharge');

-- A row keeps the terms of the line that carries it: how much the whole line was billed for, what of it is included, and how much of
-- that comes off the organization's own part.
ALTER TABLE month_rows ADD COLUMN line_billed    TEXT NOT NULL DEFAULT '0';
ALTER TABLE month_rows ADD COLUMN included       TEXT NOT NULL DEFAULT '0';
ALTER TABLE month_rows ADD COLUMN included_share TEXT NOT NULL DEFAULT '0';
ALTER TABLE month_rows ADD COLUMN unbilled       TEXT NOT NULL DEFAULT '';
UPDATE month_rows SET line_billed = COALESCE(billed, '0'); -- until they are counted again

INSERT OR IGNORE INTO books_stale SELECT id FROM organizations;
