-- name: find_key
SELECT wrapped, (SELECT value FROM meta WHERE name = 'wrapping_name') FROM keys WHERE contact_id = ?

-- name: add_key
INSERT INTO keys (contact_id, wrapped) VALUES (?, ?)

-- name: drop_key
DELETE FROM keys WHERE contact_id = ?

-- name: key_ids
SELECT contact_id FROM keys

-- name: get_meta
SELECT value FROM meta WHERE name = ?

-- name: set_meta
INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: all_meta
SELECT name, value FROM meta

-- name: drop_meta
DELETE FROM meta WHERE name = ?

-- name: all_keys
SELECT contact_id, wrapped FROM keys

-- name: rewrap_key
UPDATE keys SET wrapped = ? WHERE contact_id = ?

-- name: add_tombstone
INSERT INTO tombstones (hash, day) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING

-- name: last_tombstone
SELECT coalesce(max(id), 0) FROM tombstones

-- name: tombstones
SELECT hash, day FROM tombstones ORDER BY id

-- name: drop_old_tombstones
DELETE FROM tombstones WHERE day < ?
