-- name: live_contact
SELECT channel FROM contacts WHERE id = ? AND erase_at IS NULL

-- name: knows_effect
SELECT 1 FROM outbox WHERE effect_key = ?

-- name: add_outgoing_of_case
INSERT INTO outbox (message_id, effect_key, contact_id, status, at, line, number) VALUES (?, ?, ?, 'waiting', ?, ?, ?)

-- name: rouse_lane
-- A lane that waits for a later time, or is being sent in, comes to this message by itself.
INSERT INTO lanes (contact_id, due_at) VALUES (?, ?)
ON CONFLICT (contact_id) DO UPDATE SET due_at = excluded.due_at WHERE lanes.due_at IS NULL

-- name: add_staff
INSERT INTO staff (id, profile) VALUES (?, ?)

-- name: set_staff_profile
UPDATE staff SET profile = ? WHERE id = ?

-- name: staff_member
SELECT s.id, s.profile, s.is_available, s.away_until, s.substitute, s.wake_by, s.seen_at,
    (SELECT c.id FROM contacts c WHERE c.id = s.telegram_contact AND c.erase_at IS NULL AND c.has_left = 0),
    (SELECT c.id FROM contacts c WHERE c.id = s.email_contact AND c.erase_at IS NULL AND c.has_left = 0)
FROM staff s WHERE s.id = ? AND s.joined_at IS NOT NULL AND s.removed_at IS NULL

-- name: stood_in_for
SELECT s.id, s.profile, s.is_available, s.away_until, s.substitute, s.wake_by, s.seen_at,
    (SELECT c.id FROM contacts c WHERE c.id = s.telegram_contact AND c.erase_at IS NULL AND c.has_left = 0),
    (SELECT c.id FROM contacts c WHERE c.id = s.email_contact AND c.erase_at IS NULL AND c.has_left = 0)
FROM staff s WHERE s.substitute = ? AND s.joined_at IS NOT NULL AND s.removed_at IS NULL

-- name: staff_members
SELECT s.id, s.profile, s.is_available, s.away_until, s.substitute, s.wake_by, s.seen_at,
    (SELECT c.id FROM contacts c WHERE c.id = s.telegram_contact AND c.erase_at IS NULL AND c.has_left = 0),
    (SELECT c.id FROM contacts c WHERE c.id = s.email_contact AND c.erase_at IS NULL AND c.has_left = 0)
FROM staff s WHERE s.joined_at IS NOT NULL AND s.removed_at IS NULL
ORDER BY s.joined_at, s.id

-- name: staff_of_telegram
SELECT id FROM staff WHERE telegram_contact = ?

-- name: staff_of_chat
SELECT id FROM staff WHERE telegram_contact = ? UNION SELECT id FROM staff WHERE web_contact = ?

-- name: invited_of_code
SELECT s.id, s.profile FROM codes c JOIN staff s ON s.id = c.staff_id
WHERE c.code_hash = ? AND c.expires_at > ? AND s.removed_at IS NULL

-- name: unbind_web
UPDATE staff SET web_contact = NULL WHERE web_contact = ?

-- name: bind_web
UPDATE staff SET web_contact = ? WHERE id = ?

-- name: staff_of_email
SELECT id FROM staff WHERE email_contact = ? AND joined_at IS NOT NULL AND removed_at IS NULL ORDER BY joined_at DESC LIMIT 1

-- name: join_staff
UPDATE staff SET joined_at = ? WHERE id = ? AND joined_at IS NULL

-- name: unbind_telegram
UPDATE staff SET telegram_contact = NULL WHERE telegram_contact = ?

-- name: bind_telegram
UPDATE staff SET telegram_contact = ?, wake_by = CASE WHEN joined_at IS NULL THEN 'telegram' ELSE wake_by END WHERE id = ?

-- name: set_duty
UPDATE staff SET is_available = ?, away_until = ?, substitute = ? WHERE id = ?

-- name: set_wake_by
UPDATE staff SET wake_by = ? WHERE id = ?

-- name: email_contact
SELECT email_contact FROM staff WHERE id = ?

-- name: set_email_contact
UPDATE staff SET email_contact = ? WHERE id = ?

-- name: uses_mailbox
SELECT 1 FROM staff WHERE email_contact = ?

-- name: set_seen
UPDATE staff SET seen_at = ? WHERE id = ? AND (seen_at IS NULL OR seen_at <= ?)

-- name: claimed_by
SELECT number FROM cases WHERE advisor = ? AND state <> 'closed' AND practice_for IS NULL ORDER BY number

-- name: remove_staff
UPDATE staff SET profile = x'', removed_at = ?, telegram_contact = NULL, email_contact = NULL, web_contact = NULL, substitute = NULL
WHERE id = ? AND removed_at IS NULL

-- name: drop_codes_of
DELETE FROM codes WHERE staff_id = ?

-- name: drop_sessions_of
DELETE FROM sessions WHERE staff_id = ?

-- name: drop_offers_of
DELETE FROM offers WHERE staff_id = ?

-- name: practice_contacts
SELECT DISTINCT contact_id FROM cases WHERE practice_for = ?

