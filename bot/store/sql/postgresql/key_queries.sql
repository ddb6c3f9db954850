-- name: find_key
SELECT wrapped, (SELECT value FROM dragoman_keys.meta WHERE name = 'wrapping_name') FROM dragoman_keys.keys WHERE contact_id = ?

-- name: add_key
-- Nothing to wrap with, and so refused, where the wrapping key was changed meanwhile; it is not changed until this is committed.
INSERT INTO dragoman_keys.keys (contact_id, wrapped)
VALUES (?, (SELECT ?::bytea FROM dragoman_keys.meta WHERE name = 'wrapping_name' AND value = ? FOR SHARE))

-- name: drop_key
DELETE FROM dragoman_keys.keys WHERE contact_id = ?

-- name: key_ids
SELECT contact_id FROM dragoman_keys.keys

-- name: get_key_meta
SELECT value FROM dragoman_keys.meta WHERE name = ?

-- name: set_key_meta
INSERT INTO dragoman_keys.meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: all_key_meta
SELECT name, value FROM dragoman_keys.meta

-- name: drop_key_meta
DELETE FROM dragoman_keys.meta WHERE name = ?

-- name: lock_wrapping
SELECT value FROM dragoman_keys.meta WHERE name = 'wrapping_name' FOR UPDATE

-- name: all_keys
SELECT contact_id, wrapped FROM dragoman_keys.keys

-- name: rewrap_key
UPDATE dragoman_keys.keys SET wrapped = ? WHERE contact_id = ?

-- name: add_tombstone
INSERT INTO dragoman_keys.tombstones (hash, day) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING

-- name: last_tombstone
SELECT coalesce(max(id), 0) FROM dragoman_keys.tombstones

-- name: drop_old_tombstones
DELETE FROM dragoman_keys.tombstones WHERE day < ?
