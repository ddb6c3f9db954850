-- Hand-off: people of the desk, cases with their lines, what woke whom, groups on Telegram.
-- `profile` is sealed with the staff member's own key, everything of a case (`facts`, `payload`) with the case's own key (`key_id`).

ALTER TABLE outbox ADD COLUMN platform_id TEXT;  -- the platform's id of the message, once it is out
ALTER TABLE outbox ADD COLUMN line INTEGER NOT NULL DEFAULT 0;  -- the case line it carries
ALTER TABLE outbox ADD COLUMN number INTEGER NOT NULL DEFAULT 0;  -- in a group: the case whose topic it belongs to

-- Which message on a platform carries which case line: for edits, taking back, and replies to a message.
CREATE TABLE posts (
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    platform_id TEXT NOT NULL,
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    PRIMARY KEY (contact_id, platform_id)
);
CREATE INDEX posts_of_line ON posts (line);
CREATE INDEX posts_of_case ON posts (number, contact_id);

CREATE TABLE staff (
    id TEXT PRIMARY KEY,
    profile BLOB NOT NULL,
    is_available INTEGER NOT NULL DEFAULT 1,
    away_until INTEGER,
    substitute TEXT,
    wake_by TEXT NOT NULL DEFAULT 'web',
    telegram_contact TEXT REFERENCES contacts (id) ON DELETE SET NULL,
    email_contact TEXT REFERENCES contacts (id) ON DELETE SET NULL,
    seen_at INTEGER,
    joined_at INTEGER,  -- NULL while the invite is not used
    removed_at INTEGER  -- the key is gone then; the row stays while cases name it
);
CREATE UNIQUE INDEX staff_telegram ON staff (telegram_contact);
CREATE INDEX staff_email ON staff (email_contact);

CREATE INDEX staff_substitutes ON staff (substitute) WHERE substitute IS NOT NULL;

-- Codes that work once: an invite or a new login of a staff member, or the linking of a group to a city.
CREATE TABLE codes (
    code_hash BLOB PRIMARY KEY,
    staff_id TEXT REFERENCES staff (id) ON DELETE CASCADE,
    city TEXT,
    expires_at INTEGER NOT NULL,
    CHECK ((staff_id IS NULL) <> (city IS NULL))
);
CREATE INDEX codes_of_staff ON codes (staff_id);

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,  -- what a list may show
    staff_id TEXT NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
    device TEXT NOT NULL,
    opened_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
);
CREATE INDEX sessions_of_staff ON sessions (staff_id, opened_at);

CREATE TABLE cases (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    key_id TEXT NOT NULL UNIQUE,
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('advice', 'legal', 'interpreter', 'companion', 'mentor')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'claimed', 'closed')),
    city TEXT NOT NULL,
    area TEXT NOT NULL DEFAULT '',
    locale TEXT NOT NULL,
    topic TEXT NOT NULL,
    desk TEXT NOT NULL DEFAULT '',
    organisation TEXT,
    priority TEXT NOT NULL CHECK (priority IN ('ordinary', 'high')),
    pseudonym TEXT NOT NULL,
    facts BLOB,
    entry_id TEXT NOT NULL DEFAULT '',
    language TEXT NOT NULL DEFAULT '',
    appointment INTEGER,
    advisor TEXT REFERENCES staff (id),
    agreed INTEGER NOT NULL DEFAULT 0,
    passing_to TEXT,
    passing_why BLOB,
    opened_at INTEGER NOT NULL,
    waiting_since INTEGER NOT NULL,  -- when it last entered the queue
    claimed_at INTEGER,
    answered_at INTEGER,
    closed_at INTEGER,
    contact_at INTEGER,
    advisor_at INTEGER,
    outcome TEXT,
    helped TEXT,
    reopened INTEGER NOT NULL DEFAULT 0,
    practice_for TEXT REFERENCES staff (id) ON DELETE CASCADE,
    version INTEGER NOT NULL DEFAULT 1,
    CHECK ((state = 'claimed') = (advisor IS NOT NULL AND state <> 'closed') OR state = 'closed')
);
CREATE UNIQUE INDEX cases_open_once ON cases (contact_id, kind) WHERE state <> 'closed';
CREATE INDEX cases_of_contact ON cases (contact_id, number);
CREATE INDEX cases_open ON cases (city, state, opened_at) WHERE state <> 'closed';
CREATE INDEX cases_closed ON cases (closed_at) WHERE state = 'closed';
CREATE INDEX cases_of_advisor ON cases (advisor, closed_at);

