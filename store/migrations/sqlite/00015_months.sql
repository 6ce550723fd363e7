-- +goose Up
-- The books of the months (docs/months.md): what a month owed, what was written for it and what an invoice took, side by side.

-- What each line said, as far as anybody knows: a row for each time that it was written or found to say something else.
CREATE TABLE line_history (
    id           INTEGER PRIMARY KEY,
    agreement_id INTEGER NOT NULL,
    product_id   INTEGER NOT NULL,
    addition_id  INTEGER NOT NULL,
    at           INTEGER NOT NULL,            -- written or read then
    seen_at      INTEGER NOT NULL,            -- read again with the same quantity until then
    written      INTEGER NOT NULL,            -- by Seatbridge; otherwise it was read
    created      INTEGER NOT NULL,            -- by Seatbridge at that moment: before it there was no line
    change_id    INTEGER NOT NULL DEFAULT 0,  -- that wrote it; 0: none
    quantity     TEXT    NOT NULL,
    unit_price   TEXT,
    currency     TEXT    NOT NULL DEFAULT '',
    ended        TEXT    NOT NULL DEFAULT '', -- its last billed day; empty: open
    shares       TEXT    NOT NULL DEFAULT '[]'
) STRICT;
CREATE INDEX line_history_agreement ON line_history (agreement_id, id);

-- How agreements are invoiced, as it was last read; of a child that is its parent's.
CREATE TABLE billing_dates (
    agreement_id INTEGER PRIMARY KEY,
    parent_id    INTEGER NOT NULL DEFAULT 0,  -- 0: not a child
    next_invoice TEXT    NOT NULL,            -- day; empty: ConnectWise says none
    cycle        TEXT    NOT NULL DEFAULT '',
    period_type  TEXT    NOT NULL DEFAULT '',
    prorates     INTEGER NOT NULL DEFAULT FALSE,
    ended        TEXT    NOT NULL DEFAULT '', -- its last billed day; empty: open
    read_at      INTEGER NOT NULL
) STRICT;

-- A next invoice date that moved: forward when the period was invoiced or written off, back when an invoice was deleted.
CREATE TABLE billing_moves (
    id           INTEGER PRIMARY KEY,
    agreement_id INTEGER NOT NULL,
    from_day     TEXT    NOT NULL,
    to_day       TEXT    NOT NULL,
    after        INTEGER NOT NULL,            -- it still said from_day then
    by           INTEGER NOT NULL             -- and to_day then
) STRICT;
CREATE INDEX billing_moves_agreement ON billing_moves (agreement_id, id);

-- The invoices of agreements, of all types. ConnectWise's own ids.
CREATE TABLE invoices (
    id           INTEGER PRIMARY KEY,
    number       TEXT    NOT NULL,
    type         TEXT    NOT NULL,
    agreement_id INTEGER NOT NULL,
    day          TEXT    NOT NULL,            -- the invoice's date
    entered_at   INTEGER,                     -- when it was made, as far as ConnectWise says; NULL: it does not
    status       TEXT    NOT NULL DEFAULT '',
    total        TEXT,
    currency     TEXT    NOT NULL DEFAULT '',
    first_seen   INTEGER NOT NULL,
    gone_at      INTEGER                      -- deleted: not there any more then
) STRICT;
CREATE INDEX invoices_agreement ON invoices (agreement_id, day);
CREATE INDEX invoices_day ON invoices (day);

-- When the invoices were last read, and what went wrong; of ConnectWise's dates the moment is with each agreement.
CREATE TABLE invoice_reading (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    read_at    INTEGER,                       -- the last reading that went well
    tried_at   INTEGER,
    forbidden  INTEGER NOT NULL DEFAULT FALSE, -- the API member may not read invoices
    error_what TEXT NOT NULL DEFAULT '',
    error_do   TEXT NOT NULL DEFAULT ''
) STRICT;
INSERT INTO invoice_reading (id) VALUES (1);

