-- name: find_contact
SELECT id, has_left FROM contacts WHERE address_hash = ?

-- name: find_contact_alone
SELECT id, has_left FROM contacts WHERE address_hash = ?

-- name: add_contact
INSERT INTO contacts (id, channel, address_hash, address, created_on) VALUES (?, ?, ?, ?, ?)

-- name: set_left
UPDATE contacts SET has_left = ? WHERE id = ?

-- name: snapshot
SELECT c.channel, c.address, v.state, v.locale, v.city, v.area, v.data, v.recent, v.version,
    (SELECT at FROM messages WHERE contact_id = c.id ORDER BY id DESC LIMIT 1),
    EXISTS (SELECT 1 FROM cases WHERE contact_id = c.id), (SELECT n FROM marks WHERE name = 'staff'),
    (SELECT id FROM staff WHERE telegram_contact = c.id UNION SELECT id FROM staff WHERE web_contact = c.id)
FROM contacts c LEFT JOIN conversations v ON v.contact_id = c.id
WHERE c.id = ? AND c.erase_at IS NULL

-- name: save_conversation
INSERT INTO conversations (contact_id, owner, state, locale, city, area, data, recent, version)
VALUES (?, 'bot', ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (contact_id) DO UPDATE SET
    state = excluded.state, locale = excluded.locale, city = excluded.city, area = excluded.area,
    data = excluded.data, recent = excluded.recent, version = excluded.version

-- name: knows_event
SELECT 1 FROM inbox WHERE event_hash = ?

-- name: add_event
INSERT INTO inbox (event_hash, contact_id, payload, status, at) VALUES (?, ?, ?, 'new', ?)
ON CONFLICT (event_hash) DO NOTHING

-- name: waiting_events
SELECT id, payload FROM inbox WHERE contact_id = ? ORDER BY id

-- name: finish_event
UPDATE inbox SET status = ?, contact_id = NULL, payload = NULL WHERE id = ? AND contact_id = ?

-- name: move_event
UPDATE inbox SET contact_id = ?, payload = ? WHERE id = ?

-- name: waiting_contacts
SELECT contact_id FROM inbox WHERE contact_id IS NOT NULL GROUP BY contact_id ORDER BY min(id) LIMIT ?

-- name: add_message
INSERT INTO messages (token, contact_id, direction, payload, at) VALUES (?, ?, ?, ?, ?) RETURNING id

-- name: trim_messages
DELETE FROM messages
WHERE contact_id = :contact_id
    AND id <= (SELECT id FROM messages WHERE contact_id = :contact_id ORDER BY id DESC LIMIT 1 OFFSET :keep)
    AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message_id = messages.id AND o.status IN ('waiting', 'sending'))

-- name: drop_messages
DELETE FROM messages
WHERE contact_id = ?
    AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message_id = messages.id AND o.status IN ('waiting', 'sending'))

-- name: last_said
SELECT at FROM messages WHERE contact_id = ? ORDER BY id DESC LIMIT 1

-- name: message_of_token
SELECT payload FROM messages WHERE token = ? AND contact_id = ?

-- name: messages_after
SELECT id, token, at, payload FROM messages WHERE contact_id = ? AND id > ? ORDER BY id

-- name: head
SELECT o.message_id, o.status, o.attempts, o.uncertain, m.token, m.payload
FROM outbox o JOIN messages m ON m.id = o.message_id
WHERE o.contact_id = ? AND o.status IN ('waiting', 'sending')
ORDER BY o.message_id LIMIT 1

-- name: start_sending
UPDATE outbox SET status = 'sending', attempts = ?, uncertain = ? WHERE message_id = ?

-- name: finish_sending
UPDATE outbox SET status = ?, reason = ?, platform_id = ? WHERE message_id = ?

-- name: wait_again
UPDATE outbox SET status = 'waiting', uncertain = ? WHERE message_id = ?

-- name: drop_open
UPDATE outbox SET status = 'dead', reason = ? WHERE contact_id = ? AND status IN ('waiting', 'sending')

-- name: has_open
SELECT 1 FROM outbox WHERE contact_id = ? AND status IN ('waiting', 'sending') LIMIT 1

-- name: address
SELECT channel, address FROM contacts WHERE id = ?

-- name: lane
SELECT due_at, lease, lease_until FROM lanes WHERE contact_id = ?

-- name: set_lane
INSERT INTO lanes (contact_id, due_at, lease, lease_until) VALUES (?, ?, ?, ?)
ON CONFLICT (contact_id) DO UPDATE SET due_at = excluded.due_at, lease = excluded.lease, lease_until = excluded.lease_until

