-- How a contact takes what they have begun to another device: one code at a time, of which only the hash is kept.
CREATE TABLE moves (
    contact_id TEXT COLLATE "C" PRIMARY KEY REFERENCES contacts (id) ON DELETE CASCADE,
    code_hash BYTEA NOT NULL UNIQUE,
    expires_at BIGINT NOT NULL
);
CREATE INDEX moves_expire ON moves (expires_at);
