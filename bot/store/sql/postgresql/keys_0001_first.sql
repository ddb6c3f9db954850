-- A schema of its own, so that a dump can leave the keys out: `pg_dump --exclude-schema=dragoman_keys`.
CREATE TABLE dragoman_keys.meta (
    name TEXT COLLATE "C" PRIMARY KEY,
    value BYTEA NOT NULL
);

-- A contact without a row here is erased, whatever an older copy of the data says.
CREATE TABLE dragoman_keys.keys (
    contact_id TEXT COLLATE "C" PRIMARY KEY,
    wrapped BYTEA NOT NULL
);
