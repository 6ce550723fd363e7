-- +goose Up
ALTER TABLE changes ADD COLUMN currency TEXT NOT NULL DEFAULT ''; -- of unit_price, as ConnectWise codes or names it
ALTER TABLE runs ADD COLUMN continued_at INTEGER; -- what was previewed or approved began to be written then
ALTER TABLE runs ADD COLUMN resumed_at INTEGER;   -- it was cut off and went on then
