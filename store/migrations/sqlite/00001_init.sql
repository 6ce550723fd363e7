-- +goose Up
-- Moments are INTEGER Unix seconds in UTC, months TEXT 'YYYY-MM', calendar days TEXT 'YYYY-MM-DD',
-- quantities and money TEXT decimals as ConnectWise gives them. Columns ending in _folded hold the
-- text that searches, sorting and uniqueness compare: names without case and accents (Fold), e-mail
-- addresses without case (FoldEmail). Several names in one such column are parted by a line feed,
-- which folding never leaves in a name and which sorts before every letter.

CREATE TABLE settings (
    id                  INTEGER PRIMARY KEY CHECK (id = 1),
    msp_name            TEXT    NOT NULL DEFAULT '',
    count_pending       INTEGER NOT NULL DEFAULT FALSE, -- docs/billing-rules.md section 2, rule 5
    hand_edits          TEXT    NOT NULL DEFAULT 'overwrite' CHECK (hand_edits IN ('overwrite', 'hold')),
    -- When a person has to approve a change before it is written.
    hold_seats          INTEGER DEFAULT 100 CHECK (hold_seats > 0),     -- it is larger than so many seats; NULL: off
    hold_percent        INTEGER CHECK (hold_percent > 0),               -- or than so many percent; NULL: off
    hold_decrease       INTEGER NOT NULL DEFAULT FALSE,
    hold_zero           INTEGER NOT NULL DEFAULT FALSE,
    hold_first          INTEGER NOT NULL DEFAULT FALSE                  -- Seatbridge has not written the agreement before
) STRICT;
INSERT INTO settings (id) VALUES (1);

CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL,
    email         TEXT    NOT NULL,
    email_folded  TEXT    NOT NULL UNIQUE,
    role          TEXT    NOT NULL CHECK (role IN ('owner', 'admin', 'technician')),
    status        TEXT    NOT NULL CHECK (status IN ('pending', 'active', 'suspended')),
    password_hash TEXT    NOT NULL DEFAULT '', -- Argon2id, empty until the invitation is accepted
    created_at    INTEGER NOT NULL,
    last_seen_at  INTEGER
) STRICT;