CREATE TABLE case_lines (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    number INTEGER NOT NULL REFERENCES cases (number) ON DELETE CASCADE,
    author TEXT NOT NULL CHECK (author IN ('contact', 'bot', 'person', 'note', 'system')),
    staff_id TEXT,
    event TEXT NOT NULL DEFAULT '',
    payload BLOB,
    source_hash BLOB,  -- of the platform's message id, so that an edit finds its line
    at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    is_edited INTEGER NOT NULL DEFAULT 0,
    is_withdrawn INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX lines_of_case ON case_lines (number, id);
CREATE INDEX lines_changed ON case_lines (number, changed_at);

CREATE TABLE files (
    id TEXT PRIMARY KEY,
    number INTEGER NOT NULL REFERENCES cases (number) ON DELETE CASCADE,
    payload BLOB NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX files_of_case ON files (number);

-- What staff did, by the key of the request: doing it again changes nothing.
CREATE TABLE deeds (
    key_hash BLOB PRIMARY KEY,
    number INTEGER NOT NULL,
    line INTEGER NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX deeds_at ON deeds (at);

-- Who was told of what: each stage of each round of waiting once.
CREATE TABLE wakes (
    number INTEGER NOT NULL REFERENCES cases (number) ON DELETE CASCADE,
    staff_id TEXT NOT NULL,
    stage TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (number, staff_id, stage)
);

CREATE TABLE offers (
    number INTEGER NOT NULL REFERENCES cases (number) ON DELETE CASCADE,
    staff_id TEXT NOT NULL REFERENCES staff (id) ON DELETE CASCADE,
    answer TEXT NOT NULL CHECK (answer IN ('open', 'yes', 'no')),
    at INTEGER NOT NULL,
    PRIMARY KEY (number, staff_id)
);
CREATE INDEX offers_of_staff ON offers (staff_id, answer);

-- Desk groups on Telegram: a city has one at most.
CREATE TABLE desk_groups (
    city TEXT PRIMARY KEY,
    contact_id TEXT NOT NULL UNIQUE REFERENCES contacts (id) ON DELETE CASCADE,
    linked_at INTEGER NOT NULL
);

-- `upto`: the last change of a line (changed_at, id) that was given to the group; `topic_id` NULL: the topic is still to be made.
CREATE TABLE topics (
    contact_id TEXT NOT NULL REFERENCES contacts (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,  -- no reference: the topic must be deleted after the case
    topic_id INTEGER,
    upto INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (contact_id, number)
);

CREATE TABLE reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    city TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    locale TEXT NOT NULL,
    by_whom TEXT NOT NULL CHECK (by_whom IN ('contact', 'advisor', 'lead')),
    staff_id TEXT,
    why BLOB,  -- sealed with the staff member's key
    at INTEGER NOT NULL,
    resolved_at INTEGER
);
CREATE INDEX reports_open ON reports (city, entry_id) WHERE resolved_at IS NULL;

-- Counted when it happens, without anybody's trace: survives the cases.
CREATE TABLE case_figures (
    city TEXT NOT NULL,
    locale TEXT NOT NULL,
    topic TEXT NOT NULL,
    name TEXT NOT NULL,
    n INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    PRIMARY KEY (city, locale, topic, name)
);

-- Append-only; `chain` is an HMAC over the row and the chain before it.
CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    deed TEXT NOT NULL,
    number INTEGER NOT NULL,
    detail TEXT NOT NULL,
    chain BLOB NOT NULL
);
CREATE INDEX audit_reads ON audit (number, actor, at) WHERE deed = 'read';

-- Counts changes, whatever process makes them: `desk` of all that a desk shows, `staff` of who answers.
CREATE TABLE marks (
    name TEXT PRIMARY KEY,
    n INTEGER NOT NULL
);
INSERT INTO marks (name, n) VALUES ('desk', 0), ('staff', 0);

CREATE TRIGGER cases_insert AFTER INSERT ON cases BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER cases_update AFTER UPDATE ON cases BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER cases_delete AFTER DELETE ON cases BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER offers_insert AFTER INSERT ON offers BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER offers_update AFTER UPDATE ON offers BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER offers_delete AFTER DELETE ON offers BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER reports_insert AFTER INSERT ON reports BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER reports_update AFTER UPDATE ON reports BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER reports_delete AFTER DELETE ON reports BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER staff_insert AFTER INSERT ON staff BEGIN UPDATE marks SET n = n + 1 WHERE name IN ('desk', 'staff'); END;
CREATE TRIGGER staff_update AFTER UPDATE
OF profile, is_available, away_until, substitute, wake_by, telegram_contact, email_contact, joined_at, removed_at
ON staff BEGIN UPDATE marks SET n = n + 1 WHERE name IN ('desk', 'staff'); END;
CREATE TRIGGER staff_delete AFTER DELETE ON staff BEGIN UPDATE marks SET n = n + 1 WHERE name IN ('desk', 'staff'); END;
