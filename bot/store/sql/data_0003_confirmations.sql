-- What people of a city have found right, added to and never changed: the newest of an answer, language and hash counts.
-- Nothing here is secret: the name is the one somebody chose to stand beside what they confirm, or their role.
CREATE TABLE confirmations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    city TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    locale TEXT NOT NULL,  -- '': the facts
    hash TEXT NOT NULL,
    on_day TEXT NOT NULL,
    by_name TEXT NOT NULL,
    staff_id TEXT NOT NULL,
    at INTEGER NOT NULL
);

-- A chat in the browser in which somebody reviews; who answers contacts has the desk instead.
ALTER TABLE staff ADD COLUMN web_contact TEXT REFERENCES contacts (id) ON DELETE SET NULL;
CREATE UNIQUE INDEX staff_web ON staff (web_contact);
DROP TRIGGER staff_update;
CREATE TRIGGER staff_update AFTER UPDATE
OF profile, is_available, away_until, substitute, wake_by, telegram_contact, email_contact, web_contact, joined_at, removed_at
ON staff BEGIN UPDATE marks SET n = n + 1 WHERE name IN ('desk', 'staff'); END;

-- Reviewers report as well, and say what is not right.
DROP TRIGGER reports_insert;
DROP TRIGGER reports_update;
DROP TRIGGER reports_delete;
DROP INDEX reports_open;
ALTER TABLE reports RENAME TO reports_before;
CREATE TABLE reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    city TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    locale TEXT NOT NULL,
    by_whom TEXT NOT NULL CHECK (by_whom IN ('contact', 'advisor', 'lead', 'reviewer')),
    about TEXT NOT NULL DEFAULT 'answer' CHECK (about IN ('answer', 'changed', 'wording')),
    staff_id TEXT,
    why BLOB,  -- sealed with the staff member's key
    at INTEGER NOT NULL,
    resolved_at INTEGER
);
INSERT INTO reports (id, city, entry_id, locale, by_whom, staff_id, why, at, resolved_at)
SELECT id, city, entry_id, locale, by_whom, staff_id, why, at, resolved_at FROM reports_before;
DROP TABLE reports_before;
CREATE INDEX reports_open ON reports (city, entry_id) WHERE resolved_at IS NULL;
CREATE TRIGGER reports_insert AFTER INSERT ON reports BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER reports_update AFTER UPDATE ON reports BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
CREATE TRIGGER reports_delete AFTER DELETE ON reports BEGIN UPDATE marks SET n = n + 1 WHERE name = 'desk'; END;