-- The months that the books have, and the sums of their rows.
CREATE TABLE months (
    month         TEXT    PRIMARY KEY,
    reconstructed INTEGER NOT NULL DEFAULT FALSE, -- from the journal of the time before there were books
    closed_at     INTEGER,
    closed_by     TEXT    NOT NULL DEFAULT '',    -- e-mail address; empty with closed_at: the rule
    sums          TEXT    NOT NULL DEFAULT '{}',  -- JSON
    lagging       INTEGER NOT NULL DEFAULT FALSE  -- a row changed since they were added up
) STRICT;

-- A row of a month's books: an organization on a plan. Quantities are decimals, since a person may have entered any.
CREATE TABLE month_rows (
    month           TEXT    NOT NULL,
    organization_id INTEGER NOT NULL,
    plan            TEXT    NOT NULL,
    organization    TEXT    NOT NULL,
    folded          TEXT    NOT NULL,
    due             TEXT,                        -- NULL: not known
    source          TEXT    NOT NULL DEFAULT '',
    due_was         TEXT,                        -- counted so before due_since; NULL: it was always as it is
    due_since       INTEGER,
    written         TEXT,                        -- NULL: never for this month
    written_run     INTEGER NOT NULL DEFAULT 0,
    written_at      INTEGER,
    due_then        TEXT,
    company_id      INTEGER NOT NULL DEFAULT 0,
    company         TEXT    NOT NULL DEFAULT '',
    agreement_id    INTEGER NOT NULL DEFAULT 0,  -- that carries it; 0: none does
    agreement       TEXT    NOT NULL DEFAULT '',
    product_id      INTEGER NOT NULL DEFAULT 0,
    addition_id     INTEGER NOT NULL DEFAULT 0,
    in_connectwise  TEXT,                        -- NULL: no line
    read_at         INTEGER,
    edited          INTEGER NOT NULL DEFAULT FALSE, -- by hand
    billed          TEXT,                        -- NULL: not known
    invoice_state   TEXT    NOT NULL DEFAULT 'unknown',
    invoice_id      INTEGER NOT NULL DEFAULT 0,
    invoice_number  TEXT    NOT NULL DEFAULT '',
    invoice_day     TEXT    NOT NULL DEFAULT '', -- of the invoice or, where it is not made yet, its next invoice date
    unit_price      TEXT,
    currency        TEXT    NOT NULL DEFAULT '',
    difference      TEXT,                        -- due less billed; NULL: not known
    settled         TEXT    NOT NULL DEFAULT '0',
    settled_by      TEXT    NOT NULL DEFAULT '', -- how, the last time
    open            TEXT,                        -- difference less settled; NULL: not known
    state           TEXT    NOT NULL CHECK (state IN ('none', 'open', 'settled')),
    cause           TEXT    NOT NULL DEFAULT '', -- why there is a difference, by name
    reason          TEXT    NOT NULL DEFAULT '', -- the same in a sentence
    weight          REAL    NOT NULL DEFAULT 0,  -- what is open, in money or else in seats, for sorting
    PRIMARY KEY (month, organization_id, plan)
) STRICT;
CREATE INDEX month_rows_sorted ON month_rows (month, state, weight);
CREATE INDEX month_rows_name ON month_rows (month, folded, plan);
CREATE INDEX month_rows_organization ON month_rows (organization_id, month);
CREATE INDEX month_rows_agreement ON month_rows (agreement_id, month);

