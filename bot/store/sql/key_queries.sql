-- name: find_key
SELECT wrapped FROM keys WHERE contact_id = ?

-- name: add_key
INSERT INTO keys (contact_id, wrapped) VALUES (?, ?)

-- name: drop_key
DELETE FROM keys WHERE contact_id = ?

-- name: key_ids
SELECT contact_id FROM keys

-- name: get_meta
SELECT value FROM meta WHERE name = ?

-- name: set_meta
INSERT INTO meta (name, value) VALUES (?, ?)

-- name: replace_meta
INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value
