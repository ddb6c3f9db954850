-- name: mark
SELECT n FROM marks WHERE name = ?

-- name: case
-- A contact who asked to be forgotten has none any more.
SELECT k.key_id, k.contact_id, k.kind, k.state, k.city, k.area, k.locale, k.topic, k.desk, k.organisation, k.priority, k.pseudonym,
    k.facts, k.entry_id, k.language, k.appointment, k.advisor, k.agreed, k.passing_to, k.passing_why, k.opened_at, k.waiting_since,
    k.claimed_at, k.answered_at, k.closed_at, k.contact_at, k.advisor_at, k.outcome, k.helped, k.reopened, k.practice_for, k.version
FROM cases k JOIN contacts c ON c.id = k.contact_id
WHERE k.number = ? AND c.erase_at IS NULL

-- name: case_key
SELECT key_id FROM cases WHERE number = ?

-- name: open_cases
SELECT number FROM cases WHERE state <> 'closed'

-- name: open_cases_of
SELECT number FROM cases WHERE contact_id = ? AND state <> 'closed' ORDER BY number

-- name: cases_of_contact
SELECT number FROM cases WHERE contact_id = ? AND (state <> 'closed' OR closed_at >= ?) ORDER BY number DESC

-- name: closed_cases_of
SELECT number FROM cases WHERE advisor = ? AND state = 'closed' ORDER BY closed_at DESC, number DESC LIMIT ?

-- name: open_case_of_kind
SELECT number FROM cases WHERE contact_id = ? AND kind = ? AND state <> 'closed'

-- name: place_in_line
SELECT count(*) FROM cases
WHERE city = :city AND state = 'waiting' AND state <> 'closed' AND practice_for IS NULL  -- said twice for the index of open cases
    AND CASE WHEN kind IN ('advice', 'legal') THEN 'talking' ELSE kind END = :line
    AND (priority <> 'high', opened_at, number) <= (:is_ordinary, :opened_at, :number)

-- name: last_pseudonym
SELECT pseudonym FROM cases WHERE contact_id = ? ORDER BY number DESC LIMIT 1

-- name: taken_pseudonyms
SELECT pseudonym FROM cases WHERE city = ? AND state <> 'closed'

-- name: add_case
INSERT INTO cases (
    key_id, contact_id, kind, state, city, area, locale, topic, desk, organisation, priority, pseudonym,
    facts, entry_id, language, appointment, opened_at, waiting_since, contact_at, practice_for
) VALUES (?, ?, ?, 'waiting', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING number

-- name: claim_case
UPDATE cases SET state = 'claimed', advisor = ?, claimed_at = ?, agreed = ?, version = version + 1 WHERE number = ? AND state = 'waiting'

-- name: save_case
UPDATE cases SET
    state = ?, topic = ?, desk = ?, organisation = ?, priority = ?, facts = ?, advisor = ?, agreed = ?, passing_to = ?, passing_why = ?,
    waiting_since = ?, claimed_at = ?, answered_at = ?, closed_at = ?, contact_at = ?, advisor_at = ?, outcome = ?, helped = ?,
    reopened = ?, version = version + 1
WHERE number = ?

-- name: set_owner
UPDATE conversations SET owner = (
    SELECT CASE max(CASE WHEN state = 'claimed' THEN 1 ELSE 0 END) WHEN 1 THEN 'advisor' WHEN 0 THEN 'queue' ELSE 'bot' END
    FROM cases WHERE contact_id = :contact_id AND state <> 'closed' AND kind IN ('advice', 'legal')
) WHERE contact_id = :contact_id

-- name: add_line
INSERT INTO case_lines (number, author, staff_id, event, payload, source_hash, at, changed_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id

-- name: last_change
SELECT coalesce(max(changed_at), 0) FROM case_lines WHERE number = ?

-- name: line
SELECT l.id, k.key_id, l.author, l.staff_id, l.event, l.payload, l.at, l.changed_at, l.is_edited, l.is_withdrawn
FROM case_lines l JOIN cases k ON k.number = l.number WHERE l.id = ? AND l.number = ?

-- name: lines_after
SELECT l.id, k.key_id, l.author, l.staff_id, l.event, l.payload, l.at, l.changed_at, l.is_edited, l.is_withdrawn
FROM case_lines l JOIN cases k ON k.number = l.number WHERE l.number = ? AND l.id > ? ORDER BY l.id

-- name: lines_changed_since
SELECT l.id, k.key_id, l.author, l.staff_id, l.event, l.payload, l.at, l.changed_at, l.is_edited, l.is_withdrawn
FROM case_lines l JOIN cases k ON k.number = l.number WHERE l.number = ? AND (l.changed_at > ? OR l.id > ?) ORDER BY l.id

-- name: line_of_source
SELECT id FROM case_lines WHERE number = ? AND source_hash = ? AND is_withdrawn = 0 ORDER BY id DESC LIMIT 1

-- name: last_line_of_contact
SELECT id FROM case_lines WHERE number = ? AND author = 'contact' AND is_withdrawn = 0 ORDER BY id DESC LIMIT 1

-- name: change_line
UPDATE case_lines SET payload = ?, changed_at = ?, is_edited = 1 WHERE id = ?

-- name: withdraw_line
UPDATE case_lines SET payload = NULL, changed_at = ?, is_withdrawn = 1 WHERE id = ?

-- name: drop_file
DELETE FROM files WHERE id = ? AND number = ?

-- name: deed
SELECT line FROM deeds WHERE key_hash = ?

-- name: add_deed
INSERT INTO deeds (key_hash, number, line, at) VALUES (?, ?, ?, ?)

-- name: add_offer
INSERT INTO offers (number, staff_id, answer, at) VALUES (?, ?, 'open', ?) ON CONFLICT (number, staff_id) DO NOTHING

-- name: offer_to
SELECT answer FROM offers WHERE number = ? AND staff_id = ?

-- name: set_offer
INSERT INTO offers (number, staff_id, answer, at) VALUES (?, ?, ?, ?)
ON CONFLICT (number, staff_id) DO UPDATE SET answer = excluded.answer, at = excluded.at

-- name: open_offers_of
SELECT number FROM offers WHERE staff_id = ? AND answer = 'open' ORDER BY number

-- name: others_asked
SELECT staff_id FROM offers WHERE number = ? AND answer = 'open' AND staff_id <> ?

-- name: drop_offers
DELETE FROM offers WHERE number = ? AND answer = ?

-- name: has_read
SELECT 1 FROM audit WHERE number = ? AND actor = ? AND deed = 'read' AND at > ? LIMIT 1