-- name: hear
INSERT INTO lanes (contact_id, heard_at) VALUES (:contact_id, :at)
ON CONFLICT (contact_id) DO UPDATE SET
    heard_at = excluded.heard_at,
    due_at = CASE WHEN lanes.due_at > :now AND lanes.lease IS NULL THEN :now ELSE lanes.due_at END

-- name: heard_at
SELECT heard_at FROM lanes WHERE contact_id = ?

-- name: due_lanes
SELECT contact_id FROM lanes
WHERE due_at <= :now AND (lease IS NULL OR lease_until <= :now)
ORDER BY due_at LIMIT :limit

-- name: next_due
SELECT min(CASE WHEN lease IS NULL THEN due_at ELSE max(due_at, lease_until) END) FROM lanes WHERE due_at IS NOT NULL

-- name: add_count
INSERT INTO counters (city, entry_id, locale, result, n) VALUES (?, ?, ?, ?, 1)
ON CONFLICT (city, entry_id, locale, result) DO UPDATE SET n = counters.n + 1

-- name: counters
SELECT city, entry_id, locale, result, n FROM counters

-- name: add_total
INSERT INTO totals (name, n) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET n = totals.n + excluded.n

-- name: totals
SELECT name, n FROM totals

-- name: count_contacts
SELECT count(*) FROM contacts

-- name: count_inbox_waiting
SELECT count(*) FROM inbox WHERE contact_id IS NOT NULL

-- name: count_outbox_waiting
SELECT count(*) FROM outbox WHERE status IN ('waiting', 'sending')

-- name: start_erasing
UPDATE contacts SET erase_at = ?, address_hash = NULL WHERE id = ?

-- name: drop_conversation
DELETE FROM conversations WHERE contact_id = ?

-- name: is_erasing
SELECT 1 FROM contacts WHERE id = ? AND erase_at IS NOT NULL

-- name: erasing
SELECT c.id FROM contacts c
WHERE c.erase_at IS NOT NULL AND (
    c.erase_at <= ?
    OR NOT EXISTS (SELECT 1 FROM outbox o WHERE o.contact_id = c.id AND o.status IN ('waiting', 'sending'))
)
LIMIT 1

-- name: drop_events
UPDATE inbox SET status = 'done', contact_id = NULL, payload = NULL WHERE contact_id = ?

-- name: drop_contact
DELETE FROM contacts WHERE id = ?

-- name: contact_ids
SELECT id FROM contacts

-- name: silent_contacts
-- Walks only what is older than the cutoff: ids grow with time.
SELECT DISTINCT m.contact_id FROM messages m
WHERE m.id < coalesce((SELECT id FROM messages WHERE at > :cutoff ORDER BY id LIMIT 1), 9223372036854775807)
    AND (SELECT l.at FROM messages l WHERE l.contact_id = m.contact_id ORDER BY l.id DESC LIMIT 1) <= :cutoff
    AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.message_id = m.id AND o.status IN ('waiting', 'sending'))
LIMIT :limit

-- name: forget_recent
UPDATE conversations SET recent = NULL WHERE contact_id = ?

-- name: drop_old_events
DELETE FROM inbox WHERE id IN (
    SELECT id FROM inbox
    WHERE id < coalesce((SELECT id FROM inbox WHERE at > :cutoff ORDER BY id LIMIT 1), 9223372036854775807) AND status <> 'new'
    ORDER BY id LIMIT :limit
)

-- name: drop_settled
DELETE FROM outbox WHERE message_id IN (
    SELECT message_id FROM outbox
    WHERE (status = 'sent' AND uncertain = 0) OR (status IN ('sent', 'dead') AND at <= :cutoff)
    LIMIT :limit
)

-- name: interrupted
SELECT count(*) FROM outbox WHERE status = 'sending' AND uncertain = 0

-- name: resume_outbox
UPDATE outbox SET status = 'waiting', uncertain = 1 WHERE status = 'sending'

-- name: resume_lanes
UPDATE lanes SET lease = NULL, lease_until = NULL, due_at = CASE WHEN due_at IS NULL THEN NULL ELSE :now END WHERE lease IS NOT NULL

-- name: get_meta
SELECT value FROM meta WHERE name = ?

-- name: set_meta
INSERT INTO meta (name, value) VALUES (?, ?)

-- name: replace_meta
INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: set_move
INSERT INTO moves (contact_id, code_hash, expires_at) VALUES (?, ?, ?)
ON CONFLICT (contact_id) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at

-- name: maker_of_move
SELECT contact_id FROM moves WHERE code_hash = ? AND expires_at > ?

-- name: drop_move
DELETE FROM moves WHERE contact_id = ?

-- name: drop_old_moves
DELETE FROM moves WHERE expires_at <= ?
