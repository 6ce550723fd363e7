-- +goose Up
ALTER TABLE findings ADD COLUMN holds    INTEGER NOT NULL DEFAULT FALSE; -- a write waits for it
ALTER TABLE findings ADD COLUMN answered INTEGER NOT NULL DEFAULT FALSE; -- a person said, of the same facts, that it is meant so
CREATE INDEX findings_subject ON findings (subject, answered);

ALTER TABLE terms ADD COLUMN addition_id INTEGER NOT NULL DEFAULT 0; -- 0: the agreement's
ALTER TABLE terms ADD COLUMN changed_by  TEXT    NOT NULL DEFAULT ''; -- who changed it from what it was, and when, in words

-- Terms of the imported copy, for choosing among agreements.
ALTER TABLE agreements ADD COLUMN billing_cycle TEXT    NOT NULL DEFAULT '';
ALTER TABLE agreements ADD COLUMN bill_products TEXT    NOT NULL DEFAULT '';
ALTER TABLE agreements ADD COLUMN one_time      INTEGER NOT NULL DEFAULT FALSE;

ALTER TABLE runs ADD COLUMN addition_id INTEGER; -- set: a release of this addition only

-- Open lines that Seatbridge wrote and no longer feeds, and why. That a line is fed again needs nothing but a mapping.
CREATE VIEW unfed AS
SELECT * FROM (
    SELECT l.agreement_id, l.product_id, l.addition_id, l.product, l.unit_price, l.currency, l.written_at,
        COALESCE(CASE WHEN l.read_at >= l.written_at THEN l.read_quantity END, l.written_quantity) AS quantity,
        CASE
            WHEN NOT EXISTS (SELECT 1 FROM mappings m WHERE m.agreement_id = l.agreement_id)
                THEN CASE WHEN l.release THEN 'released' ELSE 'unmapped' END
            WHEN EXISTS (SELECT 1 FROM mappings m JOIN organizations o ON o.id = m.organization_id
                    WHERE m.agreement_id = l.agreement_id AND NOT o.managed)
                THEN 'unmanaged'
            WHEN l.product_id NOT IN (SELECT product_id FROM product_mappings)
                THEN 'product'
        END AS why
    FROM lines l
    WHERE CAST(l.written_quantity AS REAL) > 0 AND l.ended = ''
) WHERE why IS NOT NULL AND CAST(quantity AS REAL) <> 0;

-- All that a person should know. What a line nobody feeds says in words is put together where it is read.
CREATE VIEW known_findings AS
SELECT agreement_id, product_id, subject, addition_id, company_id, company, agreement, product, facts, sentence, advice,
    quantity, unit_price, currency, holds, answered, since
FROM findings WHERE agreement_id IN (SELECT agreement_id FROM mappings)
UNION ALL
SELECT u.agreement_id, u.product_id, 'unfed', u.addition_id, COALESCE(c.id, 0), COALESCE(c.name, ''), COALESCE(a.name, ''),
    u.product, u.why || '; ' || u.quantity, '', '', u.quantity, u.unit_price, u.currency, FALSE,
    EXISTS (SELECT 1 FROM answers w WHERE w.agreement_id = u.agreement_id AND w.product_id = u.product_id AND w.subject = 'unfed'
        AND w.addition_id = u.addition_id AND w.facts = u.why || '; ' || u.quantity),
    u.written_at
FROM unfed u LEFT JOIN agreements a ON a.id = u.agreement_id LEFT JOIN companies c ON c.id = a.company_id;