-- How differences were settled, by whom. A settlement that was undone stays.
CREATE TABLE settlements (
    id              INTEGER PRIMARY KEY,
    month           TEXT    NOT NULL,
    organization_id INTEGER NOT NULL,
    plan            TEXT    NOT NULL,
    how             TEXT    NOT NULL CHECK (how IN ('written_again', 'next_invoice', 'by_hand', 'waived')),
    seats           TEXT    NOT NULL,            -- of the difference
    unit_price      TEXT,
    currency        TEXT    NOT NULL DEFAULT '',
    note            TEXT    NOT NULL DEFAULT '',
    run_id          INTEGER NOT NULL DEFAULT 0,  -- that put it on the next invoice, or wrote it again; 0: none
    settled_at      INTEGER NOT NULL,
    settled_by      TEXT    NOT NULL,            -- e-mail address
    undone_at       INTEGER,
    undone_by       TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX settlements_row ON settlements (organization_id, month, plan);
CREATE INDEX settlements_month ON settlements (month);

-- Organizations that are invoiced elsewhere than through ConnectWise: said once, until it is mapped or taken back.
CREATE TABLE billed_elsewhere (
    organization_id INTEGER PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    note            TEXT    NOT NULL DEFAULT '',
    said_at         INTEGER NOT NULL,
    said_by         TEXT    NOT NULL
) STRICT;

-- The statements of closed months: what they were then, and does not change any more.
CREATE TABLE statements (
    month    TEXT    PRIMARY KEY,
    number   INTEGER NOT NULL UNIQUE,
    body     TEXT    NOT NULL,                   -- canonical JSON
    sha256   TEXT    NOT NULL,
    previous TEXT    NOT NULL DEFAULT ''         -- the hash of the statement before it
) STRICT;

-- Organizations whose rows are to be counted again, because something that they follow from was written. The mark is set in
-- the transaction of that write, by triggers, so that no writer can forget to.
CREATE TABLE books_stale (organization_id INTEGER PRIMARY KEY) STRICT;

-- +goose StatementBegin
CREATE TRIGGER books_ledger_added AFTER INSERT ON ledger_changes BEGIN
    INSERT INTO books_stale VALUES (NEW.organization_id) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_ledger_changed AFTER UPDATE ON ledger_changes BEGIN
    INSERT INTO books_stale VALUES (NEW.organization_id) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_mapped AFTER INSERT ON mappings BEGIN
    INSERT INTO books_stale SELECT organization_id FROM mappings WHERE agreement_id = NEW.agreement_id ON CONFLICT DO NOTHING;
    DELETE FROM billed_elsewhere WHERE organization_id = NEW.organization_id;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_remapped AFTER UPDATE ON mappings BEGIN
    INSERT INTO books_stale SELECT organization_id FROM mappings WHERE agreement_id IN (OLD.agreement_id, NEW.agreement_id)
    ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_unmapped AFTER DELETE ON mappings BEGIN
    INSERT INTO books_stale VALUES (OLD.organization_id) ON CONFLICT DO NOTHING;
    INSERT INTO books_stale SELECT organization_id FROM mappings WHERE agreement_id = OLD.agreement_id ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_planned AFTER INSERT ON change_organizations BEGIN
    INSERT INTO books_stale VALUES (NEW.organization_id) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_carried AFTER UPDATE OF state ON changes WHEN OLD.state <> NEW.state BEGIN
    INSERT INTO books_stale SELECT organization_id FROM change_organizations WHERE change_id = NEW.id
    ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_run_ended AFTER UPDATE OF status ON runs
WHEN OLD.status <> NEW.status AND NEW.status IN ('done', 'incomplete', 'failed', 'cancelled') AND NOT NEW.preview BEGIN
    INSERT INTO books_stale SELECT organization_id FROM mappings WHERE TRUE ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_line AFTER INSERT ON line_history BEGIN
    INSERT INTO books_stale
        SELECT organization_id FROM mappings WHERE agreement_id = NEW.agreement_id
        UNION SELECT organization_id FROM month_rows WHERE agreement_id = NEW.agreement_id
        UNION SELECT json_extract(value, '$.organization_id') FROM json_each(NEW.shares) WHERE value IS NOT NULL
    ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_dates_read AFTER INSERT ON billing_dates BEGIN
    INSERT INTO books_stale SELECT organization_id FROM mappings
        WHERE agreement_id = NEW.agreement_id OR agreement_id IN (SELECT agreement_id FROM billing_dates WHERE parent_id = NEW.agreement_id)
    ON CONFLICT DO NOTHING;
    INSERT INTO books_stale SELECT organization_id FROM month_rows
        WHERE agreement_id = NEW.agreement_id OR agreement_id IN (SELECT agreement_id FROM billing_dates WHERE parent_id = NEW.agreement_id)
    ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_dates_changed AFTER UPDATE OF next_invoice, parent_id, ended ON billing_dates
WHEN OLD.next_invoice <> NEW.next_invoice OR OLD.parent_id <> NEW.parent_id OR OLD.ended <> NEW.ended BEGIN
    INSERT INTO books_stale SELECT organization_id FROM mappings
        WHERE agreement_id = NEW.agreement_id OR agreement_id IN (SELECT agreement_id FROM billing_dates WHERE parent_id = NEW.agreement_id)
    ON CONFLICT DO NOTHING;
    INSERT INTO books_stale SELECT organization_id FROM month_rows
        WHERE agreement_id = NEW.agreement_id OR agreement_id IN (SELECT agreement_id FROM billing_dates WHERE parent_id = NEW.agreement_id)
    ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_invoiced AFTER INSERT ON invoices BEGIN
    INSERT INTO books_stale SELECT organization_id FROM month_rows
        WHERE agreement_id = NEW.agreement_id OR agreement_id IN (SELECT agreement_id FROM billing_dates WHERE parent_id = NEW.agreement_id)
    ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_invoice_changed AFTER UPDATE ON invoices
WHEN OLD.gone_at IS NOT NEW.gone_at OR OLD.entered_at IS NOT NEW.entered_at OR OLD.day <> NEW.day OR OLD.number <> NEW.number BEGIN
    INSERT INTO books_stale SELECT organization_id FROM month_rows
        WHERE agreement_id = NEW.agreement_id OR agreement_id IN (SELECT agreement_id FROM billing_dates WHERE parent_id = NEW.agreement_id)
    ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_settled AFTER INSERT ON settlements BEGIN
    INSERT INTO books_stale VALUES (NEW.organization_id) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_settlement_undone AFTER UPDATE ON settlements BEGIN
    INSERT INTO books_stale VALUES (NEW.organization_id) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_elsewhere AFTER INSERT ON billed_elsewhere BEGIN
    INSERT INTO books_stale VALUES (NEW.organization_id) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER books_not_elsewhere AFTER DELETE ON billed_elsewhere BEGIN
    INSERT INTO books_stale VALUES (OLD.organization_id) ON CONFLICT DO NOTHING;
END;
-- +goose StatementEnd

-- What is known of the time before there were books: the months that runs wrote, and what the lines said then, by the journal.
INSERT INTO months (month, reconstructed)
SELECT DISTINCT month, TRUE FROM runs
WHERE NOT preview AND kind IN ('manual', 'monthly', 'command', 'retry')
    AND month < (SELECT strftime('%Y-%m', MAX(started_at), 'unixepoch') FROM runs);

INSERT INTO line_history (agreement_id, product_id, addition_id, at, seen_at, written, created, change_id, quantity, unit_price, currency, shares)
SELECT agreement_id, product_id, addition_id, at, at, written, created, change_id, quantity, unit_price, currency, shares FROM (
    SELECT c.agreement_id, c.product_id, c.addition_id, r.started_at AS at, FALSE AS written, FALSE AS created, 0 AS change_id,
        c.before_quantity AS quantity, c.unit_price, c.currency, '[]' AS shares, c.id AS change, 0 AS step
    FROM changes c JOIN runs r ON r.id = c.run_id
    WHERE c.addition_id IS NOT NULL AND c.before_quantity IS NOT NULL
    UNION ALL
    SELECT c.agreement_id, c.product_id, c.addition_id, COALESCE(c.done_at, r.ended_at, r.started_at), TRUE,
        c.kind = 'create' AND c.state = 'written', c.id, c.after_quantity, c.unit_price, c.currency, c.shares, c.id, 1
    FROM changes c JOIN runs r ON r.id = c.run_id
    WHERE c.addition_id IS NOT NULL AND c.after_quantity IS NOT NULL AND NOT r.preview AND c.state IN ('written', 'unchanged')
) ORDER BY change, step;

INSERT INTO billing_dates (agreement_id, parent_id, next_invoice, cycle, prorates, read_at)
SELECT id, COALESCE(parent_id, 0), next_invoice_date, billing_cycle, prorate, imported_at FROM agreements WHERE next_invoice_date <> '';

INSERT OR IGNORE INTO books_stale SELECT id FROM organizations;
