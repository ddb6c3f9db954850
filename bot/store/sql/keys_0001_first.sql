CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
);

-- A contact without a row here is erased, whatever an older copy of the data says.
CREATE TABLE keys (
    contact_id TEXT PRIMARY KEY,
    wrapped BLOB NOT NULL
);
