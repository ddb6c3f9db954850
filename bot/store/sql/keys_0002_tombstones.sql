-- Keyed hashes of the keys that were thrown away, so that a restored older copy of this file does not bring anybody back.
-- They are kept as long as backups are; `id` grows, so that a copy can be seen to be behind.
CREATE TABLE tombstones (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL UNIQUE,
    day TEXT NOT NULL
);