-- name: staff_ids
SELECT id FROM staff WHERE removed_at IS NULL

-- name: never_joined
SELECT id FROM staff s WHERE joined_at IS NULL AND removed_at IS NULL AND NOT EXISTS (SELECT 1 FROM codes c WHERE c.staff_id = s.id)

-- name: drop_staff
DELETE FROM staff WHERE id = ?

-- name: drop_former_staff
DELETE FROM staff WHERE removed_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.advisor = staff.id)

-- name: add_code
INSERT INTO codes (code_hash, staff_id, city, expires_at) VALUES (?, ?, ?, ?)

-- name: staff_of_code
SELECT c.staff_id FROM codes c JOIN staff s ON s.id = c.staff_id
WHERE c.code_hash = ? AND c.expires_at > ? AND s.removed_at IS NULL

-- name: city_of_code
SELECT city FROM codes WHERE code_hash = ? AND expires_at > ? AND city IS NOT NULL

-- name: drop_code
DELETE FROM codes WHERE code_hash = ?

-- name: drop_old_codes
DELETE FROM codes WHERE expires_at <= ?

-- name: add_session
INSERT INTO sessions (token_hash, id, staff_id, device, opened_at, seen_at) VALUES (?, ?, ?, ?, ?, ?)

-- name: session
SELECT id, staff_id, device, opened_at, seen_at FROM sessions WHERE token_hash = ? AND seen_at > ? AND opened_at > ?

-- name: use_session
UPDATE sessions SET seen_at = ? WHERE id = ?

-- name: sessions_of
SELECT id, staff_id, device, opened_at, seen_at FROM sessions
WHERE staff_id = ? AND seen_at > ? AND opened_at > ?
ORDER BY opened_at DESC, rowid DESC

-- name: end_session
DELETE FROM sessions WHERE staff_id = ? AND id = ?

-- name: drop_ended_sessions
DELETE FROM sessions WHERE seen_at <= ? OR opened_at <= ?

-- name: add_wake
INSERT INTO wakes (number, staff_id, stage, at)
SELECT number, ?, ?, ? FROM cases WHERE number = ?
ON CONFLICT (number, staff_id, stage) DO UPDATE SET at = excluded.at
WHERE wakes.at < (SELECT waiting_since FROM cases WHERE number = excluded.number)

-- name: woken
SELECT w.staff_id, w.stage, w.at FROM wakes w JOIN cases k ON k.number = w.number WHERE w.number = ? AND w.at >= k.waiting_since

-- name: woken_now
SELECT w.number, w.staff_id FROM wakes w
WHERE w.number IN (SELECT number FROM cases WHERE state <> 'closed') AND w.at >= (SELECT waiting_since FROM cases WHERE number = w.number)

-- name: note_once
INSERT INTO deeds (key_hash, number, line, at) VALUES (?, 0, 0, ?) ON CONFLICT (key_hash) DO NOTHING

-- name: drop_old_deeds
DELETE FROM deeds WHERE at <= ?

-- name: case_files
SELECT k.key_id, (SELECT count(*) FROM files f WHERE f.number = k.number) FROM cases k WHERE k.number = ?

-- name: add_file
INSERT INTO files (id, number, payload, at) VALUES (?, ?, ?, ?)

-- name: file
SELECT f.number, f.payload, k.key_id FROM files f JOIN cases k ON k.number = f.number WHERE f.id = ?

-- name: groups
SELECT g.city, g.contact_id, c.channel, c.address FROM desk_groups g JOIN contacts c ON c.id = g.contact_id ORDER BY g.city

-- name: group_of_city
SELECT contact_id FROM desk_groups WHERE city = ?

-- name: add_group
INSERT INTO desk_groups (city, contact_id, linked_at) VALUES (?, ?, ?)

-- name: drop_group
DELETE FROM desk_groups WHERE contact_id = ?

-- name: move_contact
UPDATE contacts SET address_hash = ?, address = ? WHERE id = ?

-- name: topics_of_group
SELECT number, topic_id, upto FROM topics WHERE contact_id = ? ORDER BY number

-- name: topic_of_case
SELECT topic_id FROM topics WHERE contact_id = ? AND number = ?

-- name: case_of_topic
SELECT number FROM topics WHERE contact_id = ? AND topic_id = ?

-- name: set_topic
INSERT INTO topics (contact_id, number, topic_id) VALUES (?, ?, ?)
ON CONFLICT (contact_id, number) DO UPDATE SET topic_id = excluded.topic_id

-- name: forget_topic
UPDATE topics SET topic_id = NULL, upto = 0 WHERE contact_id = ? AND number = ?

-- name: drop_topic
DELETE FROM topics WHERE contact_id = ? AND number = ?

-- name: drop_unmade_topics
DELETE FROM topics WHERE topic_id IS NULL AND number = ? AND contact_id IN (SELECT contact_id FROM desk_groups)

-- name: set_upto
UPDATE topics SET upto = ? WHERE contact_id = ? AND number = ?

-- name: add_topic
INSERT INTO topics (contact_id, number, upto) VALUES (?, ?, ?)

