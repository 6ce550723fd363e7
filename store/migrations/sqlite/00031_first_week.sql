-- +goose Up
-- Products that were created in ConnectWise from here without a price: they are asked about until they have one there.
CREATE TABLE unpriced_products (
    product_id INTEGER PRIMARY KEY,
    identifier TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    created_by TEXT    NOT NULL, -- e-mail address
    checked_at INTEGER NOT NULL  -- when ConnectWise was last asked
) STRICT;

-- The last month that another integration wrote to ConnectWise, "2026-10"; empty: none did, or nobody said so. Seatbridge writes
-- those after it.
ALTER TABLE settings ADD COLUMN hosted_last TEXT NOT NULL DEFAULT '';