-- One-time links: the Owner's first sign-up and members' invitations. Only the hash is kept.
CREATE TABLE invitations (
    token_hash TEXT    PRIMARY KEY,
    user_id    INTEGER REFERENCES users (id) ON DELETE CASCADE, -- NULL: makes the Owner account
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX invitations_user ON invitations (user_id);

CREATE TABLE sessions (
    token_hash   TEXT    PRIMARY KEY,
    user_id      INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at   INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    ip           TEXT    NOT NULL,
    user_agent   TEXT    NOT NULL
) STRICT;
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_expiry ON sessions (expires_at);

CREATE TABLE activity (
    id              INTEGER PRIMARY KEY,
    at              INTEGER NOT NULL,
    user_id         INTEGER,            -- NULL: the system itself (the monthly job)
    actor           TEXT    NOT NULL,   -- e-mail address, kept when the user is gone
    actor_folded    TEXT    NOT NULL,
    ip              TEXT    NOT NULL,
    category        TEXT    NOT NULL CHECK (category IN ('access', 'members', 'organizations', 'integrations', 'billing', 'settings')),
    action          TEXT    NOT NULL,   -- a whole sentence without the actor
    organization_id INTEGER             -- NULL: not about one organization
) STRICT;
CREATE INDEX activity_at ON activity (at);
CREATE INDEX activity_organization ON activity (organization_id, at);
CREATE INDEX activity_category ON activity (category, at);

CREATE TABLE organizations (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL,
    name_folded   TEXT    NOT NULL CHECK (name_folded <> ''),
    plan          TEXT    NOT NULL CHECK (plan IN ('business', 'enterprise')),
    license       TEXT    NOT NULL CHECK (license IN ('standard', 'trial', 'nfr')),
    managed       INTEGER NOT NULL DEFAULT TRUE,
    external_id   TEXT,
    created_at    INTEGER NOT NULL,
    trial_ends_at INTEGER,              -- set if and only if it began as a trial
    suspended_at  INTEGER,
    deleted_at    INTEGER,
    CHECK (license <> 'trial' OR trial_ends_at IS NOT NULL)
) STRICT;
CREATE INDEX organizations_sorted ON organizations (name_folded, id);
CREATE UNIQUE INDEX organizations_name ON organizations (name_folded) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX organizations_external ON organizations (external_id) WHERE external_id IS NOT NULL AND deleted_at IS NULL;
CREATE UNIQUE INDEX organizations_one_nfr ON organizations (license) WHERE license = 'nfr' AND deleted_at IS NULL; -- docs/billing-rules.md section 1

-- The plan and license type in force from a moment on; the first row is the creation.
CREATE TABLE organization_terms (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    since           INTEGER NOT NULL,
    plan            TEXT    NOT NULL CHECK (plan IN ('business', 'enterprise')),
    license         TEXT    NOT NULL CHECK (license IN ('standard', 'trial', 'nfr')),
    PRIMARY KEY (organization_id, since)
) STRICT;

-- One row a stay: somebody who leaves and returns has two.
CREATE TABLE seats (
    id              INTEGER PRIMARY KEY,
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    email           TEXT    NOT NULL,
    email_folded    TEXT    NOT NULL CHECK (email_folded <> ''),
    invited_at      INTEGER,            -- NULL: became a member at once
    joined_at       INTEGER,            -- NULL: pending
    suspended_at    INTEGER,
    deleted_at      INTEGER,
    CHECK (invited_at IS NOT NULL OR joined_at IS NOT NULL),
    CHECK (deleted_at IS NULL OR joined_at IS NULL OR deleted_at >= joined_at)
) STRICT;
CREATE UNIQUE INDEX seats_present ON seats (organization_id, email_folded) WHERE deleted_at IS NULL;
CREATE INDEX seats_organization ON seats (organization_id, deleted_at, joined_at);

-- An organization's billable seats for a month as a source reported them; beats the seats table.
CREATE TABLE usage_reports (
    organization_id INTEGER NOT NULL REFERENCES organizations (id) ON DELETE CASCADE,
    month           TEXT    NOT NULL,
    seats           INTEGER NOT NULL CHECK (seats >= 0),
    plan            TEXT    NOT NULL CHECK (plan IN ('business', 'enterprise')),
    source          TEXT    NOT NULL,
    reported_at     INTEGER NOT NULL,
    PRIMARY KEY (organization_id, month)
) STRICT;
CREATE INDEX usage_reports_month ON usage_reports (month);

CREATE TABLE integration (
    id                 INTEGER PRIMARY KEY CHECK (id = 1),
    site               TEXT    NOT NULL,
    company            TEXT    NOT NULL,
    public_key         TEXT    NOT NULL,
    private_key_sealed BLOB    NOT NULL,
    client_id          TEXT    NOT NULL,
    api_base           TEXT    NOT NULL DEFAULT '',
    rights             TEXT    NOT NULL DEFAULT '', -- JSON, as billing wrote it
    error_what         TEXT    NOT NULL DEFAULT '', -- what happened; empty: the last contact was good
    error_do           TEXT    NOT NULL DEFAULT '', -- what to do
    error_detail       TEXT    NOT NULL DEFAULT '', -- the technical cause, without secrets
    error_at           INTEGER,
    connected_at       INTEGER NOT NULL,
    checked_at         INTEGER,
    active_since       INTEGER,                     -- product mapping first confirmed; monthly runs are due from here on
    last_import_at     INTEGER,
    last_sync_at       INTEGER
) STRICT;

CREATE TABLE product_mappings (
    plan         TEXT    PRIMARY KEY CHECK (plan IN ('business', 'enterprise')),
    product_id   INTEGER NOT NULL UNIQUE,
    identifier   TEXT    NOT NULL,
    description  TEXT    NOT NULL,
    confirmed_at INTEGER NOT NULL
) STRICT;

-- The imported copy of ConnectWise. The ids are ConnectWise's own.
CREATE TABLE companies (
    id          INTEGER PRIMARY KEY,
    identifier  TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    name_folded TEXT    NOT NULL,      -- name and identifier
    status_id   INTEGER NOT NULL,
    status_name TEXT    NOT NULL,
    imported_at INTEGER NOT NULL,
    gone_at     INTEGER                -- no longer found by an import, or deleted in ConnectWise
) STRICT;
CREATE INDEX companies_name ON companies (name_folded, id);
CREATE INDEX companies_identifier ON companies (identifier, id);
CREATE INDEX companies_status ON companies (status_name, name_folded, id);

CREATE TABLE company_types (
    company_id INTEGER NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
    type_id    INTEGER NOT NULL,
    type_name  TEXT    NOT NULL,
    PRIMARY KEY (company_id, type_id)
) STRICT;
CREATE INDEX company_types_type ON company_types (type_id);

CREATE TABLE agreements (
    id                INTEGER PRIMARY KEY,
    company_id        INTEGER NOT NULL REFERENCES companies (id) ON DELETE CASCADE,
    name              TEXT    NOT NULL,
    type_name         TEXT    NOT NULL,
    parent_id         INTEGER,
    status            TEXT    NOT NULL,  -- as ConnectWise computed it at the import
    start_date        TEXT    NOT NULL DEFAULT '',
    end_date          TEXT    NOT NULL DEFAULT '',
    bill_start_date   TEXT    NOT NULL DEFAULT '',
    next_invoice_date TEXT    NOT NULL DEFAULT '',
    prorate           INTEGER NOT NULL DEFAULT FALSE,
    cancelled         INTEGER NOT NULL DEFAULT FALSE,
    imported_at       INTEGER NOT NULL,
    gone_at           INTEGER
) STRICT;
CREATE INDEX agreements_company ON agreements (company_id);

CREATE TABLE import_filters (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    type_ids   TEXT NOT NULL, -- JSON array
    status_ids TEXT NOT NULL  -- JSON array
) STRICT;

CREATE TABLE mappings (
    organization_id INTEGER PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
    company_id      INTEGER NOT NULL REFERENCES companies (id), -- as chosen: differs from the agreement's when that moved since
    agreement_id    INTEGER NOT NULL REFERENCES agreements (id),
    created_at      INTEGER NOT NULL,
    created_by      TEXT    NOT NULL
) STRICT;
CREATE INDEX mappings_agreement ON mappings (agreement_id);
CREATE INDEX mappings_company ON mappings (company_id);

-- The addition that carries a product on an agreement, and what Seatbridge last wrote there. Several
-- organizations of one agreement share a line. Kept when a mapping goes, so that mapping again finds it.
CREATE TABLE lines (
    agreement_id     INTEGER NOT NULL,
    product_id       INTEGER NOT NULL,
    addition_id      INTEGER NOT NULL,
    chosen           INTEGER NOT NULL DEFAULT FALSE, -- picked by a person among several
    written_quantity TEXT,                           -- NULL: adopted, never written
    written_at       INTEGER,
    PRIMARY KEY (agreement_id, product_id)
) STRICT;

CREATE TABLE runs (
    id           INTEGER PRIMARY KEY,
    kind         TEXT    NOT NULL CHECK (kind IN ('manual', 'monthly', 'command', 'undo', 'retry', 'release')),
    month        TEXT    NOT NULL,      -- the month the seats are of
    as_of        INTEGER,               -- set: real-time figures up to this moment; NULL: the whole month
    preview      INTEGER NOT NULL,      -- plans only; becomes FALSE when it is applied
    planned_at   INTEGER,               -- set: it was previewed, so that applying it writes what was shown and nothing else
    status       TEXT    NOT NULL CHECK (status IN ('running', 'planned', 'done', 'incomplete', 'failed', 'cancelled', 'discarded')),
    actor        TEXT    NOT NULL,
    user_id      INTEGER,
    of_run_id    INTEGER REFERENCES runs (id), -- the run that this one undoes or retries
    agreement_id INTEGER,               -- set: this agreement only
    started_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    total        INTEGER NOT NULL DEFAULT 0, -- agreements to look at
    processed    INTEGER NOT NULL DEFAULT 0,
    error_what   TEXT    NOT NULL DEFAULT '',
    error_do     TEXT    NOT NULL DEFAULT '',
    error_detail TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX runs_started ON runs (started_at);
CREATE INDEX runs_month ON runs (month, kind);
CREATE INDEX runs_status ON runs (status) WHERE status = 'running';

-- The journal: one row a line that a run looked at. Names are snapshots, so history stays readable.
CREATE TABLE changes (
    id               INTEGER PRIMARY KEY,
    run_id           INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    company_id       INTEGER NOT NULL,
    company          TEXT    NOT NULL,
    agreement_id     INTEGER NOT NULL,
    agreement        TEXT    NOT NULL,
    plan             TEXT    NOT NULL,
    product_id       INTEGER NOT NULL,
    product          TEXT    NOT NULL,  -- identifier
    addition_id      INTEGER,
    kind             TEXT    NOT NULL CHECK (kind IN ('create', 'update', 'unchanged', 'skipped', 'blocked', 'conflict')),
    state            TEXT    NOT NULL CHECK (state IN ('planned', 'sending', 'written', 'unchanged', 'skipped', 'blocked', 'conflict', 'held', 'failed', 'unknown', 'stale', 'rejected', 'cancelled')),
    before_quantity  TEXT,              -- NULL: no line
    after_quantity   TEXT,              -- NULL: unknown
    written_quantity TEXT,              -- what Seatbridge wrote last, as known when it planned
    hand_edited      INTEGER NOT NULL DEFAULT FALSE,
    unit_price       TEXT,
    effective_date   TEXT    NOT NULL DEFAULT '',
    reason           TEXT    NOT NULL DEFAULT '',
    warnings         TEXT    NOT NULL DEFAULT '[]', -- JSON array of sentences
    shares           TEXT    NOT NULL DEFAULT '[]', -- JSON: what each organization adds
    candidates       TEXT    NOT NULL DEFAULT '[]', -- JSON: the additions that a conflict is about
    held_because     TEXT    NOT NULL DEFAULT '', -- why a person has to approve it
    decided_by       TEXT    NOT NULL DEFAULT '', -- who approved or rejected it
    decided_at       INTEGER,
    error_what       TEXT    NOT NULL DEFAULT '',
    error_do         TEXT    NOT NULL DEFAULT '',
    error_detail     TEXT    NOT NULL DEFAULT '',
    sent_at          INTEGER,
    done_at          INTEGER,
    search_folded    TEXT    NOT NULL,  -- company, agreement and product
    UNIQUE (run_id, agreement_id, product_id)
) STRICT;
CREATE INDEX changes_state ON changes (run_id, state);
CREATE INDEX changes_sorted ON changes (run_id, search_folded);
CREATE INDEX changes_agreement ON changes (agreement_id);
CREATE INDEX changes_waiting ON changes (state);
CREATE INDEX changes_sent ON changes (sent_at) WHERE sent_at IS NOT NULL;

-- Which organizations have a share in a change, so that each has its own history.
CREATE TABLE change_organizations (
    organization_id INTEGER NOT NULL,
    change_id       INTEGER NOT NULL REFERENCES changes (id) ON DELETE CASCADE,
    PRIMARY KEY (organization_id, change_id)
) STRICT;
CREATE INDEX change_organizations_change ON change_organizations (change_id);
