-- +goose Up
-- A closed month is counted by what was true then, so what can be changed has a history.

-- Whether seats pending at the end of a month are counted (docs/billing-rules.md section 2, rule 5): from a month on, until the
-- next row's; '' is before all months. Without a row they are not. What is chosen now was used for every month so far.
CREATE TABLE pending_rules (
    month   TEXT    PRIMARY KEY,
    counted INTEGER NOT NULL
) STRICT;
INSERT INTO pending_rules (month, counted) SELECT '', TRUE FROM settings WHERE count_pending;
ALTER TABLE settings DROP COLUMN count_pending;

-- Whether the MSP managed an organization from a moment on; the first row is the creation. organizations.managed is the last one,
-- and its trigger notes the ledger's change.
CREATE TABLE organization_management (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    since           INTEGER NOT NULL,
    managed         INTEGER NOT NULL,
    PRIMARY KEY (organization_id, since)
) STRICT;
-- The activity log has every change so far.
INSERT INTO organization_management (organization_id, since, managed)
    SELECT a.organization_id, a.at, a.action LIKE '%MSP-managed: false → true.%'
    FROM activity a JOIN organizations o ON o.id = a.organization_id
    WHERE a.category = 'organizations' AND a.action LIKE 'Edited organization %'
        AND (a.action LIKE '%MSP-managed: false → true.%' OR a.action LIKE '%MSP-managed: true → false.%')
    ORDER BY a.id
    ON CONFLICT (organization_id, since) DO UPDATE SET managed = excluded.managed;
INSERT INTO organization_management (organization_id, since, managed)
    SELECT o.id, o.created_at, COALESCE(
        (SELECT NOT m.managed FROM organization_management m WHERE m.organization_id = o.id ORDER BY m.since LIMIT 1), o.managed)
    FROM organizations o
    WHERE TRUE
    ON CONFLICT (organization_id, since) DO NOTHING;