-- name: count_waiting_posts
SELECT count(*) FROM outbox WHERE contact_id = ? AND status IN ('waiting', 'sending')

-- name: posted_lines
SELECT line FROM posts WHERE contact_id = ? AND number = ? AND line <> 0
UNION
SELECT line FROM outbox WHERE contact_id = ? AND number = ? AND line <> 0 AND status IN ('waiting', 'sending')
ORDER BY line

-- name: posts_of_line
SELECT platform_id FROM posts WHERE line = ? AND contact_id = ? ORDER BY rowid

-- name: line_of_post
SELECT number, line FROM posts WHERE contact_id = ? AND platform_id = ?

-- name: add_post
INSERT INTO posts (contact_id, platform_id, number, line) VALUES (?, ?, ?, ?)
ON CONFLICT (contact_id, platform_id) DO UPDATE SET number = excluded.number, line = excluded.line

-- name: drop_posts_in_group
DELETE FROM posts WHERE contact_id = ? AND number = ?

-- name: drop_posts_of_case
DELETE FROM posts WHERE number = ?

-- name: has_case
SELECT number FROM cases WHERE number = ?

-- name: case_of_line
SELECT number FROM case_lines WHERE id = ?

-- name: open_report
SELECT 1 FROM reports WHERE city = ? AND entry_id = ? AND locale = ? AND by_whom = 'contact' AND resolved_at IS NULL

-- name: add_report
INSERT INTO reports (city, entry_id, locale, by_whom, about, staff_id, why, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)

-- name: open_reports
SELECT id, city, entry_id, locale, by_whom, about, staff_id, why, at FROM reports WHERE resolved_at IS NULL ORDER BY +id

-- name: report_about
SELECT city, entry_id, locale FROM reports WHERE id = ?

-- name: resolve_reports
UPDATE reports SET resolved_at = ? WHERE city = ? AND entry_id = ? AND locale = ? AND resolved_at IS NULL

-- name: add_confirmation
INSERT INTO confirmations (city, entry_id, locale, hash, on_day, by_name, staff_id, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id

-- name: confirmations_after
SELECT id, city, entry_id, locale, hash, on_day, by_name FROM confirmations WHERE id > ? ORDER BY id

-- name: count_case
INSERT INTO case_figures (city, locale, topic, name, n, seconds) VALUES (?, ?, ?, ?, 1, ?)
ON CONFLICT (city, locale, topic, name) DO UPDATE SET n = case_figures.n + 1, seconds = case_figures.seconds + excluded.seconds

-- name: case_figures
SELECT city, locale, topic, name, n, seconds FROM case_figures ORDER BY city, locale, topic, name

-- name: add_audit
INSERT INTO audit (id, at, actor, deed, number, detail, chain) VALUES (?, ?, ?, ?, ?, ?, ?)

-- name: last_audit
SELECT id, chain FROM audit WHERE id = (SELECT max(id) FROM audit)

-- name: audit_lines
SELECT id, at, actor, deed, number, detail, chain FROM audit ORDER BY id

-- name: audit_chain
SELECT chain FROM audit WHERE id = ?

-- name: case_of_contact
SELECT 1 FROM cases WHERE contact_id = ? LIMIT 1

-- name: cases_to_erase_of
SELECT number, key_id FROM cases WHERE contact_id = ?

-- name: cases_over
SELECT number, key_id FROM cases WHERE state = 'closed' AND closed_at <= ?
UNION ALL
SELECT k.number, k.key_id FROM contacts c CROSS JOIN cases k ON k.contact_id = c.id WHERE c.erase_at IS NOT NULL
LIMIT ?

-- name: case_keys
SELECT number, key_id FROM cases

-- name: drop_case
DELETE FROM cases WHERE number = ?

-- name: open_posts_of_case
SELECT message_id FROM outbox
WHERE contact_id IN (SELECT contact_id FROM desk_groups) AND status IN ('waiting', 'sending') AND number = ?

-- name: line_ids
SELECT id FROM case_lines WHERE number = ?

-- name: readers_of_case
SELECT contact_id FROM posts WHERE number = ?
UNION
SELECT s.telegram_contact FROM cases k JOIN staff s ON s.id = k.advisor WHERE k.number = ? AND s.telegram_contact IS NOT NULL
UNION
SELECT s.telegram_contact FROM offers o JOIN staff s ON s.id = o.staff_id WHERE o.number = ? AND s.telegram_contact IS NOT NULL

-- name: drop_message
DELETE FROM messages WHERE id = ?

-- name: drop_outgoing
DELETE FROM outbox WHERE message_id = ?

-- name: unused_contacts
SELECT c.id FROM contacts c
WHERE c.channel IN ('telegram-desk', 'email', 'practice') AND c.created_on < ?
    AND NOT EXISTS (SELECT 1 FROM desk_groups g WHERE g.contact_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM staff s WHERE s.email_contact = c.id)
    AND NOT EXISTS (SELECT 1 FROM cases k WHERE k.contact_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.contact_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.contact_id = c.id AND o.status IN ('waiting', 'sending'))
