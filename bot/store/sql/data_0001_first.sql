-- Times (`at`, `due_at`, `lease_until`, `erase_at`) are whole microseconds since 1970-01-01 UTC.
-- `address`, `payload`, `data` and `recent` are sealed with the contact's own key; `address_hash` and `event_hash` are keyed.

CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE contacts (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    address_hash BLOB UNIQUE,  -- NULL once erasing has begun: who writes again is somebody new
    address BLOB NOT NULL,
    has_left INTEGER NOT NULL DEFAULT 0,
    erase_at INTEGER,  -- when erasing began
    created_on TEXT NOT NULL  -- the day only
);
CREATE INDEX contacts_erasing ON contacts (erase_at) WHERE erase_at IS NOT NULL;

CREATE TABLE conversations (
    contact_id TEXT PRIMARY KEY REFERENCES contacts (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    state TEXT NOT NULL,
    locale TEXT,
    city TEXT,
    area TEXT,
    data BLOB,
    recent BLOB,  -- forgotten together with the messages
    version INTEGER NOT NULL
);

-- A handled row keeps neither contact nor payload, only the key that recognises a repetition.
CREATE TABLE inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    event_hash BLOB NOT NULL UNIQUE,
    contact_id TEXT REFERENCES contacts (id),
    payload BLOB,
    status TEXT NOT NULL CHECK (status IN ('new', 'done', 'failed')),
    at INTEGER NOT NULL,
    CHECK ((status = 'new') = (contact_id IS NOT NULL))
);
CREATE INDEX inbox_waiting ON inbox (contact_id, id) WHERE contact_id IS NOT NULL;

CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token TEXT NOT NULL UNIQUE,
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
    payload BLOB NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX messages_of_contact ON messages (contact_id, id);

-- The payload is the message's. No reference to it: a message that is out may leave the history before its row here does.
CREATE TABLE outbox (
    message_id INTEGER PRIMARY KEY,
    effect_key TEXT NOT NULL UNIQUE,
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'sending', 'sent', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0,
    uncertain INTEGER NOT NULL DEFAULT 0,
    reason TEXT,
    at INTEGER NOT NULL
);
CREATE INDEX outbox_open ON outbox (contact_id, message_id) WHERE status IN ('waiting', 'sending');

-- One row per contact; `due_at` is NULL while nothing waits for them.
CREATE TABLE lanes (
    contact_id TEXT PRIMARY KEY REFERENCES contacts (id) ON DELETE CASCADE,
    due_at INTEGER,
    lease TEXT,
    lease_until INTEGER
);
CREATE INDEX lanes_due ON lanes (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE counters (
    city TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    locale TEXT NOT NULL,
    result TEXT NOT NULL,
    n INTEGER NOT NULL,
    PRIMARY KEY (city, entry_id, locale, result)
);

-- What ever happened to rows that have been swept since: failed, dead, uncertain.
CREATE TABLE totals (
    name TEXT PRIMARY KEY,
    n INTEGER NOT NULL
);
