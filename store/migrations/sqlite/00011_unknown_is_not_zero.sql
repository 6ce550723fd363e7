-- +goose Up
-- Who knows how many members an organization has: the seats, once one was recorded, or a person who said that it has none.
ALTER TABLE organizations ADD COLUMN members_since INTEGER; -- first moment of a member or invitation ever recorded; NULL: none was
ALTER TABLE organizations ADD COLUMN no_members_at INTEGER; -- somebody said then that it has no members; NULL: nobody does
ALTER TABLE organizations ADD COLUMN no_members_by TEXT NOT NULL DEFAULT ''; -- e-mail address

UPDATE organizations SET members_since = (
    SELECT MIN(MIN(COALESCE(invited_at, joined_at), COALESCE(joined_at, invited_at))) FROM seats WHERE organization_id = organizations.id
);

-- A recorded member withdraws that there is none. Triggers keep both, so that no writer can forget to; organizations_changed
-- notes the ledger's change. A seat that goes leaves members_since as it is: that somebody was there is still known.
-- +goose StatementBegin
CREATE TRIGGER seats_recorded AFTER INSERT ON seats BEGIN
    UPDATE organizations SET no_members_at = NULL, no_members_by = '',
        members_since = MIN(COALESCE(members_since, NEW.joined_at, NEW.invited_at), COALESCE(NEW.invited_at, NEW.joined_at),
            COALESCE(NEW.joined_at, NEW.invited_at))
    WHERE id = NEW.organization_id
        AND (members_since IS NULL OR members_since > NEW.invited_at OR members_since > NEW.joined_at);
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER seats_dated AFTER UPDATE OF invited_at, joined_at ON seats BEGIN
    UPDATE organizations SET members_since = MIN(members_since, COALESCE(NEW.invited_at, NEW.joined_at),
        COALESCE(NEW.joined_at, NEW.invited_at))
    WHERE id = NEW.organization_id AND (members_since > NEW.invited_at OR members_since > NEW.joined_at);
END;
-- +goose StatementEnd
