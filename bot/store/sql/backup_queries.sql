-- What a restored copy is looked through for: rows of (id of the key, sealed value).

-- name: sealed_contacts
SELECT id, address FROM contacts

-- name: sealed_data
SELECT contact_id, data FROM conversations WHERE data IS NOT NULL

-- name: sealed_recent
SELECT contact_id, recent FROM conversations WHERE recent IS NOT NULL

-- name: sealed_inbox
SELECT contact_id, payload FROM inbox WHERE contact_id IS NOT NULL

-- name: sealed_messages
SELECT contact_id, payload FROM messages

-- name: sealed_facts
SELECT key_id, facts FROM cases WHERE facts IS NOT NULL

-- name: sealed_case_lines
SELECT k.key_id, l.payload FROM case_lines l JOIN cases k ON k.number = l.number WHERE l.payload IS NOT NULL

-- name: file_ids
SELECT id FROM files

-- name: sealed_staff
SELECT id, profile FROM staff WHERE removed_at IS NULL

-- name: doubt_open
UPDATE outbox SET uncertain = 1 WHERE status IN ('waiting', 'sending') AND uncertain = 0
