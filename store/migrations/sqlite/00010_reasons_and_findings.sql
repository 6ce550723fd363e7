-- +goose Up
ALTER TABLE changes ADD COLUMN together INTEGER NOT NULL DEFAULT 0;  -- the lowest agreement of those that are held and decided together
UPDATE changes SET together = agreement_id;
ALTER TABLE changes ADD COLUMN held_for TEXT NOT NULL DEFAULT '[]';  -- JSON: the holds, by name; held_because says them in words
ALTER TABLE changes ADD COLUMN found TEXT NOT NULL DEFAULT '[]';     -- JSON: what was found out about the line before it was decided
ALTER TABLE changes ADD COLUMN looks INTEGER NOT NULL DEFAULT 0;     -- of a creation of unknown outcome: how many later runs did not find it
CREATE INDEX changes_together ON changes (run_id, together);

-- What a line consisted of when it was last written, and what it said when it was last read.
ALTER TABLE lines ADD COLUMN shares        TEXT NOT NULL DEFAULT '[]'; -- JSON
ALTER TABLE lines ADD COLUMN product       TEXT NOT NULL DEFAULT '';   -- identifier
ALTER TABLE lines ADD COLUMN read_quantity TEXT;
ALTER TABLE lines ADD COLUMN read_at       INTEGER;
ALTER TABLE lines ADD COLUMN unit_price    TEXT;
ALTER TABLE lines ADD COLUMN currency      TEXT NOT NULL DEFAULT '';
ALTER TABLE lines ADD COLUMN ended         TEXT NOT NULL DEFAULT '';   -- its last billed day, "2026-11-20"; empty: open
UPDATE lines SET
    shares  = COALESCE((SELECT c.shares FROM changes c WHERE c.agreement_id = lines.agreement_id AND c.product_id = lines.product_id
                        AND c.state IN ('written', 'unchanged') ORDER BY c.id DESC LIMIT 1), '[]'),
    product = COALESCE((SELECT c.product FROM changes c WHERE c.agreement_id = lines.agreement_id AND c.product_id = lines.product_id
                        ORDER BY c.id DESC LIMIT 1), '');

-- The line and the quantity to be written that whoever mapped was shown.
ALTER TABLE mappings ADD COLUMN shown TEXT NOT NULL DEFAULT ''; -- JSON; empty: nothing

-- What readings of agreements found that a person should know, as long as it holds.
CREATE TABLE findings (
    agreement_id INTEGER NOT NULL,
    product_id   INTEGER NOT NULL,            -- 0: the agreement as a whole
    subject        TEXT    NOT NULL,
    addition_id  INTEGER NOT NULL DEFAULT 0,  -- 0: not about one addition
    company_id   INTEGER NOT NULL,
    company      TEXT    NOT NULL,
    agreement    TEXT    NOT NULL,
    product      TEXT    NOT NULL DEFAULT '',
    facts        TEXT    NOT NULL,            -- what it rests on: another value asks again
    sentence     TEXT    NOT NULL,
    advice       TEXT    NOT NULL DEFAULT '',
    quantity     TEXT,
    unit_price   TEXT,
    currency     TEXT    NOT NULL DEFAULT '',
    since        INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL,
    PRIMARY KEY (agreement_id, product_id, subject, addition_id)
) STRICT;

-- What a person said to a finding: it is meant so.
CREATE TABLE answers (
    agreement_id INTEGER NOT NULL,
    product_id   INTEGER NOT NULL,
    subject        TEXT    NOT NULL,
    addition_id  INTEGER NOT NULL DEFAULT 0,
    facts        TEXT    NOT NULL,
    note         TEXT    NOT NULL DEFAULT '',
    answered_by  TEXT    NOT NULL, -- e-mail address
    answered_at  INTEGER NOT NULL,
    PRIMARY KEY (agreement_id, product_id, subject, addition_id)
) STRICT;

-- The last reading of what decides whether a quantity becomes money, so that one hears of what drifted.
CREATE TABLE terms (
    agreement_id INTEGER NOT NULL,
    product_id   INTEGER NOT NULL, -- 0: the agreement
    name         TEXT    NOT NULL,
    value        TEXT    NOT NULL,
    was          TEXT    NOT NULL DEFAULT '', -- the value before; empty: none was read
    since        INTEGER NOT NULL,            -- when this value was first read
    PRIMARY KEY (agreement_id, product_id, name)
) STRICT;
