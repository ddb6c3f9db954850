-- name: find_key
SELECT wrapped FROM dragoman_keys.keys WHERE contact_id = ?

-- name: add_key
INSERT INTO dragoman_keys.keys (contact_id, wrapped) VALUES (?, ?)

-- name: drop_key
DELETE FROM dragoman_keys.keys WHERE contact_id = ?

-- name: key_ids
SELECT contact_id FROM dragoman_keys.keys

-- name: get_key_meta
SELECT value FROM dragoman_keys.meta WHERE name = ?

-- name: set_key_meta
INSERT INTO dragoman_keys.meta (name, value) VALUES (?, ?)
