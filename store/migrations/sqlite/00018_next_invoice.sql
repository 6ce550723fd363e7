-- +goose Up
-- A difference of a month that ended can be put on the next invoice, as a line that is billed once (docs/design.md section 5).

-- Whether it may; off by default.
ALTER TABLE settings ADD COLUMN next_invoice INTEGER NOT NULL DEFAULT FALSE;

-- The run that does so is of a kind of its own. Dropping the column drops its CHECK, which cannot be altered.
DROP INDEX runs_month;
ALTER TABLE runs RENAME COLUMN kind TO kind_before;
ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'manual'
    CHECK (kind IN ('manual', 'monthly', 'command', 'undo', 'retry', 'release', 'settle'));
UPDATE runs SET kind = kind_before;
ALTER TABLE runs DROP COLUMN kind_before;
CREATE INDEX runs_month ON runs (month, kind);

-- What a one-time line has beside its first day. A change about one has cancelled_date, also one that undoes it.
ALTER TABLE changes ADD COLUMN cancelled_date TEXT NOT NULL DEFAULT ''; -- its last billed day, "2026-11-30"; empty: an ordinary line
ALTER TABLE changes ADD COLUMN description    TEXT NOT NULL DEFAULT '';
ALTER TABLE changes ADD COLUMN note           TEXT NOT NULL DEFAULT ''; -- that whoever settles with it left
CREATE INDEX changes_once ON changes (agreement_id, product_id) WHERE cancelled_date <> '';
CREATE INDEX settlements_run ON settlements (run_id) WHERE run_id <> 0;
